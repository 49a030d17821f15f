//! The ratings that count: who rated what how.

use crate::fingerprint::Fingerprint;
use crate::ratings::Counts;
use crate::{Catalogue, Csr, Scale};
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::path::PathBuf;

/// One observed rating.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rating {
    /// Index of the user in [`Interactions::users`].
    pub user: u32,
    /// Index of the item in [`Interactions::items`].
    pub item: u32,
    /// The rating.
    pub value: f32,
}

/// Everything that is known, in an order that does not depend on that of the files.
#[derive(Debug, Clone, PartialEq)]
pub struct Interactions {
    /// All users.
    pub users: Catalogue,
    /// All items.
    pub items: Catalogue,
    /// The ratings, sorted by user, then item; each pair at most once.
    pub ratings: Vec<Rating>,
    /// Where each stands in its source, counted from 0 over all files: `[ratings]`.
    pub rows: Vec<u32>,
    /// When each was given, in seconds since 1970: `[ratings]`, or empty where the source does not say.
    pub times: Vec<i64>,
    /// The files, and which of the `rows` each holds.
    pub files: Vec<(PathBuf, Range<usize>)>,
    /// The range of the ratings, where it is declared, or known for this data set.
    pub scale: Option<Scale>,
    /// What became of the lines of the source.
    pub counts: Counts,
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

    /// The lowest and the highest rating; `None` without ratings.
    pub fn range(&self) -> Option<(f32, f32)> {
        let values = || self.ratings.iter().map(|rating| rating.value);
        Some((values().reduce(f32::min)?, values().reduce(f32::max)?))
    }

    /// 16 hexadecimal digits that change when any id, rating, time or attribute changes, and not with the order of lines.
    pub fn fingerprint(&self) -> String {
        let mut fingerprint = Fingerprint::default();
        for catalogue in [&self.users, &self.items] {
            fingerprint.texts(catalogue.ids.names());
            for attribute in &catalogue.attributes {
                fingerprint.texts([&attribute.name]);
                fingerprint.texts(&attribute.values);
            }
        }
        for rating in &self.ratings {
            fingerprint.entry(rating.user, rating.item, rating.value);
        }
        for time in &self.times {
            fingerprint.time(*time);
        }
        fingerprint.finish()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::{Attribute, IdMap};
    use proptest::prelude::*;

    /// Ratings `(user, item, value)` of users `u0…` and items `i0…` on the scale 0 to 5.
    pub(crate) fn interactions(ratings: &[(u32, u32, f32)]) -> Interactions {
        let catalogue = |prefix: char, largest: Option<u32>| {
            // As many digits each, so that the order of the names is that of the numbers.
            let names: Vec<String> = (0..largest.map_or(0, |id| id + 1)).map(|id| format!("{prefix}{id:03}")).collect();
            Catalogue::of(IdMap::new(names))
        };
        let mut sorted = ratings.to_vec();
        sorted.sort_by_key(|rating| (rating.0, rating.1));
        Interactions {
            users: catalogue('u', ratings.iter().map(|rating| rating.0).max()),
            items: catalogue('i', ratings.iter().map(|rating| rating.1).max()),
            ratings: sorted.iter().map(|&(user, item, value)| Rating { user, item, value }).collect(),
            rows: (0..ratings.len() as u32).collect(),
            times: Vec::new(),
            files: Vec::new(),
            scale: Some(Scale { minimum: 0.0, maximum: 5.0 }),
            counts: Counts::default(),
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
            ("names", |data| data.users.ids = IdMap::new(["u000", "other"].map(str::to_owned).to_vec())),
            ("times", |data| data.times = vec![1, 2, 3]),
            ("attributes", |data| {
                let values = vec!["1".into(), "2".into()];
                data.users.attributes.push(Attribute { name: "age".into(), values });
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
