//! Measuring: predictions for held-out ratings from what the network is shown, and their metrics.

use std::ptr;

use hourglass_data::{Axis, Csr};
use hourglass_models::{Mode, Model};
use tch::{Device, Tensor};

use crate::baseline;
use crate::engine::{Reader, dense};
use crate::inputs::{HeldOut, Inputs};
use crate::lists::Lists;
use crate::metric::{Metric, Scored};
use crate::noise::Phase;
use crate::{Learner, Task};

/// Rows in a forward pass without gradients. A constant, so that results do not depend on the training's batch.
pub(crate) const ROWS: usize = 512;

/// What a network predicts for held-out ratings.
#[derive(Debug, Default)]
pub struct Predicted {
    /// For each stored entry, row by row.
    pub values: Vec<f32>,
    /// The objective's mean; nothing where there is no rating.
    pub loss: Option<f64>,
}

/// Predictions for the ratings of each of `asked`. Neighbours that are shown the same inputs share a forward pass.
pub fn predict(task: &Task<'_>, model: &Learner, asked: &[HeldOut<'_>]) -> Vec<Predicted> {
    predict_by(&Reader::new(task), task, model, asked)
}

/// The same with a reader that has been asked for the same parts before, or will be again.
pub(crate) fn predict_by(reader: &Reader, task: &Task<'_>, model: &Learner, asked: &[HeldOut<'_>]) -> Vec<Predicted> {
    match model {
        Learner::Network(network) => predict_in_passes(reader, task, network.as_ref(), asked),
        Learner::Baseline(estimator) => {
            let values = |asked: &HeldOut<'_>| baseline::predict(task, estimator.as_ref(), *asked);
            asked.iter().map(|asked| Predicted { values: values(asked), loss: None }).collect()
        }
    }
}

fn predict_in_passes(reader: &Reader, task: &Task<'_>, model: &dyn Model, asked: &[HeldOut<'_>]) -> Vec<Predicted> {
    let mut read: Vec<Read> = asked.iter().map(|_| Read::default()).collect();
    let rows: Vec<u32> = (0..task.inputs.ratings.rows() as u32).collect();
    tch::no_grad(|| {
        for rows in rows.chunks(ROWS) {
            let mut passed: Option<(&Inputs, Tensor)> = None;
            for ((part, asked), read) in asked.iter().enumerate().zip(&mut read) {
                let before = passed.take().filter(|(inputs, _)| ptr::eq(*inputs, asked.inputs));
                let pass = || (asked.inputs, reader.pass(task, model, part, asked.inputs, rows));
                let (_, pass) = passed.insert(before.unwrap_or_else(pass));
                let (outputs, fit) = reader.read(task, model, pass, (part, *asked), rows);
                read.predictions.push(task.objective.prediction(&outputs, task.levels));
                read.errors.push(fit.sum);
                read.count += fit.count;
            }
        }
    });
    read.iter().map(Read::predicted).collect()
}

/// What was computed of a part, where it was computed: a look at a GPU waits for it, and so there is one look at the end.
#[derive(Default)]
struct Read {
    /// `[entries]`, from each pass.
    predictions: Vec<Tensor>,
    /// Scalars.
    errors: Vec<Tensor>,
    count: f64,
}

impl Read {
    fn predicted(&self) -> Predicted {
        let errors = Tensor::stack(&self.errors, 0);
        let all: Vec<&Tensor> = [&errors].into_iter().chain(&self.predictions).collect();
        let mut values = Vec::<f32>::try_from(Tensor::cat(&all, 0)).expect("numbers in one row");
        let sum: f64 = values.drain(..self.errors.len()).map(f64::from).sum();
        // An objective over all columns counts rows that nothing is asked of, too.
        let is_asked = !values.is_empty() && self.count > 0.0;
        Predicted { values, loss: is_asked.then(|| sum / self.count) }
    }
}

/// The code of each row of what a network is shown, on the CPU `[rows, code]`.
pub fn codes(task: &Task<'_>, model: &dyn Model, shown: &Inputs) -> Tensor {
    let rows: Vec<u32> = (0..shown.ratings.rows() as u32).collect();
    let of = |rows: &[u32]| {
        let passed = dense::forward(task, model, shown, rows, Phase::Evaluate, &mut Mode::Evaluate);
        passed.pass.code.reshape([rows.len() as i64, -1]).to_device(Device::Cpu)
    };
    tch::no_grad(|| Tensor::cat(&rows.chunks(ROWS).map(of).collect::<Vec<_>>(), 0))
}

/// These metrics of predictions for the entries of `part`, both as ratings, clipped as `task.evaluation` says, and of lists;
/// without lists, those of lists have no value. Of a model whose scores are no ratings, errors of ratings have none.
pub fn measure(
    task: &Task<'_>,
    metrics: &[Metric],
    part: &Csr,
    predicted: &[f32],
    lists: Option<&Lists>,
) -> Vec<Option<f64>> {
    let plain: Vec<f32> = predicted.iter().map(|&number| task.rating(number)).collect();
    let clipped = ratings(task, predicted);
    let target: Vec<f32> = part.entries().map(|(_, _, number)| task.rating(number)).collect();
    let [users, items] = users_and_items(part, task.rows);
    let value = |metric: &Metric| match metric {
        Metric::Rating(_) if !task.predicts_ratings() => None,
        Metric::Rating(metric) => {
            let predicted = if metric.unclipped { &plain } else { &clipped };
            metric.compute(Scored { users: &users, items: &items, predicted, target: &target })
        }
        Metric::List { metric, k } => metric.compute(k.get() as usize, lists?.ranked()),
    };
    metrics.iter().map(value).collect()
}

/// Predictions as ratings, clipped as `task.evaluation` says.
pub fn ratings(task: &Task<'_>, predicted: &[f32]) -> Vec<f32> {
    let rating = |&number: &f32| task.rating(number);
    match task.evaluation.clip {
        true => predicted.iter().map(|number| task.scale.clip(rating(number))).collect(),
        false => predicted.iter().map(rating).collect(),
    }
}

/// Who rated what, of each stored entry.
pub fn users_and_items(part: &Csr, rows: Axis) -> [Vec<u32>; 2] {
    let (of_rows, of_columns) = part.entries().map(|(row, column, _)| (row, column)).unzip();
    match rows {
        Axis::Users => [of_rows, of_columns],
        Axis::Items => [of_columns, of_rows],
    }
}
