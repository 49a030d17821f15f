//! What to use a finished run for: items for known users and for new ones, with reasons, and items that are alike.

mod about;
mod neighbours;
mod own_ratings;
mod reasons;
mod similar;
mod titles;
pub mod told;

use anyhow::{Result, anyhow, bail, ensure};
use hourglass_data::{Axis, Csr, Dataset, Scale};
use hourglass_train::baseline::Baseline;
use hourglass_train::score::{Scorer, best_columns, best_rows, scorer};
use hourglass_train::{Inputs, Task};

pub use self::about::{About, read_by};
pub use self::neighbours::Neighbours;
pub use self::own_ratings::{Accepted, OwnRating};
pub use self::reasons::Reason;
pub use self::similar::{ItemVectors, RATERS, Similar, Vectors};
pub use self::titles::Titles;
use crate::trained::Trained;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Asked {
    /// How many items.
    pub top: usize,
    /// Items with a lower score are left out.
    pub threshold: Option<f32>,
    /// Items with fewer training ratings are left out; those without any are in any case, where rows are users.
    pub raters: u32,
    /// Whether items that are rated already may be among them.
    pub rated_too: bool,
    /// How many reasons for each.
    pub reasons: usize,
}

impl Default for Asked {
    fn default() -> Self {
        Self { top: 10, threshold: None, raters: 1, rated_too: false, reasons: 2 }
    }
}

/// An item for a user.
#[derive(Debug, Clone, PartialEq)]
pub struct Recommended {
    /// Its place in the catalogue.
    pub item: u32,
    /// What the model predicts, as [`Recommender::scores_are`] says; with neighbours, the share of them who like it.
    pub score: f32,
    /// The rated items that contributed most.
    pub reasons: Vec<Reason>,
}

/// A run that recommends.
pub struct Recommender<'a> {
    /// The run.
    pub trained: &'a Trained,
    task: Task<'a>,
    scorer: Box<dyn Scorer + 'a>,
    /// All ratings that the data has `[users, items]`.
    known: Csr,
    /// The same, as rows of the network `[rows, columns]`.
    known_rows: Csr,
    /// And as it is shown them.
    shown: Inputs,
    /// How many training ratings each item has `[items]`.
    pub raters: Vec<u32>,
}

impl<'a> Recommender<'a> {
    /// Gets a run ready. It is shown all ratings of the data, also those that were held out while it was measured.
    ///
    /// # Errors
    /// When parts of its setting do not go together, which they did when it was trained, or it cannot be asked about any item.
    pub fn new(trained: &'a Trained) -> Result<Self> {
        // A change of the ratings that was made to see what it does is none that a user wants.
        let task = Task { noise: &[], ..trained.task()? };
        ensure!(
            task.baseline().is_none_or(Baseline::ranks),
            "trial {} is a blend, which predicts held-out ratings alone; recommend by one of its members (model.blend.members in its \
             trial.toml)",
            trained.record.trial
        );
        let scorer = scorer(&task, &trained.model);
        let known = all_ratings(&trained.data);
        let mut raters = vec![0; trained.data.items.len()];
        trained.data.split.train.entries().for_each(|(_, item, _)| raters[item as usize] += 1);
        let known_rows = match task.rows {
            Axis::Users => known.clone(),
            Axis::Items => known.transpose(),
        };
        Ok(Self { trained, task, scorer, shown: trained.prepared.shown(&known), known, known_rows, raters })
    }

    /// What a score is, for people.
    pub fn scores_are(&self) -> String {
        match self.trained.config.predicts_ratings() {
            true => format!("predicted ratings, from {}", self.trained.data.scale),
            false => "scores of the model, by which items are ranked; they are no ratings".to_owned(),
        }
    }

    /// A user of the data.
    ///
    /// # Errors
    /// When there is none with this id, or nothing is known of them.
    pub fn user(&self, id: &str) -> Result<u32> {
        let users = &self.trained.data.users;
        let user = users.ids.index(id).ok_or_else(|| {
            let [first, last] = [0, users.len() - 1].map(|user| users.ids.name(user as u32));
            anyhow!(
                "there is no user `{id}` in the data of this run; it has {} users, from {first} to {last}; for somebody new, give their \
                 ratings: --rate \"TITLE=RATING\" or --ratings FILE.csv",
                users.len(),
            )
        })?;
        ensure!(
            !self.known.row(user as usize).is_empty(),
            "user {id} has no ratings in the data of this run, so there is nothing to go by; give some: --rate \"TITLE=RATING\""
        );
        ensure!(
            self.task.rows == Axis::Users || !self.trained.data.split.train.row(user as usize).is_empty(),
            "user {id} has no training ratings, and this run has learned weights for each user (input.rows = \"items\"); use a run with \
             input.rows = \"users\""
        );
        Ok(user)
    }

    /// All users of whom something is known.
    pub fn users(&self) -> Vec<u32> {
        let part = if self.task.rows == Axis::Users { &self.known } else { &self.trained.data.split.train };
        (0..part.rows() as u32).filter(|&user| !part.row(user as usize).is_empty()).collect()
    }

    /// Everything that the data has of a user, by item.
    pub fn ratings(&self, user: u32) -> Vec<(u32, f32)> {
        self.known.row(user as usize).iter().collect()
    }

    /// How many ratings the data has.
    pub fn ratings_known(&self) -> u64 {
        self.known.len() as u64
    }

    /// For users of the data, who ascend.
    ///
    /// # Errors
    /// When reasons are asked for that there cannot be.
    pub fn for_users(&self, users: &[u32], asked: &Asked) -> Result<Vec<Vec<Recommended>>> {
        let rated = if asked.rated_too { &[][..] } else { &[&self.known_rows] };
        let best = match self.task.rows {
            Axis::Users => {
                best_columns(self.scorer.as_ref(), &self.shown, users, asked.top, rated, &self.too_few(asked))
            }
            Axis::Items => {
                let is_known =
                    |item: &u32| !self.known_rows.row(*item as usize).is_empty() && self.has_raters(*item, asked);
                let items: Vec<u32> = (0..self.known_rows.rows() as u32).filter(is_known).collect();
                best_rows(self.scorer.as_ref(), &self.shown, &items, users, asked.top, rated)
            }
        };
        let of_user = |(&user, best): (&u32, Vec<(f32, u32)>)| {
            let about = match self.task.rows {
                Axis::Users => self.trained.prepared.about_row(&self.shown, user),
                Axis::Items => About::default(),
            };
            self.recommended(best, asked, &self.ratings(user), &about)
        };
        users.iter().zip(best).map(of_user).collect()
    }

    /// For a user whom the data does not know, by their ratings on the scale of the source, as far as they
    /// [count](Self::counted).
    ///
    /// # Errors
    /// When the run cannot be asked about somebody new.
    pub fn for_new_user(&self, own: &[OwnRating], about: &About, asked: &Asked) -> Result<Vec<Recommended>> {
        let counted = self.counted(own)?;
        let inputs = self.shown_to(std::slice::from_ref(&counted), about);
        let rated: Vec<(u32, f32)> = if asked.rated_too { Vec::new() } else { by_item(own) };
        let rated = one_row(&rated, self.known.columns());
        let best = best_columns(self.scorer.as_ref(), &inputs, &[0], asked.top, &[&rated], &self.too_few(asked));
        best.into_iter()
            .map(|best| self.recommended(best, asked, &counted, about))
            .next()
            .unwrap_or_else(|| Ok(Vec::new()))
    }

    /// On which scale a new user's ratings are given; nothing, where ratings become events, which have another scale before.
    pub fn scale_of_ratings(&self) -> Option<Scale> {
        self.trained.config.ratings.implicit.is_none().then_some(self.trained.data.scale)
    }

    /// Whether the run can be asked about somebody new.
    ///
    /// # Errors
    /// When it cannot: why, and what to do about it.
    pub fn takes_new_users(&self) -> Result<()> {
        if self.task.rows == Axis::Items {
            bail!(
                "this run's rows are items (input.rows = \"items\"): it has learned weights for each user, and none for a new one, who \
                 would be one more column; a run with input.rows = \"users\" takes new users without training, and `hourglass similar` \
                 works with this one"
            );
        }
        ensure!(
            self.task.baseline().is_none_or(Baseline::folds_in),
            "model.{} has learned a vector for each user, and none for a new one; a run of model.als takes new users without training",
            self.trained.config.model.name()
        );
        Ok(())
    }

    /// A new user's ratings as the run counts them, by item.
    ///
    /// # Errors
    /// When the run cannot be asked about somebody new, or no rating counts.
    pub fn counted(&self, own: &[OwnRating]) -> Result<Vec<(u32, f32)>> {
        self.takes_new_users()?;
        let value = |rating: f32| self.trained.config.ratings.value(rating);
        let counted: Vec<(u32, f32)> =
            by_item(own).into_iter().filter_map(|(item, rating)| Some((item, value(rating)?))).collect();
        ensure!(
            !counted.is_empty(),
            "none of these {} ratings counts: this run's [ratings] take only some for signs of liking; rate something higher",
            own.len()
        );
        Ok(counted)
    }

    /// Each of these lists of ratings as one that the same user has given.
    fn shown_to(&self, ratings: &[Vec<(u32, f32)>], about: &About) -> Inputs {
        let entries =
            (0..).zip(ratings).flat_map(|(row, list)| list.iter().map(move |&(item, value)| (row, item, value)));
        let ratings = Csr::from_entries(ratings.len(), self.known.columns(), entries);
        self.trained.prepared.shown_as(&ratings, about)
    }

    /// Whether an item has as many training ratings as is asked for; one is asked of columns alone, which without it have learned nothing.
    fn has_raters(&self, item: u32, asked: &Asked) -> bool {
        asked.raters <= 1 || self.raters[item as usize] >= asked.raters
    }

    /// The columns with fewer training ratings than that; they ascend.
    fn too_few(&self, asked: &Asked) -> Vec<u32> {
        let raters = (0..).zip(&self.raters);
        raters.filter(|(_, raters)| **raters < asked.raters.max(1)).map(|(item, _)| item).collect()
    }

    /// The best as they are told.
    fn recommended(
        &self,
        best: Vec<(f32, u32)>,
        asked: &Asked,
        ratings: &[(u32, f32)],
        about: &About,
    ) -> Result<Vec<Recommended>> {
        let scored = best.into_iter().map(|(score, item)| (item, self.score(score)));
        let kept: Vec<(u32, f32)> =
            scored.filter(|(_, score)| asked.threshold.is_none_or(|least| *score >= least)).collect();
        let items: Vec<u32> = kept.iter().map(|&(item, _)| item).collect();
        let reasons = self.reasons(&items, ratings, about, asked.reasons);
        let told = kept.into_iter().zip(reasons);
        Ok(told.map(|((item, score), reasons)| Recommended { item, score, reasons }).collect())
    }

    /// A number of the objective as it is told: ratings on their scale.
    fn score(&self, number: f32) -> f32 {
        let rating = self.task.rating(number);
        if self.trained.config.predicts_ratings() { self.trained.data.scale.clip(rating) } else { rating }
    }
}

fn by_item(own: &[OwnRating]) -> Vec<(u32, f32)> {
    let mut ratings: Vec<(u32, f32)> = own.iter().map(|own| (own.item, own.rating)).collect();
    ratings.sort_by_key(|&(item, _)| item);
    ratings
}

fn one_row(ratings: &[(u32, f32)], columns: usize) -> Csr {
    Csr::from_entries(1, columns, ratings.iter().map(|&(item, value)| (0, item, value)))
}

/// Every rating of the data, whatever it was for `[users, items]`. A split that hides ratings has them twice.
fn all_ratings(data: &Dataset) -> Csr {
    let held_out = [&data.split.validation, &data.split.test];
    let fold_ins = held_out.iter().filter_map(|part| part.fold_in.as_ref());
    let parts: Vec<&Csr> =
        [&data.split.train].into_iter().chain(held_out.iter().map(|part| &part.ratings)).chain(fold_ins).collect();
    let mut entries: Vec<(u32, u32, f32)> = parts.into_iter().flat_map(Csr::entries).collect();
    entries.sort_unstable_by_key(|&(user, item, _)| (user, item));
    entries.dedup_by_key(|&mut (user, item, _)| (user, item));
    Csr::from_entries(data.users.len(), data.items.len(), entries.iter().copied())
}
