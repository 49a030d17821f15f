//! A deep belief net, unrolled (Hinton and Salakhutdinov 2006): each pair of layers is trained as a restricted Boltzmann machine
//! by one step of contrastive divergence; its weights serve the encoder and, transposed, the decoder.
//!
//! ```text
//! h ~ p(h | v),  ṽ = mean of p(v | h),  ΔW = lr (vᵀ p(h | v) − ṽᵀ p(h | ṽ)) / rows
//! ```
//!
//! The first one's visible units are Gaussian with variance 1 where the network's outputs are linear, binary where these are sigmoid and
//! ratings are probabilities from 0 to 1 (the paper's, for pixels); those of ratings that are absent are left out. The others' are binary,
//! with the probabilities of the units before as values. Hidden units are binary, or, where the code is linear, Gaussian with variance 1.
//! Side information moves the hidden units and is not made anew.
//!
//! A Gaussian unit of variance 1 hears little of numbers that differ by much less: pixels from 0 to 1 are for binary units.
//!
//! Noise that is drawn once is a change of the data, which the first machine reads too, at the ratings; noise that is drawn anew
//! waits for the training of the whole network.

use std::num::NonZeroUsize;

use hourglass_models::range::Positive;
use hourglass_models::{Activation, autoencoder};
use serde::{Deserialize, Serialize};

use super::machine::{Machine, Units};
use super::{Pair, Progress, activation, codes};
use crate::epoch::shuffled;
use crate::event::Flow;
use crate::stream::Purpose;
use crate::{Error, Inputs, ObjectiveConfig, Task};

/// `{ rbm = { epochs = 20, lr = 0.01 } }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Passes over the rows for each pair of layers.
    pub epochs: NonZeroUsize,
    /// Learning rate.
    pub lr: Positive,
    /// That of machines with Gaussian units on either side, which diverge at rates that binary ones need; without it, `lr`. The paper has
    /// 0.1 and 0.001.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gaussian_lr: Option<Positive>,
}

impl Default for Config {
    fn default() -> Self {
        Self { epochs: const { NonZeroUsize::new(20).unwrap() }, lr: Positive::new::<1, 100>(), gaussian_lr: None }
    }
}

impl Config {
    /// Trains one pair of layers on what it is shown, and returns it with its codes; nothing when it was told to stop.
    pub(super) fn layer(
        &self,
        task: &Task<'_>,
        network: &autoencoder::Config,
        layer: usize,
        shown: &Inputs,
        progress: &mut Progress<'_>,
    ) -> Result<Option<(Pair, Inputs)>, Error> {
        let streams = task.streams();
        let hidden = network.layers.widths()[layer];
        let mut generator = streams.generator(Purpose::Pretraining, 0, layer);
        let visible = if layer == 0 { network.output_activation } else { Activation::Sigmoid };
        let units = Units { visible, hidden: activation(network, layer) };
        let lr = self.gaussian_lr.filter(|_| !units.are_binary()).unwrap_or(self.lr).get();
        let machine = Machine::start(task, shown, layer, hidden, units, &mut generator);
        for number in 1..=self.epochs.get() {
            let mut errors = 0.0;
            for rows in shuffled(&shown.ratings, streams, number).chunks(task.train.batch.get()) {
                errors += machine.learn(rows, lr, &mut generator);
                progress.batch()?;
            }
            let loss = errors / shown.ratings.len() as f64;
            tracing::debug!("pre-training of layer {}: epoch {number}, squared error {loss}", layer + 1);
            if !loss.is_finite() {
                return Err(Error::Pretraining { layer: layer + 1, epoch: number, loss });
            }
            if progress.flow == Flow::Stop {
                return Ok(None);
            }
        }
        let next = codes(&shown.ratings, hidden, |rows| machine.code(&machine.visible(rows)));
        Ok(Some((machine.pair(), next)))
    }
}

/// Checks that the layers are units of such machines.
///
/// # Errors
/// Names the key, why it does not fit, and what would.
pub(super) fn check(task: &Task<'_>, network: &autoencoder::Config) -> Result<(), String> {
    let code = network.code_activation.unwrap_or(network.activation);
    let fill = &task.inputs.fill;
    if network.layers.widths().len() > 1 && network.activation != Activation::Sigmoid {
        Err("train.pretrain.rbm trains binary units, which are sigmoid units of the network; \
             set model.autoencoder.activation = \"sigmoid\""
            .to_owned())
    } else if ![Activation::Sigmoid, Activation::Linear].contains(&code) {
        Err("train.pretrain.rbm trains binary or Gaussian units for the code; \
             set model.autoencoder.code_activation to \"sigmoid\" or \"linear\""
            .to_owned())
    } else if ![Activation::Linear, Activation::Sigmoid].contains(&network.output_activation) {
        Err("train.pretrain.rbm takes ratings for Gaussian units, or for probabilities of binary ones; \
             set model.autoencoder.output_activation to \"linear\" or \"sigmoid\""
            .to_owned())
    } else if let Some(rating) = no_probability(task, network) {
        Err(format!(
            "train.pretrain.rbm takes ratings for probabilities where outputs are sigmoid, but there is a rating of {rating}; set \
             input.range = [0, 1], without model.autoencoder.output_range, or output_activation = \"linear\""
        ))
    } else if task.objective.outputs_per_column(task.levels) != 1 {
        Err(format!(
            "train.pretrain.rbm takes a rating for one unit, but objective.{} has one for each value; use another objective, \
             or train.pretrain.stacked",
            ObjectiveConfig::name(task.objective)
        ))
    } else if fill.row.iter().chain(fill.column.iter().flatten()).any(|&value| value != 0.0) {
        Err("train.pretrain.rbm leaves absent ratings out, so that nothing can stand for them; set input.fill = \"zero\", \
             or use train.pretrain.stacked"
            .to_owned())
    } else {
        Ok(())
    }
}

/// A rating that is no probability, where units of ratings are binary.
fn no_probability(task: &Task<'_>, network: &autoencoder::Config) -> Option<f32> {
    let mut ratings = task.inputs.ratings.entries().map(|(_, _, rating)| rating);
    let is_binary = network.output_activation == Activation::Sigmoid;
    is_binary.then(|| ratings.find(|rating| !(0.0..=1.0).contains(rating))).flatten()
}
