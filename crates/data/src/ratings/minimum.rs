//! Users and items with few ratings, left out until none are left: a k-core.

use super::CatalogueConfig;
use crate::{Catalogue, Interactions};
use serde::{Deserialize, Serialize};

/// The fewest ratings that a user and an item may have. Leaving one out takes ratings from others, so that it is done again
/// until nothing changes; with the same number for both, what remains is the k-core.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Minimum {
    /// Of each user.
    pub per_user: u32,
    /// Of each item.
    pub per_item: u32,
}

impl Minimum {
    /// Whether everybody has enough.
    pub(super) fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// Leaves out what has too few ratings, and says how many ratings went with it.
    pub(super) fn filter(self, interactions: &mut Interactions, config: CatalogueConfig) -> usize {
        let before = interactions.ratings.len();
        let mut kept: Vec<usize> = (0..before).collect();
        loop {
            let count = |size: usize, index: &dyn Fn(usize) -> u32| {
                let mut counts = vec![0_u32; size];
                kept.iter().for_each(|&place| counts[index(place) as usize] += 1);
                counts
            };
            let by_user = count(interactions.users.len(), &|place| interactions.ratings[place].user);
            let by_item = count(interactions.items.len(), &|place| interactions.ratings[place].item);
            let length = kept.len();
            kept.retain(|&place| {
                let rating = &interactions.ratings[place];
                by_user[rating.user as usize] >= self.per_user && by_item[rating.item as usize] >= self.per_item
            });
            if kept.len() == length {
                break;
            }
        }
        if kept.len() < before {
            restrict(interactions, &kept, config);
        }
        before - kept.len()
    }
}

/// Keeps some of the ratings, and of users and items those that have any, if that is what the catalogue holds.
fn restrict(interactions: &mut Interactions, kept: &[usize], config: CatalogueConfig) {
    interactions.rows = kept.iter().map(|&place| interactions.rows[place]).collect();
    if !interactions.times.is_empty() {
        interactions.times = kept.iter().map(|&place| interactions.times[place]).collect();
    }
    interactions.ratings = kept.iter().map(|&place| interactions.ratings[place]).collect();
    if config != CatalogueConfig::Rated {
        return;
    }
    let users = rated(&mut interactions.users, interactions.ratings.iter().map(|rating| rating.user));
    let items = rated(&mut interactions.items, interactions.ratings.iter().map(|rating| rating.item));
    for rating in &mut interactions.ratings {
        rating.user = users[rating.user as usize];
        rating.item = items[rating.item as usize];
    }
}

/// Leaves out what no rating names; gives the new index of each old one.
fn rated(catalogue: &mut Catalogue, indices: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut met = vec![false; catalogue.len()];
    indices.for_each(|index| met[index as usize] = true);
    let keep = |values: &[String]| values.iter().zip(&met).filter(|(_, met)| **met).map(|(v, _)| v.clone()).collect();
    for attribute in &mut catalogue.attributes {
        attribute.values = keep(&attribute.values);
    }
    catalogue.ids = catalogue.ids.subset(&met);
    let mut next = 0;
    met.iter()
        .map(|&met| {
            let place = next;
            next += u32::from(met);
            place
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interactions::tests::interactions;

    #[test]
    fn filters_until_nothing_changes() {
        // Item 3 has one rating; without it user 2 has one, and without user 2 item 2 has one.
        let ratings = [(0, 0, 1.0), (0, 1, 2.0), (1, 0, 3.0), (1, 1, 4.0), (1, 2, 5.0), (2, 2, 1.0), (2, 3, 2.0)];
        let mut data = interactions(&ratings);
        let minimum = Minimum { per_user: 2, per_item: 2 };
        assert_eq!(minimum.filter(&mut data, CatalogueConfig::Rated), 3);
        assert_eq!(data.users.ids.names(), ["u000", "u001"]);
        assert_eq!(data.items.ids.names(), ["i000", "i001"]);
        assert_eq!(data.rows, [0, 1, 2, 3]);
        assert_eq!(minimum.filter(&mut data, CatalogueConfig::Rated), 0);

        let mut data = interactions(&ratings);
        assert_eq!(minimum.filter(&mut data, CatalogueConfig::Listed), 3);
        assert_eq!((data.users.len(), data.items.len(), data.ratings.len()), (3, 4, 4));
    }

    #[test]
    fn indices_follow_those_that_are_left() {
        let mut data = interactions(&[(0, 0, 1.0), (1, 1, 2.0), (1, 2, 3.0)]);
        Minimum { per_user: 2, per_item: 0 }.filter(&mut data, CatalogueConfig::Rated);
        assert_eq!(
            data.ratings.iter().map(|r| (r.user, r.item, r.value)).collect::<Vec<_>>(),
            [(0, 0, 2.0), (0, 1, 3.0)]
        );
        assert_eq!((data.users.ids.name(0), data.items.ids.name(1)), ("u001", "i002"));
    }
}
