//! Measuring: predictions for held-out ratings from what the network is shown, and their metrics.

use std::ptr;

use hourglass_data::{Axis, Csr};
use hourglass_models::{Mode, Model};
use tch::{Device, Tensor};

use crate::engine::{Reader, dense};
use crate::inputs::{HeldOut, Inputs};
use crate::lists::Lists;
use crate::metric::reconstruction::Reconstructed;
use crate::metric::{Metric, Scored};
use crate::noise::Phase;
use crate::{Learner, Task, cold};

/// Rows in a forward pass without gradients. A constant, so that results do not depend on the training's batch.
pub(crate) const ROWS: usize = 512;

/// What a network predicts for held-out ratings.
#[derive(Debug, Default)]
pub struct Predicted {
    /// For each stored entry, row by row; no numbers, of a model whose scores are no ratings.
    pub values: Vec<f32>,
    /// The objective's mean; nothing where there is no rating.
    pub loss: Option<f64>,
}

impl Predicted {
    /// No number for any entry.
    pub(crate) fn nothing(asked: &HeldOut<'_>) -> Self {
        Self { values: vec![f32::NAN; asked.ratings.len()], loss: None }
    }
}

/// Predictions for the ratings of each of `asked`. Neighbours that are shown the same inputs share a forward pass.
pub fn predict(task: &Task<'_>, model: &Learner, asked: &[HeldOut<'_>]) -> Vec<Predicted> {
    predict_by(&Reader::new(task), task, model, asked)
}

/// The same with a reader that has been asked for the same parts before, or will be again.
pub(crate) fn predict_by(reader: &Reader, task: &Task<'_>, model: &Learner, asked: &[HeldOut<'_>]) -> Vec<Predicted> {
    match model {
        Learner::Network(network) => predict_in_passes(reader, task, network.as_ref(), asked),
        Learner::Baseline(_) if !task.predicts_ratings() => asked.iter().map(Predicted::nothing).collect(),
        Learner::Baseline(estimator) => {
            asked.iter().map(|asked| Predicted { values: estimator.predict(task, *asked), loss: None }).collect()
        }
    }
}

fn predict_in_passes(reader: &Reader, task: &Task<'_>, model: &dyn Model, asked: &[HeldOut<'_>]) -> Vec<Predicted> {
    let mut read: Vec<Read> = asked.iter().map(|_| Read::default()).collect();
    let is_asked = |&row: &u32| asked.iter().any(|asked| !asked.ratings.row(row as usize).is_empty());
    let rows: Vec<u32> =
        (0..task.inputs.ratings.rows() as u32).filter(|row| task.objective.counts_cells() || is_asked(row)).collect();
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
        if self.errors.is_empty() {
            return Predicted::default();
        }
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

/// What metrics are measured on besides predicted ratings; what is not there gives them no value.
#[derive(Debug, Clone, Copy, Default)]
pub struct Besides<'a> {
    /// Lists of recommended items.
    pub lists: Option<&'a Lists>,
    /// Whole rows.
    pub rows: Option<&'a Reconstructed>,
}

/// The experiment's metrics of what was predicted for the ratings of a part. Of a model whose scores are no ratings, errors of ratings
/// have no value.
pub fn measure(
    task: &Task<'_>,
    metrics: &[Metric],
    asked: HeldOut<'_>,
    predicted: &[f32],
    besides: Besides<'_>,
) -> Vec<Option<f64>> {
    let leaves_out = |metric: &Metric| matches!(metric, Metric::Rating(metric) if metric.warm);
    let needs_cold = !task.evaluation.cold.is_predict() || metrics.iter().any(leaves_out);
    let cold = if needs_cold { cold::cold(task, asked) } else { Vec::new() };
    let rated = Rated::of(task, asked, predicted, &cold);
    let value = |metric: &Metric| match metric {
        Metric::Rating(_) if !task.predicts_ratings() => None,
        Metric::Rating(metric) => {
            let predicted = if metric.unclipped { &rated.plain } else { &rated.clipped };
            let Rated { users, items, target, .. } = &rated;
            metric.compute(Scored { users, items, predicted, target, cold: &cold })
        }
        Metric::List { metric, k } => metric.compute(k.get() as usize, besides.lists?.ranked()),
        Metric::Reconstruction(metric) => metric.compute(besides.rows?),
    };
    metrics.iter().map(value).collect()
}

/// Predictions as ratings beside what they stand for, entry by entry.
#[derive(Debug, Clone, PartialEq)]
pub struct Rated {
    /// Whose rating it is `[entries]`.
    pub users: Vec<u32>,
    /// What is rated `[entries]`.
    pub items: Vec<u32>,
    /// The true ratings `[entries]`.
    pub target: Vec<f32>,
    /// Predicted ratings; where nothing is known, what `evaluation.cold` says `[entries]`.
    pub plain: Vec<f32>,
    /// The same, clipped to the scale where the experiment says so `[entries]`.
    pub clipped: Vec<f32>,
}

impl Rated {
    /// Of predictions in the range of the network for what is asked, of which some are [cold](cold::cold).
    pub fn of(task: &Task<'_>, asked: HeldOut<'_>, predicted: &[f32], cold: &[bool]) -> Self {
        let mut plain: Vec<f32> = predicted.iter().map(|&number| task.rating(number)).collect();
        cold::replace(task, asked, cold, &mut plain);
        let clipped = match task.evaluation.clip {
            true => plain.iter().map(|&rating| task.scale.clip(rating)).collect(),
            false => plain.clone(),
        };
        let [users, items] = users_and_items(asked.ratings, task.rows);
        let target = asked.ratings.entries().map(|(_, _, number)| task.rating(number)).collect();
        Self { users, items, target, plain, clipped }
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
