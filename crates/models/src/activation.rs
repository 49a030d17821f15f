//! The non-linearities that autoencoders use.

use serde::{Deserialize, Serialize};
use tch::Tensor;

/// A function applied to each unit by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// `x` for x > 0, else `exp(x) − 1` (Clevert et al. 2016).
    Elu,
    /// `x` for x > 0, else `0.01 x`.
    LeakyRelu,
    /// `x`.
    Linear,
    /// `max(0, x)`.
    Relu,
    /// Scaled ELU, which keeps mean 0 and variance 1 through the layers (Klambauer et al. 2017).
    Selu,
    /// `1 / (1 + exp(−x))`.
    Sigmoid,
    /// `x · sigmoid(x)` (Ramachandran et al. 2017).
    Swish,
    /// The hyperbolic tangent.
    Tanh,
}

impl Activation {
    /// As written in experiments.
    pub fn name(self) -> &'static str {
        match self {
            Self::Elu => "elu",
            Self::LeakyRelu => "leaky-relu",
            Self::Linear => "linear",
            Self::Relu => "relu",
            Self::Selu => "selu",
            Self::Sigmoid => "sigmoid",
            Self::Swish => "swish",
            Self::Tanh => "tanh",
        }
    }

    /// Applies the function to every element; the shape stays.
    pub fn apply(self, x: &Tensor) -> Tensor {
        match self {
            Self::Elu => x.elu(),
            Self::LeakyRelu => x.leaky_relu(),
            Self::Linear => x.shallow_clone(),
            Self::Relu => x.relu(),
            Self::Selu => x.selu(),
            Self::Sigmoid => x.sigmoid(),
            Self::Swish => x.silu(),
            Self::Tanh => x.tanh(),
        }
    }

    /// Whether its slope is computed from what it is applied to, which is kept for that, and not from what it gives.
    pub fn keeps_its_input(self) -> bool {
        match self {
            Self::Elu | Self::LeakyRelu | Self::Selu | Self::Swish => true,
            Self::Linear | Self::Relu | Self::Sigmoid | Self::Tanh => false,
        }
    }

    /// The limits for ever smaller and ever larger x, where both exist.
    pub fn bounds(self) -> Option<[f64; 2]> {
        match self {
            Self::Sigmoid => Some([0.0, 1.0]),
            Self::Tanh => Some([-1.0, 1.0]),
            Self::Elu | Self::LeakyRelu | Self::Linear | Self::Relu | Self::Selu | Self::Swish => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_function_equals_its_formula_at_minus_one_zero_and_two() {
        let (scale, alpha) = (1.050_700_987_355_480_5, 1.673_263_242_354_377_2);
        let table: [(Activation, [f64; 3]); 8] = [
            (Activation::Elu, [(-1f64).exp() - 1.0, 0.0, 2.0]),
            (Activation::LeakyRelu, [-0.01, 0.0, 2.0]),
            (Activation::Linear, [-1.0, 0.0, 2.0]),
            (Activation::Relu, [0.0, 0.0, 2.0]),
            (Activation::Selu, [scale * alpha * ((-1f64).exp() - 1.0), 0.0, 2.0 * scale]),
            (Activation::Sigmoid, [1.0 / (1.0 + 1f64.exp()), 0.5, 1.0 / (1.0 + (-2f64).exp())]),
            (Activation::Swish, [-1.0 / (1.0 + 1f64.exp()), 0.0, 2.0 / (1.0 + (-2f64).exp())]),
            (Activation::Tanh, [(-1f64).tanh(), 0.0, 2f64.tanh()]),
        ];
        for (activation, expected) in table {
            let got = Vec::<f64>::try_from(activation.apply(&Tensor::from_slice(&[-1.0, 0.0, 2.0]))).unwrap();
            for (got, expected) in got.iter().zip(expected) {
                assert!((got - expected).abs() < 1e-12, "{activation:?}: {got} instead of {expected}");
            }
        }
    }
}
