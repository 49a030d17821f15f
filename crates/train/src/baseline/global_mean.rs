//! The mean of all training ratings: what every other model has to beat.

use hourglass_data::Csr;
use hourglass_models::Dims;
use serde::{Deserialize, Serialize};

use super::centring::Centre;
use super::{Baseline, Centring, Estimator, Size};
use crate::Task;

/// `[model.global-mean]`: nothing to choose.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {}

impl Baseline for Config {
    fn estimator(&self, task: &Task<'_>) -> Box<dyn Estimator> {
        Box::new(Centre::new(&Centring::GlobalMean, task.inputs.ratings.columns()))
    }

    fn size(&self, dims: Dims) -> Size {
        Size::kept(1 + dims.outputs)
    }

    fn operations(&self, ratings: &Csr) -> f64 {
        4.0 * ratings.len() as f64
    }
}
