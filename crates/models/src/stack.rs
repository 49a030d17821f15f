//! A body that is a stack of layers and nothing else, told layer by layer, so that an engine may compute it, and its gradient,
//! itself:
//!
//! ```text
//! s₁ = what the body is given,  hₗ = dropout(fₗ(sₗ)), or a draw,  sₗ₊₁ = hₗ Wₗ₊₁ᵀ + bₗ₊₁,  last = h_L
//! ```

use tch::Tensor;

use crate::Activation;
use crate::range::NonNegative;

/// A layer of the stack.
#[derive(Debug)]
pub struct StackLayer {
    /// What makes its sums of the layer before; nothing for the first one, whose sums the body is given.
    pub linear: Option<Linear>,
    /// What its sums become.
    pub units: Units,
}

/// What a layer makes of its sums in training.
#[derive(Debug, Clone, Copy)]
pub enum Units {
    /// One unit of each sum.
    Activated {
        /// Of the sum.
        activation: Activation,
        /// Share of the units that are set to zero at random.
        dropout: f64,
    },
    /// Draws from the [normal distributions](crate::Gaussian) of which the sums are the means, and behind them the log-variances. The
    /// loss has their divergence from the standard normal one, times β, which is [annealed](crate::annealed).
    Drawn {
        /// β.
        beta: NonNegative,
        /// Epochs in which it grows from 0.
        warmup: NonNegative,
    },
}

/// `h Wᵀ + b`; transposed, `h W + b`. Tensors are shared with the network.
#[derive(Debug)]
pub struct Linear {
    /// `[outputs, inputs]`; transposed, `[inputs, outputs]`.
    pub weight: Tensor,
    /// `[outputs]`.
    pub bias: Tensor,
    /// Whether the weight is that of a layer that goes the other way.
    pub is_transposed: bool,
}
