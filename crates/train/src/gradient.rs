//! What of the gradients an update uses.

use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use crate::step::Moment;

/// Which gradient the optimizer is given, as written in `train.gradient`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GradientConfig {
    /// That of the batch.
    OfBatch,
    /// The sum of those of so many batches, after the last of which the weights change; the end of an epoch ends the sum too.
    SumOf(NonZeroUsize),
    /// The sum of those of all batches since training began: what PyTorch programs do that never call `zero_grad`. A mistake, but
    /// published numbers rest on it.
    NeverCleared,
}

impl GradientConfig {
    /// Takes the gradients of a batch, and gives those to change the weights by, if it is time to. `sums` are kept from batch to
    /// batch; there are none where nothing is added up.
    pub(crate) fn collect(
        self,
        gradients: Vec<Tensor>,
        sums: &mut Vec<Tensor>,
        moment: Moment<'_>,
    ) -> Option<Vec<Tensor>> {
        if self == Self::OfBatch {
            return Some(gradients);
        }
        match sums.is_empty() {
            true => *sums = gradients,
            false => sums.iter_mut().zip(&gradients).for_each(|(sum, gradient)| drop(sum.g_add_(gradient))),
        }
        match self {
            Self::SumOf(batches) if moment.batch % batches == 0 || moment.batch == moment.batches => {
                Some(std::mem::take(sums))
            }
            Self::NeverCleared => Some(sums.iter().map(Tensor::shallow_clone).collect()),
            Self::SumOf(_) | Self::OfBatch => None,
        }
    }

    /// Whether the sums outlive an epoch.
    pub(crate) fn is_kept_between_epochs(self) -> bool {
        self == Self::NeverCleared
    }
}

/// Gradients scaled so that their joint Euclidean norm is at most `longest`.
pub(crate) fn clipped(gradients: &[Tensor], longest: f64) -> Vec<Tensor> {
    let squares: Tensor = gradients.iter().map(|gradient| gradient.square().sum(Kind::Float)).sum();
    // On the device: a look at the norm would wait for it.
    let factor = (squares.sqrt().clamp_min(longest)).reciprocal() * longest;
    gradients.iter().map(|gradient| gradient * &factor).collect()
}
