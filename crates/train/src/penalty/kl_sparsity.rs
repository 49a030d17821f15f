//! Sparse autoencoder (Ng 2011): `λ Σ_j KL(p ‖ q_j)`, q_j the mean over the batch of how active unit j of the code is, p how active
//! it should be, and `KL(p ‖ q) = p ln(p/q) + (1 − p) ln((1 − p)/(1 − q))` with q kept 1e-10 away from 0 and 1.

use hourglass_models::range::{NonNegative, Rate};
use hourglass_models::{Activation, annealed};
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use super::{Penalty, Seen, at_once};
use crate::Task;

/// `[penalty.kl-sparsity]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// λ.
    pub weight: NonNegative,
    /// p.
    #[serde(default = "one_in_twenty")]
    pub target: Rate,
    /// What says how active a unit is.
    #[serde(default)]
    pub of: Of,
    /// Epochs over which the weight grows from 0.
    #[serde(default = "at_once")]
    pub warmup: NonNegative,
}

/// How active a unit of the code is, from 0 to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Of {
    /// Its value, of a code that is a sigmoid: Ng's form.
    Code,
    /// The sigmoid of its value, of any other code. The sigmoid of a sigmoid is never below one half.
    #[default]
    Sigmoid,
}

fn one_in_twenty() -> Rate {
    Rate::new::<1, 20>()
}

impl Penalty for Config {
    fn term(&self, seen: &Seen<'_>) -> Tensor {
        let batch = seen.batch();
        let active = match self.of {
            Of::Code => batch.code.shallow_clone(),
            Of::Sigmoid => batch.code.sigmoid(),
        };
        // In double precision: 1 − 1e-10 is 1 in single.
        let q = active.mean_dim(0, false, Kind::Double).clamp(1e-10, 1.0 - 1e-10);
        let p = self.target.get();
        let of_target = |share: f64| if share > 0.0 { share * share.ln() } else { 0.0 };
        let divergence = -(q.log() * p + (-&q).log1p() * (1.0 - p)) + (of_target(p) + of_target(1.0 - p));
        divergence.sum(Kind::Double).to_kind(Kind::Float) * annealed(self.weight, self.warmup, batch.epochs)
    }

    fn check(&self, task: &Task<'_>) -> Result<(), String> {
        match (self.of, task.model.code_activation()) {
            (Of::Sigmoid, Activation::Sigmoid) if self.target.get() < 0.5 => Err(format!(
                "penalty.kl-sparsity.of = \"sigmoid\" takes the sigmoid of a code that is one already, and is then never below 0.5, but the \
                 target is {}; set of = \"code\"",
                self.target
            )),
            (Of::Sigmoid, _) | (Of::Code, Activation::Sigmoid) => Ok(()),
            (Of::Code, other) => Err(format!(
                "penalty.kl-sparsity.of = \"code\" expects a code from 0 to 1, but the code's activation is \"{}\"; make it \
                 \"sigmoid\", or set of = \"sigmoid\"",
                other.name()
            )),
        }
    }
}
