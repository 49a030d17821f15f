//! The user's ratings of similar items (Sarwar et al., WWW 2001, "Item-based Collaborative Filtering"; centred by biases as in Koren
//! 2010, "Factor in the Neighbors", section 2.2):
//!
//! ```text
//! r̂_ui = b_ui + Σ_j s_ij (r_uj − b_uj) / Σ_j s_ij   over the k items j most similar to i that the user has rated
//! ```
//!
//! For lists the sum is over those of the k nearest items that the user has, and is not divided (Deshpande and Karypis 2004):
//! `s_ui = Σ_j s_ij (r_uj − b_uj)`.

use hourglass_data::{Csr, Row};
use hourglass_models::Dims;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::centring::Centre;
use super::neighbours::{Neighbour, Neighbours, keep_nearest};
use super::similarity::{Common, Own};
use super::{Array, Baseline, Estimator, Predicts, Question, Size, gram};
use crate::{Error, Task};

/// `[model.item-knn]`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Config(pub Neighbours);

impl Baseline for Config {
    fn estimator(&self, task: &Task<'_>) -> Box<dyn Estimator> {
        let items = task.inputs.ratings.columns();
        Box::new(ItemKnn {
            config: self.0.clone(),
            centre: Centre::new(&self.0.centring, items),
            similarities: Array::zeros("similarities", &[items, items]),
        })
    }

    fn size(&self, dims: Dims) -> Size {
        Size { kept: (dims.outputs * (dims.outputs + 1) + 1) as u64, fitting: 0 }
    }

    fn operations(&self, ratings: &Csr) -> f64 {
        8.0 * gram::SCATTERED * gram::operations(ratings)
    }

    fn predicts_ratings(&self) -> bool {
        self.0.predicts == Predicts::Ratings
    }
}

struct ItemKnn {
    config: Neighbours,
    centre: Centre,
    /// Of items `[items, items]`; for lists, of each item to its nearest neighbours alone.
    similarities: Array,
}

impl Estimator for ItemKnn {
    fn arrays(&self) -> Vec<&Array> {
        self.centre.arrays().into_iter().chain([&self.similarities]).collect()
    }

    fn arrays_mut(&mut self) -> Vec<&mut Array> {
        self.centre.arrays_mut().into_iter().chain([&mut self.similarities]).collect()
    }

    fn learn(&mut self, task: &Task<'_>, _epoch: usize) -> Result<Option<f64>, Error> {
        self.centre.fit(&task.inputs.ratings);
        let by_user = self.centre.centred_matrix(&task.inputs.ratings);
        let by_item = by_user.transpose();
        let items = by_item.rows();
        let own: Vec<Own> = (0..items).map(|item| Own::of(by_item.row(item).values.iter().copied())).collect();
        let rows = self.similarities.values.par_chunks_mut(items.max(1)).enumerate();
        rows.for_each_init(
            || vec![Common::default(); items],
            |common, (item, row)| {
                in_common(&by_user, by_item.row(item), common);
                let similar = |other: usize| {
                    self.config.similarity.of(&common[other], own[item], own[other], self.config.shrinkage.get())
                };
                row.iter_mut()
                    .enumerate()
                    .for_each(|(other, cell)| *cell = if other == item { 0.0 } else { similar(other) });
                if self.config.predicts == Predicts::Lists {
                    leave_nearest(row, self.config.neighbours.get());
                }
            },
        );
        Ok(None)
    }

    fn score(&self, asked: &Question<'_>, scores: &mut [f32]) {
        let shown: Vec<(u32, f32)> = self.centre.centred(asked.shown).collect();
        let user = self.centre.user(asked.shown);
        let mut candidates = Vec::with_capacity(shown.len());
        for (score, &item) in scores.iter_mut().zip(asked.items) {
            let similar = self.similarities.row(item as usize);
            match self.config.predicts {
                Predicts::Lists => *score = shown.iter().map(|&(other, value)| similar[other as usize] * value).sum(),
                Predicts::Ratings => {
                    let neighbour =
                        |&(place, value): &(u32, f32)| Neighbour { place, similarity: similar[place as usize], value };
                    candidates.clear();
                    candidates.extend(shown.iter().map(neighbour));
                    let beside = self.config.mean(&mut candidates).unwrap_or(0.0);
                    *score = user + self.centre.item(item) + beside;
                }
            }
        }
    }
}

/// What an item has in common with each other one.
fn in_common(by_user: &Csr, raters: Row<'_>, common: &mut [Common]) {
    common.fill(Common::default());
    for (user, left) in raters.iter() {
        by_user.row(user as usize).iter().for_each(|(other, right)| common[other as usize].add(left, right));
    }
}

/// Sets all but the highest similarities to zero.
fn leave_nearest(row: &mut [f32], count: usize) {
    let of = |(place, &similarity): (usize, &f32)| Neighbour { place: place as u32, similarity, value: 0.0 };
    let mut candidates: Vec<Neighbour> = row.iter().enumerate().map(of).collect();
    keep_nearest(&mut candidates, count);
    row.fill(0.0);
    candidates.iter().for_each(|near| row[near.place as usize] = near.similarity);
}
