//! A given split: lists of the rows that are held out, as a program saves them that has drawn them at random.
//!
//! A row is a line of the source with a rating, counted from 0 over all of its files, without header lines. A list has
//! one number a line, in any order, and can be compressed. Where no list says what to validate on, a part can be drawn.

use super::strata::{Strata, Stratify};
use super::{Role, assign};
use crate::source::text;
use crate::{Error, Fraction, Interactions};
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use rustc_hash::FxHashMap;
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::io::BufRead;
use std::path::{Path, PathBuf};

/// The lists. All other rows are learned from; a listed row that `[ratings]` has left out, or merged into another row of
/// the same user and item, is of no effect.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The list of the rows that are tested on.
    pub test: PathBuf,
    /// What is validated on; without it, nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation: Option<Validation>,
}

/// What is validated on: the file of a list, or a part of the ratings that are not tested on.
#[derive(Debug, Clone, PartialEq)]
pub enum Validation {
    /// The list of its rows, as `validation = "validation.txt"`.
    List(PathBuf),
    /// Drawn, as `validation = { fraction = 0.1 }`.
    Drawn(Drawn),
}

/// A part that is drawn as [`random`](super::random) does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Drawn {
    /// Of the ratings that are not tested on.
    pub fraction: Fraction,
    /// Whose ratings it is drawn from in proportion.
    pub stratify: Stratify,
    /// The split's own seed; the models' seeds do not touch it.
    pub seed: u64,
}

impl Default for Drawn {
    fn default() -> Self {
        Self { fraction: Fraction::try_from(0.1).expect("0.1 is a fraction"), stratify: Stratify::User, seed: 42 }
    }
}

/// Where each listed row is listed: the role that it gets, the file and the line.
type Listed<'a> = FxHashMap<u32, (Role, &'a Path, u64)>;

impl Config {
    pub(super) fn roles(&self, interactions: &Interactions) -> Result<Vec<Role>, Error> {
        let mut listed = Listed::default();
        read(&self.test, Role::Test, interactions.counts.read, &mut listed)?;
        if let Some(Validation::List(path)) = &self.validation {
            read(path, Role::Validation, interactions.counts.read, &mut listed)?;
        }
        let role = |row| listed.get(row).map_or(Role::Train, |&(role, ..)| role);
        let mut roles: Vec<Role> = interactions.rows.iter().map(role).collect();
        if let Some(Validation::Drawn(drawn)) = &self.validation {
            drawn.assign(interactions, &mut roles)?;
        }
        Ok(roles)
    }

    /// The lists.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        let validation = self.validation.iter().filter_map(|validation| match validation {
            Validation::List(path) => Some(path),
            Validation::Drawn(_) => None,
        });
        [&self.test].into_iter().chain(validation).cloned().collect()
    }
}

impl Drawn {
    fn assign(&self, interactions: &Interactions, roles: &mut [Role]) -> Result<(), Error> {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(self.seed);
        let mut strata = Strata::new("split.rows", interactions, self.stratify, &mut random);
        strata.retain(|place| roles[place] == Role::Train);
        let validated = strata.take("validation.fraction", self.fraction, &mut random)?;
        assign(roles, &validated, Role::Validation);
        Ok(())
    }
}

impl Serialize for Validation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::List(path) => path.serialize(serializer),
            Self::Drawn(drawn) => drawn.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Validation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ListOrDrawn;

        impl<'de> Visitor<'de> for ListOrDrawn {
            type Value = Validation;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a file, or a part to draw, as { fraction = 0.1 }")
            }

            fn visit_str<E: serde::de::Error>(self, path: &str) -> Result<Validation, E> {
                Ok(Validation::List(path.into()))
            }

            fn visit_map<A: MapAccess<'de>>(self, part: A) -> Result<Validation, A::Error> {
                Drawn::deserialize(MapAccessDeserializer::new(part)).map(Validation::Drawn)
            }
        }

        deserializer.deserialize_any(ListOrDrawn)
    }
}

/// Adds what a file lists of the source's `rows`.
fn read<'a>(path: &'a Path, role: Role, rows: usize, listed: &mut Listed<'a>) -> Result<(), Error> {
    for (line, text) in (1..).zip(text::open(path)?.lines()) {
        let text = text.map_err(|reason| text::unreadable(path, line, reason))?;
        let row: u32 = text.trim_end().parse().map_err(|_| not_a_row(path, line, &text))?;
        if row as usize >= rows {
            return Err(Error::NoSuchRow { path: path.to_owned(), line, row, rows });
        }
        if let Some((_, first_path, first_line)) = listed.insert(row, (role, path, line)) {
            let (path, first_path) = (path.to_owned(), first_path.to_owned());
            return Err(Error::RepeatedRow { path, line, row, first_path, first_line });
        }
    }
    Ok(())
}

fn not_a_row(path: &Path, line: u64, text: &str) -> Error {
    Error::NotANumber {
        path: path.to_owned(),
        line,
        column: 1,
        field: "row".to_owned(),
        value: text.to_owned(),
        expected: "one row a line, a whole number from 0".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interactions::tests::interactions;
    use crate::{Dataset, RatingsConfig, SourceConfig, SplitConfig, synthetic};
    use Role::{Test, Train};

    /// The roles of rows 3, 2, 0 of four, of which row 1 was left out; the lists have these contents.
    fn roles(test: &str, validation: Option<&str>) -> Result<Vec<Role>, String> {
        let mut data = interactions(&[0, 1, 2].map(|item| (0, item, 3.0)));
        data.rows = vec![3, 2, 0];
        data.counts.read = 4;
        let folder = tempfile::tempdir().unwrap();
        let [test_path, validation_path] = ["test", "validation"].map(|name| folder.path().join(name));
        std::fs::write(&test_path, test).unwrap();
        std::fs::write(&validation_path, validation.unwrap_or_default()).unwrap();
        let config = Config { test: test_path, validation: validation.map(|_| Validation::List(validation_path)) };
        let shorten = |error: Error| error.to_string().replace(&format!("{}/", folder.path().display()), "");
        config.roles(&data).map_err(shorten)
    }

    #[test]
    fn listed_rows_are_held_out() {
        let cases = [
            ("3\n", None, [Test, Train, Train]),
            ("0\r\n1\r\n", Some("3"), [Role::Validation, Train, Test]),
            ("", Some("2\n0\n"), [Train, Role::Validation, Role::Validation]),
        ];
        for (test, validation, expected) in cases {
            assert_eq!(roles(test, validation).unwrap(), expected, "{test:?} {validation:?}");
        }
    }

    #[test]
    fn a_part_of_what_is_not_tested_on_can_be_drawn() {
        let mut data = interactions(&(0..100).map(|place| (place / 10, place % 10, 3.0)).collect::<Vec<_>>());
        data.rows = (0..100).collect();
        data.counts.read = 100;
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("test");
        std::fs::write(&list, (0..20).map(|row| format!("{}\n", row * 5)).collect::<String>()).unwrap();
        let roles = |lines: &str| {
            let config: Config = toml::from_str(&format!("test = {list:?}\n{lines}")).unwrap();
            assert_eq!(toml::from_str::<Config>(&toml::to_string(&config).unwrap()).unwrap(), config, "{lines}");
            config.roles(&data).unwrap()
        };
        let count = |roles: &[Role], wanted: Role| roles.iter().filter(|role| **role == wanted).count();
        let quarter = roles("validation = { fraction = 0.25 }");
        assert_eq!([Train, Role::Validation, Test].map(|role| count(&quarter, role)), [60, 20, 20]);
        for (user, of_user) in quarter.chunks(10).enumerate() {
            assert_eq!(count(of_user, Role::Validation), 2, "user {user}");
            assert_eq!((of_user[0], of_user[5]), (Test, Test), "what is listed is tested on");
        }
        assert_eq!(roles("validation = { fraction = 0.25, seed = 42 }"), quarter);
        assert_ne!(roles("validation = { fraction = 0.25, seed = 7 }"), quarter);
        assert_eq!(count(&roles("validation = { stratify = \"none\" }"), Role::Validation), 8);
        assert_eq!(count(&roles(""), Role::Validation), 0);
    }

    #[test]
    fn wrong_lines_are_named() {
        let expected = "expected one row a line, a whole number from 0";
        let beyond = "among the 4 rows of the data, which are counted from 0; use the rows of this data set";
        let cases = [
            ("0\nx\n", None, format!("test, line 2, column 1: row \"x\" is not a number; {expected}")),
            ("0\n\n1\n", None, format!("test, line 2, column 1: row \"\" is not a number; {expected}")),
            ("1.0", None, format!("test, line 1, column 1: row \"1.0\" is not a number; {expected}")),
            ("0", Some("-1"), format!("validation, line 1, column 1: row \"-1\" is not a number; {expected}")),
            ("0\n4\n", None, format!("test, line 2: there is no row 4 {beyond}")),
            ("0\n1\n0\n", None, "test, line 3: row 0 is in line 1 already; remove one of the lines".to_owned()),
            (
                "0\n1\n",
                Some("2\n1\n"),
                "validation, line 2: row 1 is in line 2 of test already; remove one of the lines".to_owned(),
            ),
        ];
        for (test, validation, expected) in cases {
            assert_eq!(roles(test, validation).unwrap_err(), expected);
        }
    }

    #[test]
    fn a_list_that_is_not_there_is_named() {
        let config = Config { test: "no/such.txt".into(), validation: Some(Validation::List("other.txt".into())) };
        let error = config.roles(&interactions(&[(0, 0, 1.0)])).unwrap_err().to_string();
        assert!(error.starts_with("no/such.txt: cannot be read: "), "{error}");
        assert_eq!(config.files(), ["no/such.txt", "other.txt"].map(PathBuf::from));
    }

    #[test]
    fn prepared_data_follows_the_content_of_the_lists() {
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("list");
        let config = SplitConfig::Rows(Config { test: list.clone(), validation: None });
        let source = SourceConfig::Synthetic(synthetic::Config::default());
        for (content, expected) in [("0\n", 1), ("5\n9\n7\n", 3), ("0\n", 1)] {
            std::fs::write(&list, content).unwrap();
            let data = Dataset::cached(&source, &RatingsConfig::default(), &config, folder.path()).unwrap();
            assert_eq!(data.split.test.ratings.len(), expected);
        }
    }
}
