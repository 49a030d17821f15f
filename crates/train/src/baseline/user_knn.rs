//! Similar users' ratings of the item (Resnick et al., CSCW 1994, "GroupLens"; Herlocker et al., SIGIR 1999):
//!
//! ```text
//! r̂_ui = b_ui + Σ_v s_uv (r_vi − b_vi) / Σ_v s_uv   over the k users v most similar to u who have rated i
//! ```
//!
//! For lists the sum is over the k users most similar to u, whoever has rated what, and is not divided:
//! `s_ui = Σ_v s_uv (r_vi − b_vi)`.
//!
//! A user is compared with those who were learned from when something is asked, so that users who are held out need nothing else,
//! and no matrix of users × users exists. The neighbours are the training ratings themselves: only the centring is kept in files.

use std::sync::OnceLock;

use hourglass_data::Csr;
use hourglass_models::Dims;
use serde::{Deserialize, Serialize};

use super::centring::Centre;
use super::neighbours::{Neighbour, Neighbours, keep_nearest};
use super::similarity::{Common, Own};
use super::{Array, Baseline, Estimator, Predicts, Question, Size, gram};
use crate::{Error, Task};

/// `[model.user-knn]`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Config(pub Neighbours);

impl Baseline for Config {
    fn estimator(&self, task: &Task<'_>) -> Box<dyn Estimator> {
        let ratings = &task.inputs.ratings;
        Box::new(UserKnn {
            config: self.0.clone(),
            centre: Centre::new(&self.0.centring, ratings.columns()),
            train: ratings.clone(),
            memory: OnceLock::new(),
        })
    }

    fn size(&self, dims: Dims) -> Size {
        Size::kept(1 + dims.outputs)
    }

    fn operations(&self, ratings: &Csr) -> f64 {
        8.0 * gram::SCATTERED * gram::operations(&ratings.transpose())
    }

    fn predicts_ratings(&self) -> bool {
        self.0.predicts == Predicts::Ratings
    }
}

struct UserKnn {
    config: Neighbours,
    centre: Centre,
    train: Csr,
    /// Made of the training ratings when it is first needed.
    memory: OnceLock<Memory>,
}

/// What is left of the training ratings when they are centred.
struct Memory {
    by_user: Csr,
    by_item: Csr,
    /// `[users]`.
    own: Vec<Own>,
}

impl UserKnn {
    fn memory(&self) -> &Memory {
        self.memory.get_or_init(|| {
            let by_user = self.centre.centred_matrix(&self.train);
            let own = |user| Own::of(by_user.row(user).values.iter().copied());
            Memory { own: (0..by_user.rows()).map(own).collect(), by_item: by_user.transpose(), by_user }
        })
    }

    /// Of the user who is asked about to each who was learned from `[users]`; 0 to themselves.
    fn similarities(&self, memory: &Memory, asked: &Question<'_>) -> Vec<f32> {
        let mut common = vec![Common::default(); memory.by_user.rows()];
        for (item, left) in self.centre.centred(asked.shown) {
            memory.by_item.row(item as usize).iter().for_each(|(user, right)| common[user as usize].add(left, right));
        }
        let own = Own::of(self.centre.centred(asked.shown).map(|(_, value)| value));
        let shrinkage = self.config.shrinkage.get();
        let of = |(common, &other): (&Common, &Own)| self.config.similarity.of(common, own, other, shrinkage);
        let mut similarities: Vec<f32> = common.iter().zip(&memory.own).map(of).collect();
        asked.known.into_iter().for_each(|user| similarities[user] = 0.0);
        similarities
    }

    /// The sum of what the nearest users have of each item `[items]`.
    fn sums(&self, memory: &Memory, similarities: &[f32]) -> Vec<f32> {
        let neighbour = |(place, &similarity)| Neighbour { place, similarity, value: 0.0 };
        let mut nearest: Vec<Neighbour> = (0..).zip(similarities).map(neighbour).collect();
        keep_nearest(&mut nearest, self.config.neighbours.get());
        let mut sums = vec![0.0; memory.by_user.columns()];
        for near in nearest {
            let row = memory.by_user.row(near.place as usize);
            row.iter().for_each(|(item, value)| sums[item as usize] += near.similarity * value);
        }
        sums
    }
}

impl Estimator for UserKnn {
    fn arrays(&self) -> Vec<&Array> {
        self.centre.arrays().into()
    }

    fn arrays_mut(&mut self) -> Vec<&mut Array> {
        self.memory = OnceLock::new();
        self.centre.arrays_mut().into()
    }

    fn learn(&mut self, task: &Task<'_>, _epoch: usize) -> Result<Option<f64>, Error> {
        self.memory = OnceLock::new();
        self.centre.fit(&task.inputs.ratings);
        Ok(None)
    }

    fn score(&self, asked: &Question<'_>, scores: &mut [f32]) {
        let memory = self.memory();
        let similarities = self.similarities(memory, asked);
        if self.config.predicts == Predicts::Lists {
            let sums = self.sums(memory, &similarities);
            return scores.iter_mut().zip(asked.items).for_each(|(score, &item)| *score = sums[item as usize]);
        }
        let user = self.centre.user(asked.shown);
        let mut candidates = Vec::new();
        for (score, &item) in scores.iter_mut().zip(asked.items) {
            let neighbour =
                |(place, value): (u32, f32)| Neighbour { place, similarity: similarities[place as usize], value };
            candidates.clear();
            candidates.extend(memory.by_item.row(item as usize).iter().map(neighbour));
            *score = user + self.centre.item(item) + self.config.mean(&mut candidates).unwrap_or(0.0);
        }
    }
}
