//! What becomes of the last layer's sums: an activation, stretched to a range where one is given.

use serde::{Deserialize, Serialize};
use tch::Tensor;

use crate::Activation;

/// `y = low + (high − low) (g(s) − a) / (b − a)` for an activation g between a and b; without a range, `y = g(s)`. Each
/// output depends on its own sum s alone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Output {
    activation: Activation,
    scale: f64,
    shift: f64,
}

impl From<Activation> for Output {
    fn from(activation: Activation) -> Self {
        Self { activation, scale: 1.0, shift: 0.0 }
    }
}

impl Output {
    /// An activation whose own bounds become those of the range.
    ///
    /// # Errors
    /// When the activation has no bounds.
    pub fn new(activation: Activation, range: Option<OutputRange>) -> Result<Self, String> {
        let Some(OutputRange([low, high])) = range else { return Ok(activation.into()) };
        let [from, to] = activation.bounds().ok_or_else(|| {
            format!(
                "the output range [{low}, {high}] needs an output activation that has bounds itself; \
                 use output_activation = \"sigmoid\" or \"tanh\", or leave the range out"
            )
        })?;
        let scale = (high - low) / (to - from);
        Ok(Self { activation, scale, shift: low - scale * from })
    }

    /// Whether every element stays as it is.
    pub fn is_identity(self) -> bool {
        self == Self::from(Activation::Linear)
    }

    /// The activation g, the scale and the shift of `y = scale · g(s) + shift`.
    pub fn formula(self) -> (Activation, [f64; 2]) {
        (self.activation, [self.scale, self.shift])
    }

    /// Applies it to every element; the shape stays.
    pub fn apply(self, sums: &Tensor) -> Tensor {
        let activated = self.activation.apply(sums);
        if (self.scale, self.shift) == (1.0, 0.0) { activated } else { activated * self.scale + self.shift }
    }
}

/// The lowest and the highest output: `output_range = [1, 5]`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "[f64; 2]", into = "[f64; 2]")]
pub struct OutputRange([f64; 2]);

impl From<OutputRange> for [f64; 2] {
    fn from(range: OutputRange) -> Self {
        range.0
    }
}

impl TryFrom<[f64; 2]> for OutputRange {
    type Error = String;

    fn try_from([low, high]: [f64; 2]) -> Result<Self, String> {
        if low < high && low.is_finite() && high.is_finite() {
            Ok(Self([low, high]))
        } else {
            Err(format!(
                "[{low}, {high}] is no range; expected the lowest output, then a higher one, for example [1, 5]"
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_are_stretched_to_the_range() {
        let sums = Tensor::from_slice(&[-40.0, 0.0, 40.0]);
        for (activation, range, expected) in [
            (Activation::Sigmoid, None, [0.0, 0.5, 1.0]),
            (Activation::Sigmoid, Some([1.0, 5.0]), [1.0, 3.0, 5.0]),
            (Activation::Tanh, Some([1.0, 5.0]), [1.0, 3.0, 5.0]),
            (Activation::Tanh, Some([-0.5, 0.0]), [-0.5, -0.25, 0.0]),
            (Activation::Linear, None, [-40.0, 0.0, 40.0]),
        ] {
            let range = range.map(|range| OutputRange::try_from(range).unwrap());
            let outputs = Vec::<f64>::try_from(Output::new(activation, range).unwrap().apply(&sums)).unwrap();
            for (output, expected) in outputs.iter().zip(expected) {
                assert!((output - expected).abs() < 1e-12, "{activation:?} {range:?}: {outputs:?}");
            }
        }
    }

    #[test]
    fn a_range_needs_two_ends_and_an_activation_with_bounds() {
        for wrong in [[5.0, 1.0], [1.0, 1.0], [1.0, f64::INFINITY], [f64::NAN, 5.0]] {
            assert!(OutputRange::try_from(wrong).unwrap_err().contains("for example [1, 5]"), "{wrong:?}");
        }
        let range = Some(OutputRange([1.0, 5.0]));
        assert!(Output::new(Activation::Selu, range).unwrap_err().contains("[1, 5] needs an output activation"));
    }
}
