//! A given split: ratings that come in files for training, validation and test.
//!
//! The source reads all of them, as `[data.movielens] ratings = ["u1.base", "u1.test"]`, and the split says which are for
//! what; a file that it does not name is learned from.

use super::strata::{Strata, Stratify};
use super::{Role, assign};
use crate::{Error, Fraction, Interactions};
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Which file is for what. A file goes by its name, or by the end of its path, where that is needed to tell it from others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The files that are tested on.
    pub test: Vec<PathBuf>,
    /// What is validated on.
    pub validation: Validation,
    /// Whose ratings a fraction for validation is drawn from in proportion.
    pub stratify: Stratify,
    /// The split's own seed; the models' seeds do not touch it.
    pub seed: u64,
}

/// What is validated on. Either of the two, because published splits mostly have no files for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Validation {
    /// These files, as `validation = { files = ["valid.csv"] }`.
    Files(Vec<PathBuf>),
    /// A part of the ratings that are not tested on, drawn as [`random`](super::random) does, as
    /// `validation = { fraction = 0.1 }`.
    Fraction(Fraction),
}

impl Default for Config {
    fn default() -> Self {
        let validation = Validation::Fraction(Fraction::try_from(0.1).expect("0.1 is a fraction"));
        Self { test: Vec::new(), validation, stratify: Stratify::User, seed: 42 }
    }
}

impl Config {
    pub(super) fn roles(&self, interactions: &Interactions) -> Result<Vec<Role>, Error> {
        let file_roles = self.file_roles(interactions)?;
        let role = |row: &u32| {
            let file = interactions.files.iter().position(|(_, rows)| rows.contains(&(*row as usize)));
            file.map_or(Role::Train, |file| file_roles[file])
        };
        let mut roles: Vec<Role> = interactions.rows.iter().map(role).collect();
        if let Validation::Fraction(fraction) = self.validation {
            let mut random = Xoshiro256PlusPlus::seed_from_u64(self.seed);
            let mut strata = Strata::new("split.files", interactions, self.stratify, &mut random);
            strata.retain(|place| roles[place] == Role::Train);
            let validated = strata.take("validation.fraction", fraction, &mut random)?;
            assign(&mut roles, &validated, Role::Validation);
        }
        Ok(roles)
    }

    /// What each of the files is for.
    fn file_roles(&self, interactions: &Interactions) -> Result<Vec<Role>, Error> {
        let mut roles = vec![Role::Train; interactions.files.len()];
        if self.test.is_empty() {
            let accepted = "a list of files that ratings were read from".to_owned();
            return Err(Error::SplitSetting { key: "split.files.test", accepted, value: "[]".to_owned() });
        }
        for name in &self.test {
            roles[file("split.files.test", name, interactions)?] = Role::Test;
        }
        if let Validation::Files(names) = &self.validation {
            for name in names {
                let role = &mut roles[file("split.files.validation.files", name, interactions)?];
                if *role == Role::Test {
                    return Err(Error::FileInTwoParts { name: name.clone() });
                }
                *role = Role::Validation;
            }
        }
        Ok(roles)
    }
}

/// The one file of this name.
fn file(key: &'static str, name: &Path, interactions: &Interactions) -> Result<usize, Error> {
    let named = |&place: &usize| interactions.files[place].0.ends_with(name);
    let mut files = (0..interactions.files.len()).filter(named);
    match (files.next(), files.next()) {
        (Some(file), None) => Ok(file),
        (_, second) => {
            let read = interactions.files.iter().map(|(path, _)| path.clone()).collect();
            Err(Error::NotOneFile { key, name: name.to_owned(), several: second.is_some(), read })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interactions::tests::interactions;
    use Role::{Test, Train, Validation};

    /// Two ratings in each of four files.
    fn four_files() -> Interactions {
        let mut data = interactions(&(0..8).map(|place| (place / 4, place % 4, 3.0)).collect::<Vec<_>>());
        // The order of rows is not that of users.
        data.rows = vec![7, 0, 6, 1, 5, 2, 4, 3];
        let paths = ["a/base", "a/test", "b/base", "b/test"];
        data.files = paths.iter().zip(0..).map(|(path, file)| (path.into(), 2 * file..2 * file + 2)).collect();
        data
    }

    fn roles(lines: &str, data: &Interactions) -> Result<Vec<Role>, String> {
        toml::from_str::<Config>(lines).unwrap().roles(data).map_err(|error| error.to_string())
    }

    #[test]
    fn each_file_is_for_what_it_is_named_for() {
        let cases = [
            (
                "test = [\"a/test\"]\nvalidation = { files = [\"b/test\"] }",
                [Validation, Train, Validation, Train, Train, Test, Train, Test],
            ),
            (
                "test = [\"b/base\", \"b/test\"]\nvalidation = { fraction = 0 }",
                [Test, Train, Test, Train, Test, Train, Test, Train],
            ),
        ];
        for (lines, expected) in cases {
            assert_eq!(roles(lines, &four_files()).unwrap(), expected, "{lines}");
        }
    }

    #[test]
    fn a_fraction_is_drawn_from_what_is_not_tested_on() {
        let roles = roles("test = [\"b/test\"]\nvalidation = { fraction = 0.3 }", &four_files()).unwrap();
        let count = |wanted| roles.iter().filter(|role| **role == wanted).count();
        assert_eq!([Train, Validation, Test].map(count), [4, 2, 2]);
        assert_eq!((roles[0], roles[2]), (Test, Test));
    }

    #[test]
    fn names_of_no_file_and_of_several_are_errors() {
        let read = "of the files that ratings were read from (a/base, a/test, b/base, b/test); give one file's name, with \
                    as many of its folders as tell it from the others";
        let cases = [
            ("test = [\"tset\"]", format!("split.files.test: \"tset\" names none {read}")),
            ("test = [\"est\"]", format!("split.files.test: \"est\" names none {read}")),
            ("test = [\"test\"]", format!("split.files.test: \"test\" names several {read}")),
            (
                "test = [\"a/test\"]\nvalidation = { files = [\"base\"] }",
                format!("split.files.validation.files: \"base\" names several {read}"),
            ),
            (
                "test = [\"a/test\"]\nvalidation = { files = [\"a/test\"] }",
                "split.files.validation.files: \"a/test\" is listed in split.files.test, too; remove it from one of the \
                 lists"
                    .to_owned(),
            ),
            ("", "split.files.test must be a list of files that ratings were read from, not []".to_owned()),
            (
                "test = [\"b/base\"]\nvalidation = { fraction = 0.9 }",
                "split.files.validation.fraction = 0.9 asks for 6 ratings, but only 4 can be taken when every user or item \
                 with two ratings or more keeps one to train on; lower it, or set split.files.stratify = \"none\""
                    .to_owned(),
            ),
        ];
        for (lines, expected) in cases {
            assert_eq!(roles(lines, &four_files()).unwrap_err(), expected);
        }
        let generated = interactions(&[(0, 0, 1.0)]);
        let error = roles("test = [\"a\"]", &generated).unwrap_err();
        assert!(error.contains("names none of the files that ratings were read from (no file was read)"), "{error}");
    }
}
