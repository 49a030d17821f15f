//! Contractive autoencoder (Rifai et al. 2011): `λ (1/rows) Σ_r ‖∂code/∂x‖²_F` at the input of row r, so that small changes of what
//! is shown change the code little. Exact at any depth, over all inputs, side information too.
//!
//! The input reaches the code through the first layer's sums `a = x W₁ + b₁`. With `g_j = ∂code_j/∂a`, by a backward pass for each
//! unit of the code, the norm is `Σ_j g_j (W₁ᵀ W₁) g_jᵀ`; where each unit is a function of its own sum, it is
//! `Σ_j f'(a_j)² ‖W_j‖²`, in one pass.

use hourglass_models::annealed;
use hourglass_models::range::NonNegative;
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use super::{Penalty, Seen, SeenBatch, at_once};
use crate::Task;

/// `[penalty.contractive]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// λ.
    pub weight: NonNegative,
    /// Epochs over which the weight grows from 0.
    #[serde(default = "at_once")]
    pub warmup: NonNegative,
}

impl Penalty for Config {
    fn term(&self, seen: &Seen<'_>) -> Tensor {
        let batch = seen.batch();
        let rows = batch.code.size()[0] as f64;
        let norms = if batch.elementwise { of_one_layer(batch) } else { of_any_depth(batch) };
        norms * (annealed(self.weight, self.warmup, batch.epochs) / rows)
    }

    fn check(&self, task: &Task<'_>) -> Result<(), String> {
        if !task.model.code_passes_first_layer() {
            return Err("penalty.contractive follows the input through the first layer, but this network has other layers that \
                        read side information or a text; use a network of one hidden layer, or leave the penalty out"
                .to_owned());
        }
        if !task.model.mixes_rows() {
            return Ok(());
        }
        Err("penalty.contractive asks how each row's code depends on the row, but normalisation = \"batch\" makes it depend on the \
             others; use normalisation = \"layer\", or leave one of them out"
            .to_owned())
    }
}

/// The squared norms of all rows, added up.
fn of_any_depth(batch: &SeenBatch<'_>) -> Tensor {
    let gram = batch.encoder.as_ref().map(|encoder| encoder.weight.transpose(0, 1).matmul(&encoder.weight));
    let of_unit = |unit| {
        let slope = slope(&batch.code.select(1, unit), batch.first);
        match &gram {
            Some(gram) => (slope.matmul(gram) * slope).sum(Kind::Float),
            None => slope.square().sum(Kind::Float),
        }
    };
    (0..batch.code.size()[1]).map(of_unit).sum()
}

fn of_one_layer(batch: &SeenBatch<'_>) -> Tensor {
    let squares = slope(batch.code, batch.first).square();
    match &batch.encoder {
        Some(encoder) => (squares * encoder.weight.square().sum_dim_intlist(0, false, Kind::Float)).sum(Kind::Float),
        None => squares.sum(Kind::Float),
    }
}

/// The gradient of a sum of code units, which itself can be differentiated `[batch, first]`.
fn slope(units: &Tensor, first: &Tensor) -> Tensor {
    Tensor::run_backward(&[units.sum(Kind::Float)], &[first], true, true).remove(0)
}
