//! What changes while a training goes on, and what is left at its end.

use std::collections::BTreeMap;

use hourglass_models::Model;
use tch::Tensor;

use crate::config::{Selection, TrainConfig};
use crate::early_stopping::Watch;
use crate::optimizer::Optimizer;
use crate::stream::Purpose;
use crate::{Error, Task};

/// Everything that changes while training; with the task, all that is needed to go on.
pub struct State {
    /// Epochs done.
    pub epoch: usize,
    /// The weights as they are.
    pub model: Box<dyn Model>,
    /// The optimizer's memory.
    pub optimizer: Optimizer,
    /// The best epoch so far.
    pub watch: Watch,
    /// The weights of the best epoch, where that is what will be kept.
    pub best: Option<Vec<(String, Tensor)>>,
    /// Whether early stopping has spoken.
    pub stopped: bool,
}

/// A trained network.
pub struct Fitted {
    /// With the selected epoch's weights.
    pub model: Box<dyn Model>,
    /// Epochs trained.
    pub epochs: usize,
    /// The epoch whose weights these are.
    pub selected_epoch: usize,
}

impl State {
    /// Fresh weights.
    pub fn start(task: &Task<'_>) -> Self {
        let mut generator = task.streams().generator(Purpose::Initialisation, 0, 0);
        let model = task.model.build(task.dims(), &mut generator, task.device);
        let optimizer = task.train.optimizer.start(&model.parameters());
        Self { epoch: 0, model, optimizer, watch: Watch::default(), best: None, stopped: false }
    }

    pub(crate) fn keep_best(&mut self, train: &TrainConfig) {
        if train.selection == Selection::Best {
            self.best = Some(weights(self.model.as_ref()).into_iter().map(|(name, t)| (name, t.copy())).collect());
        }
    }

    /// Whether no epoch is left to train.
    pub fn is_done(&self, train: &TrainConfig) -> bool {
        self.stopped || self.epoch == train.epochs.get()
    }

    /// Puts the selected epoch's weights into the model.
    pub(crate) fn finish(self, train: &TrainConfig) -> Result<Fitted, Error> {
        let selected_epoch = match train.selection {
            Selection::Last => self.epoch,
            Selection::Best => {
                let (epoch, _) = self.watch.best.ok_or(Error::NothingSelected)?;
                let weights = self.best.ok_or(Error::NothingSelected)?;
                set_weights(self.model.as_ref(), &weights.into_iter().collect());
                epoch
            }
        };
        Ok(Fitted { model: self.model, epochs: self.epoch, selected_epoch })
    }
}

/// A model's weights by name, detached and shared with it.
pub fn weights(model: &dyn Model) -> Vec<(String, Tensor)> {
    model.parameters().into_iter().map(|parameter| (parameter.name, parameter.tensor.detach())).collect()
}

fn set_weights(model: &dyn Model, weights: &BTreeMap<String, Tensor>) {
    for (name, mut tensor) in self::weights(model) {
        tensor.copy_(&weights[&name]);
    }
}
