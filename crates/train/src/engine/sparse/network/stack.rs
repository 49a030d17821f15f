//! A body that is a [stack](StackLayer) of layers and nothing else, forward and back by hand: where the body is small, tensors and
//! autograd take many times as long as its sums.

use hourglass_models::dropout::mask;
use hourglass_models::{Activation, Generator, Linear, Model, Parameter, StackLayer, Units, annealed};

use super::activate::unless_vanished;
use super::draw::Drawn;
use super::evaluate::Weights;
use super::product::transposed;
use crate::PenaltyConfig;
use crate::engine::sparse::kernel::memory::numbers;
use crate::engine::sparse::{Compute, place};

/// Units activated in one job, at least: it must be longer than handing it out.
pub(crate) const UNITS: usize = 1 << 15;

/// The layers, from the first one whose sums the body is given.
pub(crate) struct Stack {
    layers: Vec<StackLayer>,
    /// Where weight and offsets of each layer but the first are among the parameters.
    places: Vec<[usize; 2]>,
}

/// A layer of a batch.
pub(crate) struct Layer {
    /// Its units `[batch, width]`.
    pub(crate) values: Vec<f32>,
    back: Back,
}

/// How a gradient comes back from units to their sums.
enum Back {
    /// The slope of each by its sum `[batch, width]`.
    Activated(Vec<f32>),
    Drawn(Drawn),
}

impl Layer {
    /// What the loss has of the divergence of its distributions, where its units are drawn.
    pub(crate) fn divergence(&self) -> Option<f64> {
        match &self.back {
            Back::Activated(_) => None,
            Back::Drawn(drawn) => Some(drawn.divergence),
        }
    }

    /// The gradient of the sums from that of the units; this layer has so many rows.
    fn through(&self, mut of_units: Vec<f32>, rows: usize) -> Vec<f32> {
        let slopes = match &self.back {
            Back::Activated(slopes) => slopes,
            Back::Drawn(drawn) => return drawn.through(&of_units, of_units.len() / rows),
        };
        of_units.iter_mut().zip(slopes).for_each(|(of_unit, slope)| *of_unit = unless_vanished(*of_unit * slope));
        of_units
    }
}

impl Stack {
    /// The network's body, where it is a stack and no penalty looks into it.
    pub(crate) fn of(model: &dyn Model, parameters: &[Parameter], penalty: &PenaltyConfig) -> Option<Self> {
        let PenaltyConfig { l2: _, l1_code, kl_sparsity, contractive, similarity } = penalty;
        let looks = l1_code.is_some() || kl_sparsity.is_some() || contractive.is_some() || similarity.is_some();
        let layers = model.stack().filter(|_| !looks)?;
        let linear = layers.iter().filter_map(|layer| layer.linear.as_ref());
        let places = linear.map(|linear| [&linear.weight, &linear.bias].map(|tensor| place(parameters, tensor)));
        Some(Self { places: places.collect(), layers })
    }
}

impl Compute {
    /// All layers of so many rows with these sums of the first one `[batch, first]`, after so many epochs.
    pub(crate) fn raise(
        &self,
        stack: &Stack,
        first: Vec<f32>,
        rows: usize,
        epochs: f64,
        generator: &mut Generator,
    ) -> Vec<Layer> {
        let mut layers: Vec<Layer> = Vec::with_capacity(stack.layers.len());
        let mut given = Some(first);
        for layer in &stack.layers {
            let sums = match (&layer.linear, layers.last()) {
                (Some(linear), Some(below)) => self.linear(&Weights::of(linear), &below.values, rows),
                _ => given.take().expect("all layers but the first have weights"),
            };
            layers.push(match layer.units {
                Units::Activated { activation, dropout } => self.activated(activation, dropout, sums, generator),
                Units::Drawn { beta, warmup } => {
                    let weight = annealed(beta, warmup, epochs) / rows as f64;
                    let (values, drawn) = self.draw(&sums, sums.len() / rows / 2, weight, generator);
                    Layer { values, back: Back::Drawn(drawn) }
                }
            });
        }
        layers
    }

    fn activated(&self, activation: Activation, dropout: f64, sums: Vec<f32>, generator: &mut Generator) -> Layer {
        let mut slopes = vec![0.0; sums.len()];
        let mut values = sums;
        self.activate(activation, &mut values, &mut slopes);
        if dropout > 0.0 {
            for (place, factor) in mask(values.len(), dropout, generator).into_iter().enumerate() {
                values[place] *= factor;
                slopes[place] *= factor;
            }
        }
        Layer { values, back: Back::Activated(slopes) }
    }

    /// The gradient of the first layer's sums `[batch, first]` from that of the last layer's units `[batch, last]`; those of the
    /// weights between are added to what is there of them.
    pub(crate) fn lower(
        &self,
        stack: &Stack,
        layers: &[Layer],
        rows: usize,
        of_last: Vec<f32>,
        gradients: &mut [Option<Vec<f32>>],
    ) -> Vec<f32> {
        let mut of_sums = layers[layers.len() - 1].through(of_last, rows);
        for (number, &[weight, bias]) in stack.places.iter().enumerate().rev() {
            let below = &layers[number];
            let linear = stack.layers[number + 1].linear.as_ref().expect("all layers but the first have weights");
            let width = linear.bias.numel();
            self.add_product(linear, &below.values, &of_sums, &mut gradients[weight]);
            gradients[bias] = Some(self.sums_over_rows(&of_sums, width));
            of_sums = below.through(self.of_below(linear, &of_sums, width), rows);
        }
        of_sums
    }

    /// Puts in the place of each sum what the activation makes of it, and tells the slope there.
    pub(crate) fn activate(&self, activation: Activation, sums: &mut [f32], slopes: &mut [f32]) {
        let jobs = sums.chunks_mut(UNITS).zip(slopes.chunks_mut(UNITS)).collect();
        self.team.each(jobs, |(sums, slopes)| self.vector.activate(activation, sums, slopes));
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
