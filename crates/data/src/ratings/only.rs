//! The ratings of some users alone: those of one age, say.

use crate::source::raw::Raw;
use crate::{Attribute, Error, IdMap};
use rustc_hash::FxHashSet;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The values of attributes that a user may have, one of each list; written as `users = { gender = ["M"], age = ["25"] }`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Only(BTreeMap<String, Vec<String>>);

/// Where an experiment says so.
const KEY: &str = "ratings.users";

/// So many values of an attribute are told in an error.
const TOLD: usize = 20;

impl Only {
    /// Whether every user counts.
    pub(super) fn is_everybody(&self) -> bool {
        self.0.is_empty()
    }

    /// Leaves the other users out, with their descriptions, and says how many ratings went with them.
    ///
    /// # Errors
    ///
    /// If an attribute is not known to the data, or no user has these values.
    pub(super) fn filter(&self, raw: &mut Raw, rows: &mut Vec<u32>) -> Result<usize, Error> {
        if self.is_everybody() {
            return Ok(0);
        }
        let kept = self.kept(raw)?;
        let described = &mut raw.described_users;
        retain(&mut described.ids, &kept);
        described.attributes.iter_mut().for_each(|attribute| retain(&mut attribute.values, &kept));
        let ids: FxHashSet<&str> = described.ids.iter().map(String::as_str).collect();
        let mut counts = vec![false; raw.users.len()];
        raw.users.iter().for_each(|(name, user)| counts[user as usize] = ids.contains(name));
        let before = rows.len();
        rows.retain(|&row| counts[raw.ratings[row as usize].user as usize]);
        Ok(before - rows.len())
    }

    /// Which of the described users have the values.
    fn kept(&self, raw: &Raw) -> Result<Vec<bool>, Error> {
        let described = &raw.described_users;
        let mut kept = vec![true; described.ids.len()];
        let mut known = Vec::new();
        for (name, accepted) in &self.0 {
            let attribute = described.attributes.iter().find(|attribute| attribute.name == *name);
            let Some(Attribute { values, .. }) = attribute else {
                let known = described.attributes.iter().map(|attribute| attribute.name.clone()).collect();
                return Err(Error::UnknownAttribute { key: KEY, attribute: name.clone(), known });
            };
            kept.iter_mut().zip(values).for_each(|(kept, value)| *kept &= accepted.contains(value));
            let there = IdMap::new(values.iter().filter(|value| !value.is_empty()).cloned().collect());
            let more = if there.len() > TOLD { ", …" } else { "" };
            known.push(format!("{name} can be {}{more}", there.names()[..there.len().min(TOLD)].join(", ")));
        }
        if kept.contains(&true) {
            return Ok(kept);
        }
        let wanted = self.0.iter().map(|(name, accepted)| format!("{name} = {accepted:?}")).collect::<Vec<_>>();
        Err(Error::NoSuchUsers { users: kept.len(), wanted: wanted.join(", "), known: known.join("; ") })
    }
}

fn retain(values: &mut Vec<String>, kept: &[bool]) {
    let mut kept = kept.iter();
    values.retain(|_| kept.next() == Some(&true));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::raw::{Description, Names, RawRating};
    use crate::{CatalogueConfig, RatingsConfig};

    /// Users 1 to 4, of whom the last has no rating and the third no gender; each of the others has rated two items.
    fn raw() -> Raw {
        let attribute = |name: &str, values: [&str; 4]| Attribute {
            name: name.to_owned(),
            values: values.map(str::to_owned).to_vec(),
        };
        let described = Description {
            attributes: vec![attribute("age", ["25", "25", "25", "35"]), attribute("gender", ["M", "F", "", "M"])],
            ..Description::numbered(4)
        };
        let ratings = (0..6).map(|place| RawRating { user: place / 2, item: place % 2, value: 3.0 });
        Raw {
            users: Names::numbered(4),
            items: Names::numbered(2),
            ratings: ratings.collect(),
            described_users: described,
            ..Raw::default()
        }
    }

    fn config(wanted: &str) -> RatingsConfig {
        toml::from_str(&format!("catalogue = \"listed\"\n{wanted}")).unwrap()
    }

    #[test]
    fn users_without_the_values_are_left_out() {
        for (wanted, users, left_out) in [
            ("", &["1", "2", "3", "4"][..], 0),
            ("users = { gender = [\"M\"] }", &["1", "4"], 4),
            ("users = { gender = [\"M\"], age = [\"25\"] }", &["1"], 4),
            ("users = { gender = [\"M\", \"F\"], age = [\"25\", \"50\"] }", &["1", "2"], 2),
        ] {
            let found = config(wanted).apply(raw()).unwrap();
            assert_eq!(found.users.ids.names(), users, "{wanted}");
            assert_eq!((found.counts.of_others, found.ratings.len()), (left_out, 6 - left_out), "{wanted}");
            assert!(found.users.attributes.iter().all(|known| known.values.len() == users.len()), "{wanted}");
        }
        let rated = RatingsConfig { catalogue: CatalogueConfig::Rated, ..config("users = { gender = [\"M\"] }") };
        assert_eq!(rated.apply(raw()).unwrap().users.ids.names(), ["1"]);
    }

    #[test]
    fn what_nobody_has_is_refused() {
        for (wanted, complaint) in [
            ("users = { sex = [\"M\"] }", "ratings.users: unknown attribute \"sex\"; this data set knows age, gender"),
            (
                "users = { gender = [\"F\"], age = [\"35\"] }",
                "ratings.users: none of the 4 users has age = [\"35\"], gender = [\"F\"]; age can be 25, 35; gender can be F, M",
            ),
        ] {
            assert_eq!(config(wanted).apply(raw()).unwrap_err().to_string(), complaint);
        }
    }
}
