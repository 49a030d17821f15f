//! Measuring: predictions for held-out ratings from the training ratings, and their metrics.

use hourglass_data::{Axis, Csr};
use hourglass_models::{Mode, Model};
use tch::Device;

use crate::Task;
use crate::engine::dense::{self, Entries};
use crate::metric::{Metric, Scored};
use crate::noise::Phase;

/// Rows in a forward pass without gradients. A constant, so that results do not depend on the training's batch.
const ROWS: usize = 512;

/// Predictions for every stored entry of each of `parts` (`[rows, columns]` each), in their row order. The network sees
/// the training ratings only, whatever the parts are; one forward pass serves all parts.
pub fn predict(task: &Task<'_>, model: &dyn Model, parts: &[&Csr]) -> Vec<Vec<f32>> {
    let mut predictions: Vec<Vec<f32>> = parts.iter().map(|part| Vec::with_capacity(part.len())).collect();
    let rows: Vec<u32> = (0..task.inputs.ratings.rows() as u32).collect();
    tch::no_grad(|| {
        for rows in rows.chunks(ROWS) {
            let x = dense::densify(task.inputs, rows, &task.noise(), Phase::Evaluate, task.device);
            let outputs = dense::forward(model, &x, Mode::Evaluate);
            for (part, predictions) in parts.iter().zip(&mut predictions) {
                let values = dense::gather(&outputs, &Entries::of(part, rows)).to_device(Device::Cpu);
                let start = predictions.len();
                predictions.resize(start + values.numel(), 0.0);
                values.copy_data(&mut predictions[start..], values.numel());
            }
        }
    });
    predictions
}

/// These metrics of predictions for the entries of `part`, clipped as `task.evaluation` says.
pub fn measure(task: &Task<'_>, metrics: &[Metric], part: &Csr, predicted: &[f32]) -> Vec<Option<f64>> {
    let clipped: Vec<f32> = match task.evaluation.clip {
        true => predicted.iter().map(|value| value.clamp(task.scale.minimum, task.scale.maximum)).collect(),
        false => predicted.to_vec(),
    };
    let target: Vec<f32> = (0..part.rows()).flat_map(|row| part.row(row).values.iter().copied()).collect();
    let users = users_of_entries(part, task.rows);
    let scored = Scored { users: &users, predicted: &clipped, target: &target };
    metrics.iter().map(|metric| metric.compute(scored)).collect()
}

/// Whose rating each stored entry is.
fn users_of_entries(part: &Csr, rows: Axis) -> Vec<u32> {
    let row = |row: usize| part.row(row).columns;
    match rows {
        Axis::Users => (0..part.rows()).flat_map(|r| std::iter::repeat_n(r as u32, row(r).len())).collect(),
        Axis::Items => (0..part.rows()).flat_map(|r| row(r).iter().copied()).collect(),
    }
}
