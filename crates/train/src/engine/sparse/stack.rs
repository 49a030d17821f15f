//! A body that is a [stack](StackLayer) of layers and nothing else, forward and back by hand: where the body is small, tensors and
//! autograd take many times as long as its sums.

use hourglass_models::dropout::mask;
use hourglass_models::{Activation, Generator, Linear, Model, Parameter, StackLayer};

use super::activate::unless_vanished;
use super::memory::numbers;
use super::product::transposed;
use super::{Compute, place};
use crate::PenaltyConfig;

/// Units activated in one job, at least: it must be longer than handing it out.
const UNITS: usize = 1 << 15;

/// The layers, from the first one whose sums the body is given.
pub(super) struct Stack {
    layers: Vec<StackLayer>,
    /// Where weight and offsets of each layer but the first are among the parameters.
    places: Vec<[usize; 2]>,
}

/// A layer of a batch.
pub(super) struct Units {
    /// `[batch, width]`.
    pub(super) values: Vec<f32>,
    /// Of each by its sum.
    slopes: Vec<f32>,
}

impl Stack {
    /// The network's body, where it is a stack and no penalty looks into it.
    pub(super) fn of(model: &dyn Model, parameters: &[Parameter], penalty: &PenaltyConfig) -> Option<Self> {
        let PenaltyConfig { l2: _, l1_code, kl_sparsity, contractive, similarity } = penalty;
        let looks = l1_code.is_some() || kl_sparsity.is_some() || contractive.is_some() || similarity.is_some();
        let layers = model.stack().filter(|_| !looks)?;
        let linear = layers.iter().filter_map(|layer| layer.linear.as_ref());
        let places = linear.map(|linear| [&linear.weight, &linear.bias].map(|tensor| place(parameters, tensor)));
        Some(Self { places: places.collect(), layers })
    }
}

impl Compute {
    /// All layers of a batch with these sums of the first one `[batch, first]`.
    pub(super) fn raise(&self, stack: &Stack, first: Vec<f32>, generator: &mut Generator) -> Vec<Units> {
        let mut layers: Vec<Units> = Vec::with_capacity(stack.layers.len());
        let mut given = Some(first);
        for layer in &stack.layers {
            let sums = match (&layer.linear, layers.last()) {
                (Some(linear), Some(below)) => self.linear(linear, &below.values),
                _ => given.take().expect("all layers but the first have weights"),
            };
            let mut slopes = vec![0.0; sums.len()];
            let mut values = sums;
            self.activate(layer.activation, &mut values, &mut slopes);
            if layer.dropout > 0.0 {
                for (place, factor) in mask(values.len(), layer.dropout, generator).into_iter().enumerate() {
                    values[place] *= factor;
                    slopes[place] *= factor;
                }
            }
            layers.push(Units { values, slopes });
        }
        layers
    }

    /// The gradient of the first layer's sums `[batch, first]` from that of the last layer's units `[batch, last]`; those of the
    /// weights between are added to what is there of them.
    pub(super) fn lower(
        &self,
        stack: &Stack,
        layers: &[Units],
        of_last: Vec<f32>,
        gradients: &mut [Option<Vec<f32>>],
    ) -> Vec<f32> {
        let mut of_sums = through(of_last, &layers[layers.len() - 1].slopes);
        for (number, &[weight, bias]) in stack.places.iter().enumerate().rev() {
            let below = &layers[number];
            let linear = stack.layers[number + 1].linear.as_ref().expect("all layers but the first have weights");
            let width = linear.bias.numel();
            self.add_product(linear, &below.values, &of_sums, &mut gradients[weight]);
            gradients[bias] = Some(self.sums_over_rows(&of_sums, width));
            of_sums = through(self.of_below(linear, &of_sums, width), &below.slopes);
        }
        of_sums
    }

    /// Puts in the place of each sum what the activation makes of it, and tells the slope there.
    pub(super) fn activate(&self, activation: Activation, sums: &mut [f32], slopes: &mut [f32]) {
        let jobs = sums.chunks_mut(UNITS).zip(slopes.chunks_mut(UNITS)).collect();
        self.team.each(jobs, |(sums, slopes)| self.vector.activate(activation, sums, slopes));
    }

    /// A layer's sums `[batch, outputs]` from the units below `[batch, inputs]`.
    fn linear(&self, linear: &Linear, below: &[f32]) -> Vec<f32> {
        let (weight, bias) = (numbers(&linear.weight), numbers(&linear.bias));
        let (outputs, inputs) = (bias.len(), weight.len() / bias.len());
        let mut sums = bias.repeat(below.len() / inputs);
        match linear.is_transposed {
            true => self.multiply(&mut sums, below, weight, outputs),
            false => self.multiply(&mut sums, below, &transposed(weight, inputs), outputs),
        }
        sums
    }

    /// The gradient of the units below `[batch, inputs]`, from that of a layer's sums `[batch, outputs]`.
    fn of_below(&self, linear: &Linear, of_sums: &[f32], outputs: usize) -> Vec<f32> {
        let weight = numbers(&linear.weight);
        let inputs = weight.len() / outputs;
        let mut of_below = vec![0.0; of_sums.len() / outputs * inputs];
        match linear.is_transposed {
            true => self.multiply(&mut of_below, of_sums, &transposed(weight, outputs), inputs),
            false => self.multiply(&mut of_below, of_sums, weight, inputs),
        }
        of_below
    }

    /// Adds the gradient of a layer's weight, whose shape it has.
    fn add_product(&self, linear: &Linear, below: &[f32], of_sums: &[f32], gradient: &mut Option<Vec<f32>>) {
        let outputs = linear.bias.numel();
        let inputs = linear.weight.numel() / outputs;
        let gradient = gradient.get_or_insert_with(|| vec![0.0; inputs * outputs]);
        match linear.is_transposed {
            true => self.multiply(gradient, &transposed(below, inputs), of_sums, outputs),
            false => self.multiply(gradient, &transposed(of_sums, outputs), below, inputs),
        }
    }
}

/// The gradient of sums from that of their units.
fn through(mut of_units: Vec<f32>, slopes: &[f32]) -> Vec<f32> {
    of_units.iter_mut().zip(slopes).for_each(|(of_unit, slope)| *of_unit = unless_vanished(*of_unit * slope));
    of_units
}
