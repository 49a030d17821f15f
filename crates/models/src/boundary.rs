//! The first and the last linear layer: as wide as the rating matrix, and apart from the dense body for that reason.

use tch::Tensor;

/// A linear layer between the matrix' columns and a hidden layer, stored with one contiguous row per column:
/// the encoder reads the weight rows of the observed columns, the decoder those of the columns whose output is needed.
#[derive(Debug)]
pub struct Boundary {
    /// `[columns, hidden]`.
    pub weight: Tensor,
    /// Encoder `[hidden]`, decoder `[columns]`.
    pub bias: Tensor,
}

impl Boundary {
    /// The encoder's sums before the activation: `x W + b`, from `[batch, columns]` to `[batch, hidden]`.
    pub fn encode(&self, x: &Tensor) -> Tensor {
        self.bias.addmm(x, &self.weight)
    }

    /// The decoder's sums before the activation: `h Wᵀ + b`, from `[batch, hidden]` to `[batch, columns]`.
    pub fn decode(&self, h: &Tensor) -> Tensor {
        self.bias.addmm(h, &self.weight.transpose(0, 1))
    }
}
