//! A body that is a [stack](hourglass_models::stack) of layers, in evaluation: nothing is left out, and nothing is drawn. Each row is
//! computed by itself, so that its bits are the same whichever rows are computed with it.

use hourglass_models::{Linear, Model, Units};

use super::product::transposed;
use crate::engine::sparse::Compute;
use crate::engine::sparse::kernel::memory::numbers;

/// The layers, ready for many rows.
pub(crate) struct Settled {
    layers: Vec<Layer>,
}

struct Layer {
    /// Nothing for the first one, whose sums are given.
    linear: Option<Weights>,
    units: Units,
}

/// A layer's weights, laid out for [`Compute::linear`].
pub(crate) struct Weights {
    /// `[inputs, outputs]`.
    weight: Vec<f32>,
    /// `[outputs]`.
    bias: Vec<f32>,
}

impl Settled {
    /// The network's body, where it is a stack.
    pub(crate) fn of(model: &dyn Model) -> Option<Self> {
        let layers = model.stack()?.into_iter();
        let layers = layers.map(|layer| Layer { linear: layer.linear.as_ref().map(Weights::of), units: layer.units });
        Some(Self { layers: layers.collect() })
    }
}

impl Weights {
    pub(crate) fn of(linear: &Linear) -> Self {
        let (weight, bias) = (numbers(&linear.weight), numbers(&linear.bias));
        let weight = match linear.is_transposed {
            true => weight.to_vec(),
            false => transposed(weight, weight.len() / bias.len()),
        };
        Self { weight, bias: bias.to_vec() }
    }
}

impl Compute {
    /// A layer's sums `[rows, outputs]` from the units below `[rows, inputs]`.
    pub(crate) fn linear(&self, Weights { weight, bias }: &Weights, below: &[f32], rows: usize) -> Vec<f32> {
        let mut sums = bias.repeat(rows);
        self.multiply(&mut sums, below, weight, bias.len());
        sums
    }

    /// The last hidden layer `[rows, last]` of so many rows with these sums of the first one `[rows, first]`.
    pub(crate) fn settle(&self, settled: &Settled, first: Vec<f32>, rows: usize) -> Vec<f32> {
        settled.layers.iter().fold(first, |below, layer| {
            let sums = match &layer.linear {
                None => below,
                Some(weights) => self.linear(weights, &below, rows),
            };
            match layer.units {
                Units::Activated { activation, .. } => {
                    let (mut unasked, mut units) = (vec![0.0; sums.len()], sums);
                    self.activate(activation, &mut units, &mut unasked);
                    units
                }
                Units::Drawn { .. } => means(&sums, sums.len() / rows / 2),
            }
        })
    }
}

/// Of sums `[rows, 2 · code]`, those that are means `[rows, code]`.
fn means(sums: &[f32], code: usize) -> Vec<f32> {
    sums.chunks(2 * code).flat_map(|row| &row[..code]).copied().collect()
}
