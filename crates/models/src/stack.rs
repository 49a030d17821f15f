//! A body that is a stack of layers and nothing else, told layer by layer, so that an engine may compute it, and its gradient,
//! itself:
//!
//! ```text
//! s₁ = what the body is given,  hₗ = dropout(fₗ(sₗ)),  sₗ₊₁ = hₗ Wₗ₊₁ᵀ + bₗ₊₁,  last = h_L
//! ```

use tch::Tensor;

use crate::Activation;

/// A layer of the stack.
#[derive(Debug)]
pub struct StackLayer {
    /// What makes its sums of the layer before; nothing for the first one, whose sums the body is given.
    pub linear: Option<Linear>,
    /// Of its sums.
    pub activation: Activation,
    /// Share of its units that training sets to zero at random.
    pub dropout: f64,
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
