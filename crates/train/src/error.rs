//! What can go wrong in a training.

use std::path::PathBuf;

/// Why a training ended without a result.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The loss is not a number: stopped before the optimizer could spread it into the weights.
    #[error(
        "the loss became {loss} in epoch {epoch}, batch {batch} (rows {rows}); nothing was learnt from that batch; \
         lower train.optimizer's lr, or look at these rows' ratings"
    )]
    NonFiniteLoss {
        /// NaN or an infinity.
        loss: f64,
        /// From 1.
        epoch: usize,
        /// From 1.
        batch: usize,
        /// The first few row numbers.
        rows: String,
    },
    /// The same before training.
    #[error(
        "the loss became {loss} in epoch {epoch} of the pre-training of layer {layer}; lower the lr in train.pretrain"
    )]
    Pretraining {
        /// From 1.
        layer: usize,
        /// From 1.
        epoch: usize,
        /// NaN or an infinity.
        loss: f64,
    },
    /// The gradient of a loss that is a number is none: stopped before the optimizer could spread it into the weights.
    #[error(
        "the loss is {loss}, but its gradient became infinite or not a number in epoch {epoch}, batch {batch} (rows {rows}); \
         nothing was learnt from that batch; lower train.optimizer's lr, or look at these rows' ratings"
    )]
    NonFiniteGradient {
        /// A finite number.
        loss: f64,
        /// From 1.
        epoch: usize,
        /// From 1.
        batch: usize,
        /// The first few row numbers.
        rows: String,
    },
    /// A baseline's loss is no number.
    #[error(
        "the loss of model.{model} became {loss} in epoch {epoch}; lower model.{model}.lr, or raise its regularisation"
    )]
    BaselineDiverged {
        /// As written in experiments.
        model: String,
        /// NaN or an infinity.
        loss: f64,
        /// From 1.
        epoch: usize,
    },
    /// Parts of the experiment that cannot be used together.
    #[error("{0}")]
    DoesNotFit(String),
    /// No row has a training rating.
    #[error("no training ratings: every row of the training part is empty; lower split's test and validation shares")]
    NothingToTrain,
    /// The monitored column has no values.
    #[error(
        "there are no validation ratings to measure train.monitor = {monitor:?} on; \
         raise split's validation share, monitor \"loss\", \
         or set train.selection = \"last\" without early_stopping and schedule.plateau"
    )]
    NothingToSelectBy {
        /// The column.
        monitor: String,
    },
    /// The monitored column never was a number.
    #[error(
        "no epoch can be selected: train.monitor = {monitor:?} was never a number; \
         lower train.optimizer's lr, or set train.selection = \"last\""
    )]
    NothingSelected {
        /// The column.
        monitor: String,
    },
    /// A checkpoint could not be read or does not fit.
    #[error("checkpoint {}: {problem}; delete the file to start this trial again", path.display())]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// The weights of a finished training could not be read or do not fit.
    #[error("weights {}: {problem}; delete the trial's folder and run it again", path.display())]
    Weights {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// A file could not be written.
    #[error("cannot write {}: {problem}; free some space or permit writing, then run again", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        problem: String,
    },
    /// Whoever watches the training failed to do its part.
    #[error(transparent)]
    Observer(Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// The same error, where it came up when this layer (from 0) was pre-trained.
    pub(crate) fn of_layer(self, layer: usize) -> Self {
        match self {
            Self::NonFiniteLoss { loss, epoch, .. } => Self::Pretraining { layer: layer + 1, epoch, loss },
            other => other,
        }
    }
}
