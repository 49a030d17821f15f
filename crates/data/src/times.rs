//! When ratings were given.

use crate::{Error, Interactions, RatingsConfig, SourceConfig, load};

/// The time of each rating.
#[derive(Debug, Clone, PartialEq)]
pub struct Times {
    /// Where each user starts in `items` and `seconds`, and at last where the last one ends: `[users + 1]`.
    starts: Vec<usize>,
    /// Ascending for each user: `[ratings]`.
    items: Vec<u32>,
    /// Since 1970: `[ratings]`.
    seconds: Vec<i64>,
}

impl Times {
    /// Reads them, with users and items numbered as in all that is loaded from this source; `key` is the setting that needs them.
    ///
    /// # Errors
    ///
    /// As [`load`], and if the source has no times.
    pub fn load(source: &SourceConfig, ratings: &RatingsConfig, key: &'static str) -> Result<Self, Error> {
        Self::of(load(source, ratings)?).ok_or(Error::NoTimes { key, remedy: "leave the setting out" })
    }

    fn of(interactions: Interactions) -> Option<Self> {
        let Interactions { ratings, times, users, .. } = interactions;
        let pairs = ratings.iter().map(|rating| (rating.user, rating.item));
        (times.len() == ratings.len()).then(|| Self::from_sorted(users.len(), pairs, times))
    }

    /// Of `(user, item)` pairs, ascending, and when each was rated.
    pub fn from_sorted(users: usize, pairs: impl Iterator<Item = (u32, u32)>, seconds: Vec<i64>) -> Self {
        let (of, items): (Vec<u32>, Vec<u32>) = pairs.unzip();
        let starts = (0..=users).map(|user| of.partition_point(|&of| (of as usize) < user)).collect();
        Self { starts, items, seconds }
    }

    /// When a user rated an item, in seconds since 1970.
    pub fn at(&self, user: u32, item: u32) -> Option<i64> {
        let [start, end] = [user as usize, user as usize + 1].map(|place| self.starts.get(place).copied());
        let (start, end) = (start?, end?);
        let place = self.items[start..end].binary_search(&item).ok()?;
        Some(self.seconds[start + place])
    }

    /// Bytes of memory.
    pub fn heap_bytes(&self) -> usize {
        size_of_val(&self.starts[..]) + size_of_val(&self.items[..]) + size_of_val(&self.seconds[..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interactions::tests::interactions;

    #[test]
    fn each_rating_has_its_time() {
        let mut data = interactions(&[(0, 1, 5.0), (0, 3, 1.0), (2, 0, 2.0)]);
        assert_eq!(Times::of(data.clone()), None, "the source has no times");
        data.times = vec![30, 10, 20];
        let times = Times::of(data).unwrap();
        let cases = [
            (0, 1, Some(30)),
            (0, 3, Some(10)),
            (2, 0, Some(20)),
            (0, 0, None),
            (1, 0, None),
            (2, 1, None),
            (3, 0, None),
        ];
        for (user, item, expected) in cases {
            assert_eq!(times.at(user, item), expected, "user {user}, item {item}");
        }
        assert_eq!(times.heap_bytes(), 4 * 8 + 3 * 4 + 3 * 8);
    }
}
