//! Which engine computes a training: the sparse one wherever it can, because its work grows with the ratings and not with the
//! matrix.

use std::fmt;

use hourglass_models::Boundaries;
use serde::{Deserialize, Serialize};
use tch::Device;

use super::sparse::{compares_by_gram, compares_everywhere};
use crate::{GradientConfig, ObjectiveConfig, OptimizerConfig, PenaltyConfig, Precision, Task, TrainConfig};

/// `train.engine`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EngineConfig {
    /// The sparse engine where it applies, else the dense one.
    #[default]
    Auto,
    /// Only the observed entries, on processors.
    Sparse,
    /// Every cell of a batch, on any device.
    Dense,
}

/// An engine, and why that one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The engine that trains.
    pub engine: Engine,
    /// Why, in half a sentence.
    pub reason: String,
}

/// A way to compute the boundary layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// [`sparse`](super::sparse).
    Sparse,
    /// [`dense`](super::dense).
    Dense,
}

impl fmt::Display for Engine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Sparse => "sparse",
            Self::Dense => "dense",
        })
    }
}

/// The engine of a training.
pub fn choose(task: &Task<'_>) -> Choice {
    let choice = |engine, reason: &str| Choice { engine, reason: reason.to_owned() };
    match (task.train.engine, obstacle(task)) {
        (EngineConfig::Dense, _) => choice(Engine::Dense, "asked for"),
        (EngineConfig::Sparse, None) => choice(Engine::Sparse, "asked for"),
        (EngineConfig::Auto, None) => choice(Engine::Sparse, advantage(task)),
        (EngineConfig::Auto | EngineConfig::Sparse, Some(obstacle)) => choice(Engine::Dense, obstacle),
    }
}

/// What the sparse engine need not compute.
fn advantage(task: &Task<'_>) -> &'static str {
    if !compares_everywhere(task) {
        "the loss needs observed entries only"
    } else if compares_by_gram(task, task.train.batch.get().min(task.inputs.ratings.rows())) {
        "squared errors of all cells follow from sums over rows, over columns, and over observed entries"
    } else {
        "the first layer reads observed entries only, though the objective needs every output"
    }
}

/// Refuses `engine = "sparse"` where it does not apply.
pub(crate) fn check(task: &Task<'_>) -> Result<(), String> {
    match (task.train.engine, obstacle(task)) {
        (EngineConfig::Sparse, Some(obstacle)) => Err(format!(
            "train.engine = \"sparse\" does not apply: {obstacle}; set train.engine = \"auto\" or \"dense\""
        )),
        _ => Ok(()),
    }
}

/// What keeps the sparse engine from computing this training; nothing, if it can. Each part of a setting is taken apart
/// here in full, so that an option that is added must say what it means for this engine.
fn obstacle(task: &Task<'_>) -> Option<&'static str> {
    let data = [(task.device != Device::Cpu, "the device is no processor")];
    let network = [
        (
            task.model.boundaries() == Boundaries::None,
            "the network has no linear first and last layer, the same for all rows",
        ),
        (
            matches!(task.objective, ObjectiveConfig::ContrastiveDivergence(_)),
            "the objective draws samples from the whole network",
        ),
    ];
    // l2 at the boundary layers is computed with the update, the penalties on codes with the body.
    let PenaltyConfig { l2: _, l1_code: _, kl_sparsity: _, contractive, similarity } = task.penalty;
    let penalty = [
        (contractive.is_some(), "penalty.contractive depends on the first layer's weights by themselves"),
        (similarity.is_some(), "penalty.similarity encodes other rows than those of the batch"),
    ];
    let conditions = [&data[..], &network, &penalty, &training(task.train)].concat();
    conditions.into_iter().find_map(|(holds, reason)| holds.then_some(reason))
}

fn training(train: &TrainConfig) -> [(bool, &'static str); 4] {
    let TrainConfig {
        optimizer,
        gradient: _,
        clip_gradient: _,
        refeed,
        alternate,
        precision,
        engine: _,
        epochs: _,
        batch: _,
        order: _,
        schedule: _,
        selection: _,
        monitor: _,
        early_stopping: _,
        pretrain: _,
    } = train;
    [
        (
            matches!(optimizer, OptimizerConfig::Rprop(_)),
            "the optimizer's steps are as large for a rounding error as for a gradient",
        ),
        (*refeed > 0, "train.refeed shows every output again"),
        (alternate.is_some(), "train.alternate trains the layers in turns"),
        (*precision != Precision::Float32, "train.precision asks for coarser products"),
    ]
}

/// Whether the sparse engine must write the gradients of the boundary layers' weights out, because something looks at all of
/// them before the first weight changes, or makes another gradient of them. Else a row's gradient is forgotten as soon as the row has
/// changed.
pub fn writes_gradients(task: &Task<'_>) -> bool {
    let TrainConfig { optimizer, gradient, clip_gradient, .. } = task.train;
    let looks_at_all = match optimizer {
        OptimizerConfig::Lbfgs(_) => true,
        OptimizerConfig::Adam(_)
        | OptimizerConfig::Adamw(_)
        | OptimizerConfig::LazyAdam(_)
        | OptimizerConfig::Rmsprop(_)
        | OptimizerConfig::Rprop(_)
        | OptimizerConfig::Sgd(_) => false,
    };
    let adds_up = match gradient {
        GradientConfig::OfBatch => false,
        GradientConfig::SumOf(_) => true,
        // What the penalty says is added up, too; and the sum is made shorter by as much as each step's own gradient says.
        GradientConfig::NeverCleared => task.penalty.l2.is_some() || clip_gradient.is_some(),
    };
    task.model.boundaries() == Boundaries::Derived || looks_at_all || adds_up
}
