//! What changes while a training goes on, and what is left at its end.

use hourglass_models::{Model, Parameter, Part};
use tch::{Device, Kind, Tensor};

use crate::early_stopping::Watch;
use crate::engine::sparse::{Team, numbers_mut};
use crate::optimizer::Optimizer;
use crate::schedule::plateau;
use crate::selection::{Candidate, Selection, Weights};
use crate::{Error, Learner, Task};

/// A weight below this changes no sum of ratings: single precision has steps of 1e-7 at 1. Its square is still no denormal.
const VANISHED: f64 = 1e-18;

/// Numbers that are looked at together, where each look is an operation.
const PIECE: i64 = 1 << 18;

/// Numbers that one thread looks at in one go: longer than handing them out.
const PART: usize = 1 << 17;

/// Numbers that are looked at side by side.
const LANES: usize = 64;

/// Everything that changes while training; with the task, all that is needed to go on.
pub struct State {
    /// Epochs done.
    pub epoch: usize,
    /// With the weights as they are.
    pub model: Learner,
    /// The optimizer's memory; where encoder and decoder learn in turns, the encoder's.
    pub optimizer: Optimizer,
    /// The decoder's, where they do.
    pub decoder_optimizer: Option<Optimizer>,
    /// The best epoch so far.
    pub watch: Watch,
    /// The weights that would be kept if training ended now, where these are not the weights as they are.
    pub selected: Option<Weights>,
    /// The sum of gradients that the next step adds to, in the order of the parameters; empty where there is none.
    pub gradients: Vec<Tensor>,
    /// What a schedule knows of the monitored column.
    pub plateau: plateau::Watched,
    /// Whether early stopping has spoken.
    pub stopped: bool,
}

/// A trained model.
pub struct Fitted {
    /// With the selected epoch's weights.
    pub model: Learner,
    /// Epochs trained.
    pub epochs: usize,
    /// The epoch whose weights these are; the last one, where they are a mean over several.
    pub selected_epoch: usize,
}

impl State {
    /// Fresh weights.
    pub fn start(task: &Task<'_>) -> Self {
        let model = Learner::start(task);
        // A baseline has nothing that an optimizer would change.
        let parameters = model.network().map_or_else(Vec::new, Model::parameters);
        let config = &task.train.optimizer;
        match task.train.alternate {
            None => Self::of(model, config.start(&parameters), None),
            Some(_) => {
                let is_of_encoder = |parameter: &Parameter| parameter.part == Part::Encoder;
                let (encoder, decoder): (Vec<_>, Vec<_>) = parameters.into_iter().partition(is_of_encoder);
                Self::of(model, config.start(&encoder), Some(config.start(&decoder)))
            }
        }
    }

    /// What both optimizers keep, by name.
    pub fn optimizer_state(&self) -> Vec<(String, Tensor)> {
        let decoder = self.decoder_optimizer.iter().flat_map(Optimizer::state);
        self.optimizer.state().into_iter().chain(decoder).collect()
    }

    /// The network that is trained.
    ///
    /// # Panics
    /// Where a baseline is fitted: only networks are trained in batches.
    pub fn network(&self) -> &dyn Model {
        self.model.network().expect("only networks are trained in batches")
    }

    fn of(model: Learner, optimizer: Optimizer, decoder_optimizer: Option<Optimizer>) -> Self {
        Self {
            epoch: 0,
            model,
            optimizer,
            decoder_optimizer,
            watch: Watch::default(),
            selected: None,
            gradients: Vec::new(),
            plateau: plateau::Watched::default(),
            stopped: false,
        }
    }

    /// Takes note of the weights after an epoch.
    pub(crate) fn select(&mut self, task: &Task<'_>, improved: bool) {
        let candidate = Candidate { epoch: self.epoch, total: task.epochs(), improved };
        self.selected = task.selection().update(self.selected.take(), self.model.weights(), candidate);
    }

    /// Sets to zero what has shrunk to nothing. The weights of a column without ratings only ever decay, and processors compute
    /// with denormal numbers a hundred times slower: on MovieLens-1M, 25 such columns made an epoch take 3.5 times as long.
    pub(crate) fn flush_vanished(&self) {
        let team = Team::new();
        self.model.weights().into_iter().for_each(|(_, weight)| flush(&team, &weight, VANISHED));
        let moments = self.optimizer_state().into_iter();
        moments.for_each(|(_, moment)| flush(&team, &moment, f64::from(f32::MIN_POSITIVE)));
    }

    /// Whether no epoch is left to train.
    pub fn is_done(&self, task: &Task<'_>) -> bool {
        self.stopped || self.epoch == task.epochs()
    }

    /// Puts the selected epoch's weights into the model.
    pub(crate) fn finish(mut self, task: &Task<'_>) -> Result<Fitted, Error> {
        let selected_epoch = match task.selection() {
            Selection::Best => self.watch.best.map(|(epoch, _)| epoch),
            Selection::Last | Selection::Average { .. } | Selection::MovingAverage { .. } => Some(self.epoch),
        };
        let Some(selected_epoch) = selected_epoch else {
            return Err(Error::NothingSelected { monitor: task.train.monitor.name().to_owned() });
        };
        if let Some(selected) = self.selected {
            self.model.set_weights(&selected.into_iter().collect());
        }
        Ok(Fitted { model: self.model, epochs: self.epoch, selected_epoch })
    }
}

/// Sets to zero what is nearer to it than this.
fn flush(team: &Team, tensor: &Tensor, threshold: f64) {
    let mut tensor = tensor.detach();
    if tensor.device() == Device::Cpu && tensor.kind() == Kind::Float && tensor.is_contiguous() {
        // In one pass instead of four, which hardly ever writes.
        let threshold = threshold as f32;
        let vanishes = |number: f32| number.abs() < threshold && number != 0.0;
        let parts: Vec<&mut [f32]> = numbers_mut(&mut tensor).chunks_mut(PART).collect();
        return team.each(parts, |part| {
            for numbers in part.chunks_mut(LANES) {
                if numbers.iter().fold(false, |found, &number| found | vanishes(number)) {
                    numbers.iter_mut().for_each(|number| *number = if vanishes(*number) { 0.0 } else { *number });
                }
            }
        });
    }
    for mut piece in tensor.view(-1).split(PIECE, 0) {
        let vanished = piece.abs().lt(threshold);
        drop(piece.masked_fill_(&vanished, 0.0));
    }
}

/// A network's weights and buffers by name, detached and shared with it.
pub fn weights(model: &dyn Model) -> Weights {
    let trained = model.parameters().into_iter().map(|parameter| (parameter.name, parameter.tensor.detach()));
    trained.chain(model.buffers()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ModelConfig;
    use crate::OptimizerConfig;
    use hourglass_models::{Dims, Generator, autoencoder};
    use rand::SeedableRng;

    #[test]
    fn what_has_vanished_becomes_zero_and_nothing_else_changes() {
        let config = autoencoder::Config { layers: vec![3].try_into().unwrap(), ..autoencoder::Config::default() };
        let dims = Dims { rows: 1, inputs: 1, side: 0, outputs: 1, groups: 0, vocabulary: 0 };
        let model = ModelConfig::Autoencoder(config).network(dims, &mut Generator::seed_from_u64(1), Device::Cpu);
        let optimizer = OptimizerConfig::default().start(&model.parameters());
        let state = State::of(Learner::Network(model), optimizer, None);
        let first = |tensors: Vec<(String, Tensor)>| tensors.into_iter().next().unwrap().1;
        for (mut tensor, before, after) in [
            (first(state.model.weights()), [-1e-19f32, 1e-17, 0.5], [0.0, 1e-17, 0.5]),
            (first(state.optimizer.state()), [-1e-39f32, 1e-37, 0.5], [0.0, 1e-37, 0.5]),
        ] {
            tensor.copy_(&Tensor::from_slice(&before).view_as(&tensor));
            state.flush_vanished();
            assert_eq!(Vec::<f32>::try_from(tensor.view(-1)).unwrap(), after);
        }
    }
}
