//! Recommendations as they are told to programs: items by their ids and titles.

use hourglass_data::{Catalogue, Dataset};
use serde::Serialize;

use super::{OwnRating, Reason, Recommended};

/// What is recommended to one user.
#[derive(Debug, Serialize)]
pub struct ForUser {
    /// In the source; nothing for somebody new.
    pub user: Option<String>,
    /// How many ratings of theirs are known.
    pub ratings: usize,
    /// What somebody new has rated.
    pub own: Vec<Rated>,
    /// The best first.
    pub items: Vec<Item>,
}

/// An item and its rating.
#[derive(Debug, Serialize)]
pub struct Rated {
    /// Its id in the source.
    pub item: String,
    /// Where there are no titles, the id.
    pub title: String,
    /// On the scale of the source.
    pub rating: f32,
}

/// An item that is recommended.
#[derive(Debug, Serialize)]
pub struct Item {
    /// From 1.
    pub place: usize,
    /// Its id in the source.
    pub item: String,
    /// Where there are no titles, the id.
    pub title: String,
    /// What the model predicts, or the share of the votes.
    pub score: f32,
    /// What speaks for it most.
    pub reasons: Vec<Because>,
}

/// A rating that speaks for an item.
#[derive(Debug, Serialize)]
pub struct Because {
    /// The id of the rated item.
    pub item: String,
    /// Its title.
    pub title: String,
    /// Its rating.
    pub rating: f32,
    /// How much lower the score would be without.
    pub contribution: f32,
}

impl ForUser {
    /// What a user of the data is told, or somebody new who has given ratings.
    pub fn new(data: &Dataset, user: Option<u32>, ratings: usize, own: &[OwnRating], items: &[Recommended]) -> Self {
        let rated = |own: &OwnRating| {
            let [item, title] = named(&data.items, own.item);
            Rated { item, title, rating: own.rating }
        };
        let recommended = |(place, one): (usize, &Recommended)| {
            let [item, title] = named(&data.items, one.item);
            let reasons = one.reasons.iter().map(|reason| because(&data.items, reason)).collect();
            Item { place, item, title, score: one.score, reasons }
        };
        Self {
            user: user.map(|user| data.users.ids.name(user).to_owned()),
            ratings,
            own: own.iter().map(rated).collect(),
            items: (1..).zip(items).map(recommended).collect(),
        }
    }
}

fn because(items: &Catalogue, reason: &Reason) -> Because {
    let [item, title] = named(items, reason.item);
    Because { item, title, rating: reason.rating, contribution: reason.contribution }
}

/// The id and the title of an item.
pub fn named(items: &Catalogue, item: u32) -> [String; 2] {
    [items.ids.name(item).to_owned(), items.title(item).to_owned()]
}
