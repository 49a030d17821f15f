//! Recommendations as they are told to programs: items by their ids and titles.

use hourglass_data::{Catalogue, Dataset};
use hourglass_report::RunRecord;
use serde::Serialize;

use super::{Asked, ItemVectors, OwnRating, Reason, Recommended, Recommender, Similar};

/// What is recommended to some users.
#[derive(Debug, Serialize)]
pub struct Recommendations {
    /// Which run recommends.
    pub run: RunName,
    /// What of it: `scores` or `neighbours`.
    pub by: &'static str,
    /// What a score is.
    pub scores: String,
    /// How reasons are found, where there are some.
    pub reasons: Option<&'static str>,
    /// Each with their items.
    pub users: Vec<ForUser>,
}

/// What tells a run from others.
#[derive(Debug, Serialize)]
pub struct RunName {
    /// The name of its experiment.
    pub experiment: String,
    /// Its id.
    pub trial: String,
    /// The seed of its model.
    pub seed: u64,
}

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

/// What is similar to some items.
#[derive(Debug, Serialize)]
pub struct Alikes {
    /// The id of the run.
    pub run: String,
    /// Which numbers are compared.
    pub by: &'static str,
    /// Each with those that are like it.
    pub items: Vec<ToItem>,
}

/// What is similar to one item.
#[derive(Debug, Serialize)]
pub struct ToItem {
    /// Its id in the source.
    pub item: String,
    /// Where there are no titles, the id.
    pub title: String,
    /// The most similar first.
    pub similar: Vec<Alike>,
}

/// An item that is like another.
#[derive(Debug, Serialize)]
pub struct Alike {
    /// From 1.
    pub place: usize,
    /// Its id in the source.
    pub item: String,
    /// Where there are no titles, the id.
    pub title: String,
    /// Of the angle between, from −1 to 1.
    pub cosine: f32,
}

impl RunName {
    /// Of the run behind this.
    pub fn of(recommender: &Recommender<'_>) -> Self {
        let RunRecord { experiment, trial, seed, .. } = &recommender.trained.record;
        Self { experiment: experiment.clone(), trial: trial.clone(), seed: *seed }
    }
}

impl Recommendations {
    /// By what the model predicts, to nobody yet.
    pub fn by_scores(recommender: &Recommender<'_>, asked: &Asked) -> Self {
        Self {
            run: RunName::of(recommender),
            by: "scores",
            scores: recommender.scores_are(),
            reasons: recommender.reasons_are().filter(|_| asked.reasons > 0),
            users: Vec::new(),
        }
    }

    /// By votes of the users with the most similar codes, to nobody yet.
    pub fn by_neighbours(recommender: &Recommender<'_>) -> Self {
        Self {
            run: RunName::of(recommender),
            by: "neighbours",
            scores: "the share of the users with the most similar codes who like it".to_owned(),
            reasons: None,
            users: Vec::new(),
        }
    }
}

impl Alikes {
    /// What was found for some items.
    pub fn new(recommender: &Recommender<'_>, vectors: &ItemVectors, items: Vec<ToItem>) -> Self {
        Self { run: recommender.trained.record.trial.clone(), by: vectors.by.name(), items }
    }
}

impl ToItem {
    /// What was found for an item.
    pub fn new(items: &Catalogue, item: u32, found: &[Similar]) -> Self {
        let alike = |(place, other): (usize, &Similar)| {
            let [item, title] = named(items, other.item);
            Alike { place, item, title, cosine: other.cosine }
        };
        let [item, title] = named(items, item);
        Self { item, title, similar: (1..).zip(found).map(alike).collect() }
    }
}

/// The id and the title of an item.
pub fn named(items: &Catalogue, item: u32) -> [String; 2] {
    [items.ids.name(item).to_owned(), items.title(item).to_owned()]
}
