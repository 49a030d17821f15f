//! The trained tensors of a model, named.

use tch::Tensor;

/// What a parameter is, for penalties that concern only some.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A weight matrix ("kernel"): what weight decay shrinks.
    Kernel,
    /// An offset, or a scale of a normalisation, which is not shrunk.
    Bias,
}

/// On which side of the code a parameter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Before the code, or on both sides of it (tied weights).
    Encoder,
    /// After the code.
    Decoder,
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
    /// Before or after the code.
    pub part: Part,
}

impl Parameter {
    /// A weight.
    pub fn kernel(name: &str, part: Part, tensor: &Tensor) -> Self {
        Self { name: name.to_owned(), tensor: tensor.shallow_clone(), role: Role::Kernel, part }
    }

    /// An offset.
    pub fn bias(name: &str, part: Part, tensor: &Tensor) -> Self {
        Self { name: name.to_owned(), tensor: tensor.shallow_clone(), role: Role::Bias, part }
    }

    /// The weight and the bias of one layer, in this order.
    pub fn layer(name: &str, part: Part, weight: &Tensor, bias: &Tensor) -> [Self; 2] {
        [Self::kernel(&format!("{name}.weight"), part, weight), Self::bias(&format!("{name}.bias"), part, bias)]
    }
}
