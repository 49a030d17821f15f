//! How exact the products of a training are.
//!
//! | `train.precision` | factors of matrix products | sums and weights | metrics, against `float32` on the CPU |
//! |---|---|---|---|
//! | `float32` | 24 bits of mantissa | single | within 1e-4 |
//! | `tf32` | 11 bits | single | within 2e-3 |
//! | `bfloat16` | 8 bits | single | within 1e-2 |
//!
//! The last column is what is meant to hold on a GPU; it has not been measured on one yet.
//!
//! The weights, their gradients, the optimizer and the objective are in single precision always. Coarse products are for GPUs
//! with units for them; the CPU takes `bfloat16` too, for comparison.

use hourglass_models::Forward;
use serde::{Deserialize, Serialize};
use tch::{Device, Kind};

use crate::{ModelConfig, Task, libtorch};

/// `train.precision`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Precision {
    /// Single precision.
    #[default]
    Float32,
    /// Products of factors that are rounded to TF32, on a GPU.
    Tf32,
    /// Products of factors that are rounded to bfloat16, as by PyTorch's autocast.
    Bfloat16,
}

impl Precision {
    /// What `forward` computes, in this precision.
    pub(crate) fn compute(self, device: Device, forward: impl FnOnce() -> Forward) -> Forward {
        if device != Device::Cpu {
            libtorch::allow_tf32(self == Self::Tf32);
        }
        match self {
            Self::Float32 | Self::Tf32 => forward(),
            Self::Bfloat16 => {
                let mut forward = libtorch::in_bfloat16(device, forward);
                forward.pass.code = forward.pass.code.to_kind(Kind::Float);
                forward.outputs = forward.outputs.to_kind(Kind::Float);
                forward
            }
        }
    }

    /// Whether this training can be computed so.
    pub(crate) fn check(self, task: &Task<'_>) -> Result<(), String> {
        match self {
            Self::Tf32 if task.device == Device::Cpu => Err(
                "train.precision = \"tf32\" is a way of GPUs to multiply, and the device is a processor; use --device cuda, or \
                 precision = \"float32\""
                    .to_owned(),
            ),
            Self::Bfloat16 if task.penalty.contractive.is_some() => Err(
                "train.precision = \"bfloat16\" is too coarse for the slopes that penalty.contractive is made of; use \
                 precision = \"float32\", or leave the penalty out"
                    .to_owned(),
            ),
            Self::Bfloat16 if matches!(task.model, ModelConfig::Convolutional(_)) => Err(
                "train.precision = \"bfloat16\" is not for [model.convolutional], whose pooling has no such form; use \
                 precision = \"float32\" or \"tf32\""
                    .to_owned(),
            ),
            Self::Float32 | Self::Tf32 | Self::Bfloat16 => Ok(()),
        }
    }
}
