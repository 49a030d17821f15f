//! The trained tensors of a model, named.

use tch::Tensor;

/// What a parameter is, for penalties that concern only some.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A weight matrix ("kernel"): what weight decay shrinks.
    Kernel,
    /// An offset, which is not shrunk.
    Bias,
}

/// A trained tensor under the name that checkpoints use.
#[derive(Debug)]
pub struct Parameter {
    /// For example `decoder.weight`.
    pub name: String,
    /// Shares its storage with the model.
    pub tensor: Tensor,
    /// Weight or offset.
    pub role: Role,
}

impl Parameter {
    /// The weight and the bias of one layer, in this order.
    pub fn layer(name: &str, weight: &Tensor, bias: &Tensor) -> [Self; 2] {
        [
            Self { name: format!("{name}.weight"), tensor: weight.shallow_clone(), role: Role::Kernel },
            Self { name: format!("{name}.bias"), tensor: bias.shallow_clone(), role: Role::Bias },
        ]
    }
}
