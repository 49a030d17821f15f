//! The memory that a training will take, known before it begins: what it holds all the time, and the most that any moment adds.
//!
//! Each part says by itself what it allocates, next to where it does: networks their
//! [footprint](hourglass_models::Footprint), objectives their [wide tensors](crate::objective::Wide), optimizers what they keep
//! and what they need for a change. This module puts moments together from that. Ratings are not counted here; their owner
//! knows whether they are shared.

mod baseline;
mod dense;
mod moments;
mod sparse;

use crate::engine::{Engine, choose};
use crate::{GradientConfig, Selection, Task};

/// Bytes where the tensors live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// From beginning to end: weights, what the optimizer keeps for each, and the copy that is selected.
    pub weights: u64,
    /// What the moment that needs most adds.
    pub moment: Moment,
}

/// When something is held that is forgotten again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// What needs it.
    pub what: What,
    /// How much.
    pub bytes: u64,
}

/// What is computed in a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// Outputs, loss and gradients of a batch.
    Batch,
    /// The change of the weights by their gradients.
    Update,
    /// Predictions and metrics after an epoch.
    Evaluation,
    /// What a baseline is fitted with.
    Fitting,
    /// A copy of the weights, to keep or to write.
    Copy,
    /// Pairs of layers by themselves.
    Pretraining,
}

impl What {
    /// In the middle of a sentence.
    pub fn name(self) -> &'static str {
        match self {
            Self::Batch => "a batch",
            Self::Update => "the update of the weights",
            Self::Evaluation => "the evaluation",
            Self::Fitting => "fitting",
            Self::Copy => "copying the weights",
            Self::Pretraining => "pre-training",
        }
    }
}

/// Of a number of single precision.
const FLOAT: u64 = 4;

impl Memory {
    /// Of a training, computed by the engine that [`choose`] names, or of a baseline.
    pub fn of(task: &Task<'_>) -> Self {
        match task.baseline() {
            Some(baseline) => baseline::memory(task, baseline),
            None => Self::with(task, choose(task).engine),
        }
    }

    /// The same, computed by this engine, whether it can or not.
    pub fn with(task: &Task<'_>, engine: Engine) -> Self {
        let sizes = Sizes::of(task);
        let moments = match engine {
            Engine::Dense => dense::moments(task, &sizes),
            Engine::Sparse => sparse::moments(task, &sizes),
        };
        let all = moments.into_iter().chain(moments::of_any_engine(task, &sizes));
        let moment = all.max_by_key(|moment| moment.bytes).expect("a batch is a moment");
        Self { weights: FLOAT * held(task, &sizes), moment }
    }

    /// Bytes at the moment that needs most.
    pub fn peak(&self) -> u64 {
        self.weights + self.moment.bytes
    }
}

/// The numbers that a training is made of.
struct Sizes {
    /// Rows of a batch.
    batch: u64,
    /// Columns of the network's input.
    inputs: u64,
    /// Columns of its output.
    outputs: u64,
    /// Trained numbers.
    parameters: u64,
    /// Stored ratings of a mean row.
    entries: u64,
    network: hourglass_models::Footprint,
}

impl Sizes {
    fn of(task: &Task<'_>) -> Self {
        let (dims, ratings) = (task.dims(), &task.inputs.ratings);
        let rows = ratings.rows().max(1) as u64;
        Self {
            batch: (task.train.batch.get() as u64).min(rows),
            inputs: dims.inputs as u64,
            outputs: dims.outputs as u64,
            parameters: task.model.parameter_count(dims),
            entries: (ratings.len() as u64).div_ceil(rows),
            network: task.model.footprint(dims),
        }
    }
}

/// Numbers that are there all the time.
fn held(task: &Task<'_>, sizes: &Sizes) -> u64 {
    let selected = u64::from(task.train.selection != Selection::Last);
    let sums = u64::from(task.train.gradient != GradientConfig::OfBatch);
    let weights = sizes.parameters + sizes.network.always;
    weights * (1 + selected) + sizes.parameters * (task.train.optimizer.state_per_parameter() + sums)
}
