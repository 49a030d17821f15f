//! Masked mean squared error: `mean over rows of (1/|Oᵣ|) Σ_{c ∈ Oᵣ} (y_rc − x_rc)²`, O the observed entries of a row
//! (AutoRec, Sedhain et al. 2015, with each row weighing the same), plus `l2 · Σ W²` over the weight matrices.

use hourglass_models::range::NonNegative;
use hourglass_models::{Parameter, Role};
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use super::Observed;

/// `[objective.masked-mse]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Weight of the sum of squared weights; offsets are not penalised.
    pub l2: NonNegative,
}

impl Default for Config {
    fn default() -> Self {
        Self { l2: NonNegative::new::<0, 1>() }
    }
}

pub(super) fn masked_mse(observed: &Observed) -> Tensor {
    ((&observed.predicted - &observed.target).square() * &observed.weight).sum(Kind::Float)
}

pub(super) fn l2(parameters: &[Parameter], factor: f64) -> Tensor {
    let device = parameters[0].tensor.device();
    let zero = Tensor::zeros([], (Kind::Float, device));
    if factor == 0.0 {
        return zero;
    }
    let kernels = parameters.iter().filter(|parameter| parameter.role == Role::Kernel);
    kernels.fold(zero, |sum, kernel| sum + kernel.tensor.square().sum(Kind::Float)) * factor
}
