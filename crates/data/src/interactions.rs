//! What a source gives: who rated what how, in the order of the file.

use crate::fingerprint::Fingerprint;
use crate::{Csr, IdMap, Scale};
use serde::{Deserialize, Serialize};

/// One observed rating.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rating {
    /// Index of the user in [`Interactions::users`].
    pub user: u32,
    /// Index of the item in [`Interactions::items`].
    pub item: u32,
    /// The rating, on the [`Interactions::scale`].
    pub value: f32,
}

/// What is known about every user under one name, as `gender`.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribute {
    /// The attribute's name.
    pub name: String,
    /// Its value for each user: `[users]`.
    pub values: Vec<String>,
}

/// Everything a source knows.
#[derive(Debug, Clone, PartialEq)]
pub struct Interactions {
    /// The users, by their ids in the source.
    pub users: IdMap,
    /// The items, by their ids in the source.
    pub items: IdMap,
    /// The ratings in the order of the file, each pair of user and item at most once.
    pub ratings: Vec<Rating>,
    /// The range of the ratings.
    pub scale: Scale,
    /// What else is known about the users.
    pub user_attributes: Vec<Attribute>,
    /// The best global RMSE any model can be expected to reach; known for generated data only.
    pub noise_floor: Option<f64>,
}

/// Which side of the ratings is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Axis {
    /// One row per item, one column per user.
    Items,
    /// One row per user, one column per item.
    Users,
}

impl Interactions {
    /// The ratings as a `[users, items]` matrix.
    pub fn matrix(&self) -> Csr {
        self.matrix_of(self.ratings.iter())
    }

    /// Some of the ratings as a `[users, items]` matrix.
    pub(crate) fn matrix_of<'a>(&self, ratings: impl Iterator<Item = &'a Rating> + Clone) -> Csr {
        let entries = ratings.map(|rating| (rating.user, rating.item, rating.value));
        Csr::from_entries(self.users.len(), self.items.len(), entries)
    }

    /// 16 hexadecimal digits that change when any id, rating, attribute, the scale or the order changes.
    pub fn fingerprint(&self) -> String {
        let mut fingerprint = Fingerprint::default();
        fingerprint.texts(self.users.names());
        fingerprint.texts(self.items.names());
        for rating in &self.ratings {
            fingerprint.entry(rating.user, rating.item, rating.value);
        }
        for attribute in &self.user_attributes {
            fingerprint.texts([&attribute.name]);
            fingerprint.texts(&attribute.values);
        }
        fingerprint.value(self.scale.minimum);
        fingerprint.value(self.scale.maximum);
        fingerprint.finish()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Ratings `(user, item, value)` of users `u0…` and items `i0…` on the scale 0 to 5.
    pub(crate) fn interactions(ratings: &[(u32, u32, f32)]) -> Interactions {
        let ids = |prefix: char, largest: Option<u32>| {
            // As many digits each, so that the order of the names is that of the numbers.
            let names: Vec<String> = (0..largest.map_or(0, |id| id + 1)).map(|id| format!("{prefix}{id:03}")).collect();
            IdMap::index_column(names.iter().map(String::as_str)).0
        };
        Interactions {
            users: ids('u', ratings.iter().map(|rating| rating.0).max()),
            items: ids('i', ratings.iter().map(|rating| rating.1).max()),
            ratings: ratings.iter().map(|&(user, item, value)| Rating { user, item, value }).collect(),
            scale: Scale { minimum: 0.0, maximum: 5.0 },
            user_attributes: Vec::new(),
            noise_floor: None,
        }
    }

    /// A change to the interactions that the fingerprint must notice.
    type Change = (&'static str, fn(&mut Interactions));

    #[test]
    fn the_fingerprint_notices_every_change() {
        let original = interactions(&[(0, 0, 1.0), (0, 1, 2.0), (1, 0, 3.0)]);
        assert_eq!(original.fingerprint(), original.clone().fingerprint());
        assert_eq!(original.fingerprint().len(), 16);
        let changes: [Change; 7] = [
            ("user", |data| data.ratings[0].user = 1),
            ("item", |data| data.ratings[0].item = 1),
            ("order", |data| data.ratings.swap(0, 1)),
            ("one rating less", |data| data.ratings.truncate(2)),
            ("names", |data| data.users = IdMap::index_column(["u000", "other"].into_iter()).0),
            ("scale", |data| data.scale.maximum = 6.0),
            ("attributes", |data| {
                data.user_attributes.push(Attribute { name: "age".into(), values: vec!["1".into(), "2".into()] });
            }),
        ];
        for (what, change) in changes {
            let mut changed = original.clone();
            change(&mut changed);
            assert_ne!(changed.fingerprint(), original.fingerprint(), "{what}");
        }
    }

    proptest! {
        #[test]
        fn the_fingerprint_notices_a_change_of_any_value(position in 0_usize..50, step in 1_u32..9) {
            let original = interactions(&(0..50).map(|i| (i % 7, i, 2.0)).collect::<Vec<_>>());
            let mut changed = original.clone();
            changed.ratings[position].value = f32::from_bits(2.0_f32.to_bits() + step);
            prop_assert_ne!(changed.fingerprint(), original.fingerprint());
        }
    }
}
