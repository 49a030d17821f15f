//! The first and the last linear layer: as wide as the rating matrix, and apart from the dense body for that reason.

use tch::Tensor;

use crate::initialisation::Start;

/// A linear layer between the matrix' columns and a hidden layer, stored with one contiguous row per column:
/// the encoder reads the weight rows of the observed columns, the decoder those of the columns whose output is needed.
#[derive(Debug)]
pub struct Boundary {
    /// `[columns, hidden]`.
    pub weight: Tensor,
    /// Encoder `[hidden]`, decoder `[columns]`.
    pub bias: Tensor,
}

impl From<Start> for Boundary {
    fn from(Start { weight, bias }: Start) -> Self {
        Self { weight, bias }
    }
}

impl Boundary {
    /// Another handle of the same tensors.
    pub fn share(&self) -> Self {
        Self { weight: self.weight.shallow_clone(), bias: self.bias.shallow_clone() }
    }

    /// The same tensors without a gradient.
    pub fn detached(&self) -> Self {
        Self { weight: self.weight.detach(), bias: self.bias.detach() }
    }

    /// The encoder's sums before the activation: `x W + b`, from `[batch, columns]` to `[batch, hidden]`.
    pub fn encode(&self, x: &Tensor) -> Tensor {
        self.bias.addmm(x, &self.weight)
    }

    /// The decoder's sums before the activation: `h Wᵀ + b`, from `[batch, hidden]` to `[batch, columns]`.
    pub fn decode(&self, h: &Tensor) -> Tensor {
        self.bias.addmm(h, &self.weight.transpose(0, 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_directions_by_hand() {
        // Three columns, two hidden units.
        let weight = Tensor::from_slice2(&[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]);
        let encoder = Boundary { weight: weight.shallow_clone(), bias: Tensor::from_slice(&[0.5, -0.5]) };
        let decoder = Boundary { weight, bias: Tensor::from_slice(&[10.0, 20.0, 30.0]) };
        let rows = |tensor: Tensor| Vec::<Vec<f64>>::try_from(tensor).unwrap();
        let x = Tensor::from_slice2(&[[1.0, 0.0, 2.0], [0.0, 0.0, 0.0]]);
        assert_eq!(rows(encoder.encode(&x)), [[11.5, 13.5], [0.5, -0.5]]);
        let h = Tensor::from_slice2(&[[1.0, -1.0], [0.0, 2.0]]);
        assert_eq!(rows(decoder.decode(&h)), [[9.0, 19.0, 29.0], [14.0, 28.0, 42.0]]);
    }
}
