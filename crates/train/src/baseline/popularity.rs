//! How many users have rated the item: the same list for everybody, but for what they know already. It predicts no ratings.

use hourglass_data::Csr;
use hourglass_models::Dims;
use serde::{Deserialize, Serialize};

use super::{Array, Baseline, Estimator, Question, Size};
use crate::{Error, Task};

/// `[model.popularity]`: nothing to choose.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {}

impl Baseline for Config {
    fn estimator(&self, task: &Task<'_>) -> Box<dyn Estimator> {
        Box::new(Popularity { raters: Array::zeros("raters", &[task.inputs.ratings.columns()]) })
    }

    fn size(&self, dims: Dims) -> Size {
        Size::kept(dims.outputs)
    }

    fn operations(&self, ratings: &Csr) -> f64 {
        2.0 * ratings.len() as f64
    }

    fn predicts_ratings(&self) -> bool {
        false
    }
}

struct Popularity {
    /// `[items]`.
    raters: Array,
}

impl Estimator for Popularity {
    fn arrays(&self) -> Vec<&Array> {
        vec![&self.raters]
    }

    fn arrays_mut(&mut self) -> Vec<&mut Array> {
        vec![&mut self.raters]
    }

    fn learn(&mut self, task: &Task<'_>, _epoch: usize) -> Result<Option<f64>, Error> {
        self.raters.values.fill(0.0);
        task.inputs.ratings.entries().for_each(|(_, item, _)| self.raters.values[item as usize] += 1.0);
        Ok(None)
    }

    fn score(&self, asked: &Question<'_>, scores: &mut [f32]) {
        scores.iter_mut().zip(asked.items).for_each(|(score, &item)| *score = self.raters.values[item as usize]);
    }
}
