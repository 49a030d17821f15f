//! The dense engine: tensors of a batch's full width, gradients of all weights.

use hourglass_models::Activation;

use super::{FLOAT, Moment, Sizes, What};
use crate::evaluate::ROWS;
use crate::objective::Wide;
use crate::{ObjectiveConfig, Task};

/// Bytes for each stored rating of a batch: its place and value, the same as tensors, what was predicted there, its row and its
/// weight.
const ENTRY: u64 = 64;

/// Bytes that the tensor library takes for itself: matrices packed for a product, threads of the way back.
pub(super) const LIBRARY: u64 = 16 << 20;

pub(super) fn moments(task: &Task<'_>, sizes: &Sizes) -> Vec<Moment> {
    let moment = |what, numbers: u64, rows: u64| {
        let entries = rows * sizes.entries * (ENTRY + of_classes(task));
        Moment { what, bytes: FLOAT * numbers + entries + LIBRARY }
    };
    let rows = (ROWS as u64).min(task.inputs.ratings.rows() as u64);
    vec![
        moment(What::Batch, batch(task, sizes), sizes.batch),
        moment(What::Update, update(task, sizes), sizes.batch),
        moment(What::Evaluation, rows * evaluation(task, sizes), rows),
    ]
}

/// Bytes for each rating whose values have a chance each: as they are, as logarithms, and two gradients.
pub(super) fn of_classes(task: &Task<'_>) -> u64 {
    if task.objective.predicts_classes() { 4 * FLOAT * task.levels.count() as u64 } else { 0 }
}

/// Tensors of all outputs that are alive when the objective gets them, and gradients of them that are at the same time.
pub(super) fn of_outputs(task: &Task<'_>) -> [u64; 2] {
    let (activation, range) = (task.model.output_activation(), task.model.output_range());
    let sums = u64::from(activation.keeps_its_input() || range.is_some());
    let gradients = if activation == Activation::Linear && range.is_none() { 1 } else { 2 };
    [1 + sums, gradients]
}

/// Forward, and backward up to the gradients of the weights.
fn batch(task: &Task<'_>, sizes: &Sizes) -> u64 {
    let Sizes { batch, inputs, outputs, parameters, .. } = *sizes;
    let ([alive, gradients], wide) = (of_outputs(task), wide(task));
    let [penalty, penalty_of_row] = penalties(task, sizes);
    let row = inputs * of_inputs(task) + outputs * alive + sizes.network.row + penalty_of_row;
    let forward = batch * (row + outputs * wide.forward);
    let backward = batch * (row + outputs * wide.backward.max(gradients));
    // The gradient of the last layer's weights is made while that of the sums is there, those of the others later.
    let last = task.model.hidden_widths().last().map_or(0, |&width| width as u64);
    let decoder = batch * (row + outputs) + (last * outputs).min(parameters);
    let all = batch * (row.saturating_sub(sizes.network.row)) + parameters;
    forward.max(backward).max(decoder).max(all) + penalty + sizes.network.step
}

/// Those of the objective, or of the error that re-feeding makes small.
fn wide(task: &Task<'_>) -> Wide {
    let own = task.objective.wide();
    if task.train.refeed == 0 {
        return own;
    }
    // The last outputs are input and target.
    let again = ObjectiveConfig::FullMse(crate::objective::full_mse::Config::default()).wide();
    Wide { forward: own.forward.max(again.forward), backward: own.backward.max(again.backward) }
}

/// Tensors of the input's width.
fn of_inputs(task: &Task<'_>) -> u64 {
    let beside = u64::from(task.inputs.side.is_some());
    let partners = u64::from(task.penalty.similarity.is_some());
    1 + beside + partners
}

/// What penalties add: in all, and for each row.
fn penalties(task: &Task<'_>, sizes: &Sizes) -> [u64; 2] {
    // A gradient of their own for all weights, made first, with the squares and their slopes on the way.
    let of_weights = if task.penalty.l2.is_some() { sizes.parameters + 2 * sizes.network.largest } else { 0 };
    let widths = task.model.hidden_widths();
    let (first, code) = (widths[0] as u64, widths[widths.len() / 2] as u64);
    // A slope by the first layer for each unit of the code, kept to be differentiated.
    let slopes = match widths.len() {
        1 => SLOPES * first,
        _ => SLOPES * first * code,
    };
    [of_weights, if task.penalty.contractive.is_some() { slopes } else { 0 }]
}

/// Numbers for each slope: it, its product with the weights', and what their own gradients need.
const SLOPES: u64 = 6;

/// The outputs are still there.
fn update(task: &Task<'_>, sizes: &Sizes) -> u64 {
    sizes.batch * sizes.outputs + change(task, sizes)
}

/// The gradients of all weights are there, and what the optimizer makes of the largest of them.
pub(super) fn change(task: &Task<'_>, sizes: &Sizes) -> u64 {
    let clipped = if task.train.clip_gradient.is_some() { sizes.parameters } else { 0 };
    let scratch = task.train.optimizer.scratch_per_parameter() * sizes.network.largest;
    sizes.parameters + clipped + scratch
}

/// Numbers for a row.
fn evaluation(task: &Task<'_>, sizes: &Sizes) -> u64 {
    let [_, activated] = of_outputs(task);
    let shown = sizes.inputs * of_inputs(task) + sizes.outputs * activated;
    // What looks at stored ratings only, or at none, needs nothing besides the outputs.
    let wide = if task.objective.needs_all_outputs() { task.objective.wide().forward } else { 0 };
    let compared = sizes.outputs * (1 + wide);
    shown.max(compared) + sizes.network.row / 2
}
