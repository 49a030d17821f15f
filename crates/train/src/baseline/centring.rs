//! What is taken from ratings before something is made of the rest, and added to what comes out: `μ + b_i + b_u`.

use hourglass_data::{Csr, Row};
use serde::{Deserialize, Serialize};

use super::{Array, Estimator, Question, biases};
use crate::{Error, Task};

/// `centring`, as written in experiments: `"user-mean"`, `{ biases = {} }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Centring {
    /// Damped offsets of users and items.
    Biases(biases::Config),
    /// The mean of all training ratings.
    GlobalMean,
    /// The mean of the item's training ratings.
    ItemMean,
    /// Nothing is taken away.
    None,
    /// The mean of what is shown of the user.
    UserMean,
}

/// A centring that knows the training ratings: `user(shown) + item`.
#[derive(Debug, Clone)]
pub struct Centre {
    centring: Centring,
    /// `[1]`.
    mean: Array,
    /// How far each item lies from it `[items]`.
    items: Array,
}

impl Centre {
    /// Before it is fitted.
    pub fn new(centring: &Centring, items: usize) -> Self {
        Self { centring: centring.clone(), mean: Array::zeros("mean", &[1]), items: Array::zeros("items", &[items]) }
    }

    /// Fits it to training ratings `[users, items]`. Who or what has none is taken for the mean of all.
    pub fn fit(&mut self, train: &Csr) {
        let mean = train.mean().unwrap_or(0.0);
        if self.centring != Centring::None {
            self.mean.values[0] = mean as f32;
        }
        match &self.centring {
            Centring::Biases(config) => self.items.values = config.items(train, mean),
            Centring::ItemMean => {
                let of_items = train.transpose();
                let offset = |item| of_items.row(item).mean().map_or(0.0, |of_item| (of_item - mean) as f32);
                self.items.values = (0..of_items.rows()).map(offset).collect();
            }
            Centring::GlobalMean | Centring::None | Centring::UserMean => {}
        }
    }

    /// The part of a user of whom this is shown, with the mean of all.
    pub fn user(&self, shown: Row<'_>) -> f32 {
        let mean = self.mean.values[0];
        match &self.centring {
            Centring::Biases(config) => {
                let excess =
                    |(item, rating): (u32, f32)| f64::from(rating) - f64::from(mean) - f64::from(self.item(item));
                mean + config.user(shown.iter().map(excess)) as f32
            }
            Centring::UserMean => shown.mean().map_or(mean, |of_user| of_user as f32),
            Centring::GlobalMean | Centring::ItemMean | Centring::None => mean,
        }
    }

    /// The part of an item.
    pub fn item(&self, item: u32) -> f32 {
        self.items.values[item as usize]
    }

    /// What is left of a user's ratings, beside their items.
    pub(crate) fn centred<'a>(&'a self, shown: Row<'a>) -> impl Iterator<Item = (u32, f32)> + Clone + 'a {
        let user = self.user(shown);
        shown.iter().map(move |(item, rating)| (item, rating - user - self.item(item)))
    }

    /// What is left of all ratings `[users, items]`.
    pub(crate) fn centred_matrix(&self, ratings: &Csr) -> Csr {
        let of_user = |user| self.centred(ratings.row(user)).map(move |(item, rest)| (user as u32, item, rest));
        Csr::from_entries(ratings.rows(), ratings.columns(), (0..ratings.rows()).flat_map(of_user))
    }

    /// Every one that is learned.
    pub(crate) fn arrays(&self) -> [&Array; 2] {
        [&self.mean, &self.items]
    }

    /// The same, to be replaced.
    pub(crate) fn arrays_mut(&mut self) -> [&mut Array; 2] {
        [&mut self.mean, &mut self.items]
    }
}

/// A centring by itself predicts ratings: the simplest baselines.
impl Estimator for Centre {
    fn arrays(&self) -> Vec<&Array> {
        Self::arrays(self).into()
    }

    fn arrays_mut(&mut self) -> Vec<&mut Array> {
        Self::arrays_mut(self).into()
    }

    fn learn(&mut self, task: &Task<'_>, _epoch: usize) -> Result<Option<f64>, Error> {
        self.fit(&task.inputs.ratings);
        Ok(None)
    }

    fn score(&self, asked: &Question<'_>, scores: &mut [f32]) {
        let user = self.user(asked.shown);
        scores.iter_mut().zip(asked.items).for_each(|(score, &item)| *score = user + self.item(item));
    }
}
