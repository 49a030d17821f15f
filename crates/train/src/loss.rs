//! What training makes small, part by part: the objective, what the network adds itself, and the penalties.

use hourglass_models::{Forward, Model, Parameter};
use tch::Tensor;

use crate::Task;
use crate::objective::Fit;
use crate::penalty::similarity::Pairs;
use crate::penalty::{Seen, SeenBatch};

/// A loss and its parts; it is their sum.
#[derive(Debug)]
pub struct Loss {
    /// A scalar with a gradient.
    pub total: Tensor,
    /// In the order of [`part_names`].
    pub parts: Vec<Part>,
}

/// One part of a loss.
#[derive(Debug)]
pub struct Part {
    /// A scalar.
    pub value: Tensor,
    /// What it counts for when the mean over several batches is taken.
    pub weight: f64,
}

/// The names of a loss' parts, as they are told in columns; a baseline's has none.
pub fn part_names(task: &Task<'_>) -> Vec<&'static str> {
    if task.baseline().is_some() {
        return Vec::new();
    }
    [vec![task.objective.name()], task.model.terms(), task.penalty.names()].concat()
}

/// The loss of a batch.
pub(crate) fn loss(
    task: &Task<'_>,
    model: &dyn Model,
    parameters: &[Parameter],
    forward: &Forward,
    fit: Fit,
    pairs: Option<&Pairs>,
    epochs: f64,
) -> Loss {
    let batch = SeenBatch {
        encoder: model.encoder(),
        first: &forward.first,
        code: &forward.pass.code,
        pairs,
        epochs,
        elementwise: model.code_is_elementwise(),
    };
    let penalties = task.penalty.terms(&Seen { parameters, batch: Some(batch) });
    let of_rows = forward.first.size()[0] as f64;
    let fit = Part { value: fit.sum / fit.count.max(1.0), weight: fit.count };
    let terms = forward.pass.terms.iter().map(|sum| Part { value: sum / of_rows, weight: of_rows });
    let penalties = penalties.into_iter().map(|value| Part { value, weight: of_rows });
    let parts: Vec<Part> = [fit].into_iter().chain(terms).chain(penalties).collect();
    let total = parts[1..].iter().fold(parts[0].value.shallow_clone(), |sum, part| sum + &part.value);
    Loss { total, parts }
}
