//! Stacked autoencoders (Bengio et al. 2007), and with noise stacked denoising autoencoders (Vincent et al. 2010): each pair of
//! layers is trained as an autoencoder of its own on the codes of the pairs before it.
//!
//! The first is trained as the experiment says: its objective, penalties and noise. The others see codes without noise, as in
//! the paper, and make their mean squared error over all units small.

use std::num::NonZeroUsize;

use hourglass_models::range::Rate;
use hourglass_models::{Layers, autoencoder};
use serde::{Deserialize, Serialize};

use super::{Pair, Progress, activation, code, codes};
use crate::engine::Running;
use crate::epoch::epoch;
use crate::event::Flow;
use crate::inputs::{HeldOut, Target};
use crate::{Error, Inputs, ModelConfig, ObjectiveConfig, OptimizerConfig, PenaltyConfig, State, Task, TrainConfig};

/// `{ stacked = { epochs = 20 } }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Passes over the rows for each pair of layers.
    pub epochs: NonZeroUsize,
    /// How weights change meanwhile.
    pub optimizer: OptimizerConfig,
}

impl Default for Config {
    fn default() -> Self {
        Self { epochs: const { NonZeroUsize::new(20).unwrap() }, optimizer: OptimizerConfig::default() }
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
        let model = ModelConfig::Autoencoder(shallow(network, layer));
        let train = TrainConfig {
            epochs: self.epochs,
            optimizer: self.optimizer.clone(),
            batch: task.train.batch,
            order: task.train.order,
            clip_gradient: task.train.clip_gradient,
            engine: task.train.engine,
            precision: task.train.precision,
            ..TrainConfig::default()
        };
        let first = Task { model: &model, train: &train, ..*task };
        let (objective, penalty) = (ObjectiveConfig::default(), PenaltyConfig::default());
        let of_codes = HeldOut { inputs: shown, ratings: &shown.ratings, by_members: &[] };
        let task = match layer {
            0 => first,
            _ => Task {
                inputs: shown,
                validation: of_codes,
                noise: &[],
                target: Target::Clean,
                objective: &objective,
                penalty: &penalty,
                ..first
            },
        };
        let mut state = State::start(&task);
        let mut engine = Running::start(&task, &state);
        for number in 1..=self.epochs.get() {
            let losses = epoch(&task, &mut engine, &mut state, number, &mut |_| progress.batch())
                .map_err(|error| error.of_layer(layer))?;
            state.network().end_epoch();
            state.flush_vanished();
            tracing::debug!("pre-training of layer {}: epoch {number}, loss {}", layer + 1, losses[0]);
            if progress.flow == Flow::Stop {
                return Ok(None);
            }
        }
        let model = state.network();
        let next = codes(&shown.ratings, network.layers.widths()[layer], |rows| code(&task, model, rows));
        let (encoder, decoder) = model.encoder().zip(model.decoder()).expect("an autoencoder has both layers");
        let [encoder, encoder_bias] = [encoder.weight, encoder.bias].map(|tensor| tensor.detach());
        let [decoder, decoder_bias] = [decoder.weight, decoder.bias].map(|tensor| tensor.detach());
        Ok(Some((Pair { encoder, encoder_bias, decoder, decoder_bias }, next)))
    }
}

/// The autoencoder of one pair of layers. Its output is what the pair reads: ratings, or the layer before.
fn shallow(network: &autoencoder::Config, layer: usize) -> autoencoder::Config {
    let is_code = layer == network.layers.middle();
    autoencoder::Config {
        layers: Layers::try_from(vec![network.layers.widths()[layer]]).expect("a width of a network"),
        activation: activation(network, layer),
        code_activation: None,
        output_activation: if layer == 0 { network.output_activation } else { network.activation },
        output_range: network.output_range.filter(|_| layer == 0),
        dropout: if is_code { network.dropout } else { network.hidden_dropout },
        hidden_dropout: Rate::new::<0, 1>(),
        k_sparse: network.k_sparse.filter(|_| is_code),
        ..network.clone()
    }
}
