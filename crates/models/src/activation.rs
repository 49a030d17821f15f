//! The non-linearities that autoencoders use.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{IntoDeserializer, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tch::Tensor;

use crate::range::Share;

/// A function applied to each unit by itself. Written as its name, or as a table where it has a number:
/// `{ leaky-relu = { slope = 0.3 } }`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "kebab-case")]
pub enum Activation {
    /// `x` for x > 0, else `exp(x) − 1` (Clevert et al. 2016).
    Elu,
    /// `x` for x > 0, else `slope · x` (Maas et al. 2013).
    LeakyRelu(LeakyRelu),
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

/// How much of what is negative gets through.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LeakyRelu {
    /// 0.01, as of PyTorch; the default of Keras is 0.3.
    pub slope: Share,
}

impl Default for LeakyRelu {
    fn default() -> Self {
        Self { slope: Share::new::<1, 100>() }
    }
}

impl Activation {
    /// As written in experiments.
    pub fn name(self) -> &'static str {
        match self {
            Self::Elu => "elu",
            Self::LeakyRelu(_) => LEAKY_RELU,
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
            Self::LeakyRelu(LeakyRelu { slope }) => x.where_self(&x.gt(0.0), &(x * slope.get())),
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
            Self::Elu | Self::LeakyRelu(_) | Self::Selu | Self::Swish => true,
            Self::Linear | Self::Relu | Self::Sigmoid | Self::Tanh => false,
        }
    }

    /// The limits for ever smaller and ever larger x, where both exist.
    pub fn bounds(self) -> Option<[f64; 2]> {
        match self {
            Self::Sigmoid => Some([0.0, 1.0]),
            Self::Tanh => Some([-1.0, 1.0]),
            Self::Elu | Self::LeakyRelu(_) | Self::Linear | Self::Relu | Self::Selu | Self::Swish => None,
        }
    }
}

const LEAKY_RELU: &str = "leaky-relu";

impl Serialize for Activation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::LeakyRelu(leaky) if *leaky == LeakyRelu::default() => serializer.serialize_str(LEAKY_RELU),
            other => Self::serialize(other, serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Activation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameOrTable;

        impl<'de> Visitor<'de> for NameOrTable {
            type Value = Activation;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("the name of an activation, or { leaky-relu = { slope = 0.3 } }")
            }

            fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Activation, E> {
                match name {
                    LEAKY_RELU => Ok(Activation::LeakyRelu(LeakyRelu::default())),
                    name => Activation::deserialize(name.into_deserializer()),
                }
            }

            fn visit_map<M: MapAccess<'de>>(self, table: M) -> Result<Activation, M::Error> {
                Activation::deserialize(MapAccessDeserializer::new(table))
            }
        }

        deserializer.deserialize_any(NameOrTable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_written_as_its_name_unless_it_has_a_number_of_its_own() {
        let leaky = |slope| Activation::LeakyRelu(LeakyRelu { slope });
        for (written, activation) in [
            (r#""elu""#, Activation::Elu),
            (r#""tanh""#, Activation::Tanh),
            (r#""leaky-relu""#, leaky(Share::new::<1, 100>())),
            (r#"{"leaky-relu":{"slope":0.3}}"#, leaky(Share::new::<3, 10>())),
        ] {
            assert_eq!(serde_json::from_str::<Activation>(written).unwrap(), activation);
            assert_eq!(serde_json::to_string(&activation).unwrap(), written);
        }
        for (written, problem) in [
            (r#""gelu""#, "unknown variant `gelu`, expected one of `elu`, `leaky-relu`"),
            (r#"{"leaky-relu":{"slope":1.5}}"#, "1.5 is out of range: expected a number from 0 to 1"),
            (r#"{"leaky-relu":{"alpha":0.3}}"#, "unknown field `alpha`, expected `slope`"),
            ("3", "expected the name of an activation"),
        ] {
            let error = serde_json::from_str::<Activation>(written).unwrap_err().to_string();
            assert!(error.contains(problem), "{written}: {error}");
        }
    }

    #[test]
    fn each_function_equals_its_formula_at_minus_one_zero_and_two() {
        let (scale, alpha) = (1.050_700_987_355_480_5, 1.673_263_242_354_377_2);
        let leaky = |slope| Activation::LeakyRelu(LeakyRelu { slope });
        let table: [(Activation, [f64; 3]); 9] = [
            (Activation::Elu, [(-1f64).exp() - 1.0, 0.0, 2.0]),
            (leaky(Share::new::<1, 100>()), [-0.01, 0.0, 2.0]),
            (leaky(Share::new::<3, 10>()), [-0.3, 0.0, 2.0]),
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
