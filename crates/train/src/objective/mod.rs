//! How far predictions are from ratings: the first part of what training makes small. The others are the
//! [penalties](crate::penalty), and what a network adds itself.

pub mod bce;
pub mod bce_with_logits;
mod cells;
pub mod contrastive_divergence;
pub mod cross_entropy;
pub mod full_mse;
pub mod masked_mse;
pub mod multinomial;

use hourglass_models::Activation;
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

pub use cells::{Cells, On};

use crate::Task;
use crate::inputs::Target;
use crate::levels::Levels;

/// Which objective, as written in an experiment: `[objective.masked-mse]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ObjectiveConfig {
    /// Binary cross-entropy of probabilities.
    Bce(bce::Config),
    /// Binary cross-entropy of log-odds.
    BceWithLogits(bce_with_logits::Config),
    /// Mean squared error over all cells.
    FullMse(full_mse::Config),
    /// Mean squared error over observed ratings.
    MaskedMse(masked_mse::Config),
    /// Over the values that a rating can have.
    CrossEntropy(cross_entropy::Config),
    /// Of the data and a sample: for an RBM.
    ContrastiveDivergence(contrastive_divergence::Config),
    /// Log-likelihood of rows as draws of items.
    Multinomial(multinomial::Config),
}

impl Default for ObjectiveConfig {
    fn default() -> Self {
        Self::MaskedMse(masked_mse::Config::default())
    }
}

/// What a network predicted for a batch.
#[derive(Debug)]
pub struct Outputs {
    /// Every output, where the objective [needs](ObjectiveConfig::needs_all_outputs) them.
    pub all: Option<Cells>,
    /// Those at observed entries.
    pub observed: Observed,
}

/// Predictions at observed entries, and what they should be, row by row.
#[derive(Debug)]
pub struct Observed {
    /// The network's outputs `[entries]`, or `[entries, levels]` where it gives one for each value that a rating can have.
    pub predicted: Tensor,
    /// The ratings `[entries]`.
    pub target: Tensor,
    /// 1 / (number of observed entries in the entry's row) `[entries]`.
    pub share: Tensor,
    /// Rows of the batch that have an observed entry.
    pub rows: usize,
    /// The ratings' classes as 64-bit integers `[entries]`, where the objective [predicts](ObjectiveConfig::predicts_classes)
    /// them.
    pub classes: Option<Tensor>,
    /// Columns of the ratings.
    pub columns: usize,
    /// 1 at entries whose input was corrupted, 0 at others `[entries]`; absent where there was no noise.
    pub corrupted: Option<Tensor>,
}

impl Observed {
    /// The same with these predictions.
    pub(crate) fn with(&self, predicted: &Tensor) -> Self {
        let shared = |tensor: &Option<Tensor>| tensor.as_ref().map(Tensor::shallow_clone);
        Self {
            predicted: predicted.shallow_clone(),
            target: self.target.shallow_clone(),
            share: self.share.shallow_clone(),
            classes: shared(&self.classes),
            corrupted: shared(&self.corrupted),
            ..*self
        }
    }
}

impl Outputs {
    fn cells(&self) -> &Cells {
        self.all.as_ref().expect("an objective that needs all outputs is given them")
    }
}

/// Tensors of all outputs `[batch, outputs]` that live at the same time, at most, besides the outputs themselves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wide {
    /// While an objective is computed.
    pub forward: u64,
    /// On the way back to the gradient of the outputs, that one included.
    pub backward: u64,
}

/// A sum of errors with a gradient, and what it is to be divided by: the mean over several batches is the sum of their sums
/// over the sum of their counts.
#[derive(Debug)]
pub struct Fit {
    /// A scalar.
    pub sum: Tensor,
    /// Rows, entries, or what else the objective averages over.
    pub count: f64,
}

impl ObjectiveConfig {
    /// As written in experiments, and in the columns of tables.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Bce(_) => "bce",
            Self::BceWithLogits(_) => "bce-with-logits",
            Self::FullMse(_) => "full-mse",
            Self::MaskedMse(_) => "masked-mse",
            Self::CrossEntropy(_) => "cross-entropy",
            Self::ContrastiveDivergence(_) => "contrastive-divergence",
            Self::Multinomial(_) => "multinomial",
        }
    }

    /// Whether outputs count at which nothing was observed.
    pub fn needs_all_outputs(&self) -> bool {
        match self {
            Self::Bce(config) => config.on == On::All,
            Self::BceWithLogits(config) => config.on == On::All,
            Self::FullMse(_) | Self::Multinomial(_) => true,
            Self::MaskedMse(_) | Self::CrossEntropy(_) | Self::ContrastiveDivergence(_) => false,
        }
    }

    /// Whether the mean is over all cells, so that rows without a rating count.
    pub fn counts_cells(&self) -> bool {
        self.needs_all_outputs() && !matches!(self, Self::Multinomial(_))
    }

    /// Whether entries that noise has corrupted count otherwise than those that it has left.
    pub fn weighs_corruption(&self) -> bool {
        matches!(self, Self::MaskedMse(config) if config.corrupted != config.kept)
    }

    /// Whether the outputs are chances of each value that a rating can have, not the rating.
    pub fn predicts_classes(&self) -> bool {
        matches!(self, Self::CrossEntropy(_) | Self::ContrastiveDivergence(_))
    }

    /// How many outputs a rated column has.
    pub fn outputs_per_column(&self, levels: &Levels) -> usize {
        if self.predicts_classes() { levels.count() } else { 1 }
    }

    /// What outputs at some entries mean as ratings, from `[entries]` or `[entries, levels]` to `[entries]`.
    pub fn prediction(&self, outputs: &Tensor, levels: &Levels) -> Tensor {
        match self {
            Self::BceWithLogits(_) => outputs.sigmoid(),
            Self::Bce(_) | Self::FullMse(_) | Self::MaskedMse(_) | Self::Multinomial(_) => outputs.shallow_clone(),
            Self::CrossEntropy(config) => config.predict.of(outputs, levels),
            Self::ContrastiveDivergence(config) => config.predict.of(outputs, levels),
        }
    }

    /// Whether what an output means is its number.
    pub fn outputs_are_predictions(&self) -> bool {
        match self {
            Self::Bce(_) | Self::FullMse(_) | Self::MaskedMse(_) | Self::Multinomial(_) => true,
            Self::BceWithLogits(_) | Self::CrossEntropy(_) | Self::ContrastiveDivergence(_) => false,
        }
    }

    /// Whether predictions are ratings, and not only larger for what is liked better.
    pub fn predicts_ratings(&self) -> bool {
        self.is_squared_error() || self.predicts_classes()
    }

    /// What of the width of all outputs is in memory while it is computed.
    pub fn wide(&self) -> Wide {
        match self {
            Self::Bce(config) => config.wide(),
            Self::BceWithLogits(config) => config.wide(),
            Self::FullMse(config) => config.wide(),
            Self::ContrastiveDivergence(config) => config.wide(),
            Self::Multinomial(config) => config.wide(),
            Self::MaskedMse(_) | Self::CrossEntropy(_) => Wide { forward: 0, backward: 1 },
        }
    }

    /// How far the outputs are from the ratings.
    pub fn fit(&self, outputs: &Outputs) -> Fit {
        match self {
            Self::Bce(config) => config.fit(outputs),
            Self::BceWithLogits(config) => config.fit(outputs),
            Self::FullMse(config) => config.fit(outputs.cells()),
            Self::MaskedMse(config) => config.fit(&outputs.observed),
            Self::CrossEntropy(config) => config.fit(&outputs.observed),
            // Free energies are not computed from outputs: training asks the objective itself.
            Self::ContrastiveDivergence(_) => {
                Fit { sum: outputs.observed.share.zeros_like().sum(Kind::Float), count: 0.0 }
            }
            Self::Multinomial(config) => config.fit(outputs.cells(), &outputs.observed),
        }
    }

    /// Whether ratings, noise and outputs are such that this can be computed of them.
    pub(crate) fn check(&self, task: &Task<'_>) -> Result<(), String> {
        match self {
            Self::Bce(config) => config.check(task),
            Self::BceWithLogits(config) => config.check(task),
            Self::FullMse(_) | Self::CrossEntropy(_) | Self::ContrastiveDivergence(_) => Ok(()),
            Self::MaskedMse(config) => config.check(task),
            Self::Multinomial(config) => config.check(task),
        }
    }

    /// Whether outputs are compared as numbers on the scale of the ratings.
    pub(crate) fn is_squared_error(&self) -> bool {
        matches!(self, Self::FullMse(_) | Self::MaskedMse(_))
    }
}

/// Refuses outputs of another activation than this one.
fn check_output(task: &Task<'_>, needed: Activation, what: &str) -> Result<(), String> {
    let (objective, found) = (task.objective.name(), task.model.output_activation());
    if task.model.output_range().is_some() {
        return Err(format!(
            "objective.{objective} expects outputs that are {what}, which the model's output_range stretches; leave output_range out"
        ));
    }
    if found == needed {
        return Ok(());
    }
    Err(format!(
        "objective.{objective} does not go with the model's output_activation = \"{}\"; set output_activation = \"{}\", whose \
         outputs are {what}",
        found.name(),
        needed.name()
    ))
}

/// Refuses ratings to learn from, or to validate on, that are not accepted; and noisy ones, which can be anything.
fn check_ratings(task: &Task<'_>, accepted: &str, is_accepted: impl Fn(f32) -> bool) -> Result<(), String> {
    let objective = task.objective.name();
    if task.target == Target::Noisy {
        return Err(format!(
            "objective.{objective} expects {accepted}, which noisy ratings need not be; set input.target = \"clean\", or use \
             objective.masked-mse or objective.full-mse"
        ));
    }
    let ratings = [&task.inputs.ratings, task.validation.ratings].into_iter().flat_map(|ratings| ratings.entries());
    let wrong = ratings.map(|(_, _, rating)| rating).find(|&rating| !is_accepted(rating));
    wrong.map_or(Ok(()), |rating| {
        Err(format!(
            "objective.{objective} expects {accepted}, but there is a rating of {rating}; set input.range = [0, 1] to map the \
             scale to it, or ratings.implicit to make events of ratings"
        ))
    })
}
