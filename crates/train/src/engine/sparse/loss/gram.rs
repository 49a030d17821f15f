//! Squared errors of all cells without any cell, for outputs that are the last layer's sums. With `a_r = (h_r, 1)` and
//! `b_c = (W_c, offset_c)`,
//!
//! ```text
//! Σ_rc (a_r · b_c − t_rc)² = Σ (AᵀA ∘ BᵀB) + Σ_{rc observed} (t_rc² − 2 t_rc a_r · b_c)
//! ```
//!
//! whose gradients are `2 A BᵀB` and `2 B AᵀA`, less `2 t_rc b_c` and `2 t_rc a_r` at the observed entries: k² for each row and each
//! column in the place of k for each cell. Where targets have a fill `row[r] + factor[r] column[c]`, it is two more numbers of a
//! and b, and t what a rating exceeds it by.
//!
//! Sums of squares that nearly cancel each other are added up in double precision.

use hourglass_models::{Activation, Boundary, Model};
use tch::{Kind, Tensor};

use super::all_columns::Everywhere;
use super::descent::matrix;
use super::objective::Judged;
use crate::engine::sparse::Compute;
use crate::engine::sparse::batch::Batch;
use crate::engine::sparse::batch::entries::Rows;
use crate::engine::sparse::batch::input::Fill;
use crate::engine::sparse::kernel::memory::numbers;
use crate::engine::sparse::kernel::team::OneTensorThread;
use crate::engine::sparse::network::decode::LastLayer;
use crate::inputs::{HeldOut, Target};
use crate::noise::Phase;
use crate::objective::Fit;
use crate::{ObjectiveConfig, Task};

/// Columns whose products one job adds up.
pub(crate) const COLUMNS: usize = 4096;

/// Operations in double precision take as long as so many in single precision.
const DOUBLE: usize = 2;

/// What `b` has besides weights, `[outputs, more]`, and `AᵀA` over all cells, which make a gradient of the weights.
#[derive(Debug)]
pub(crate) struct Gram {
    more: Tensor,
    /// `[last + more, last]`.
    squares: Tensor,
}

/// Whether this is how all outputs of so many rows are compared: where it is exact, and takes less than the outputs would. Targets
/// are entries over a fill then, which they are not where noise on all cells is in them.
pub fn compares_by_gram(task: &Task<'_>, rows: usize) -> bool {
    let is_sum = task.model.output_activation() == Activation::Linear && task.model.output_range().is_none();
    let last = task.model.hidden_widths().last().map_or(0, |&width| width as usize);
    let columns = task.inputs.ratings.columns();
    let is_cheap = 2 * DOUBLE * last * (rows + columns) < 3 * rows * columns;
    let is_filled = task.target == Target::Clean || !task.noise().reaches_unobserved(Phase::Train(1));
    is_sum && is_cheap && is_filled && matches!(task.objective, ObjectiveConfig::FullMse(_))
}

impl Gram {
    /// Of these rows of weights.
    pub(crate) fn narrow(&self, first: usize, count: usize) -> Self {
        let end = self.more.size()[0] as usize;
        let first = first.min(end);
        let count = count.min(end - first);
        Self { more: self.more.narrow(0, first as i64, count as i64), squares: self.squares.shallow_clone() }
    }

    /// The gradient of rows with these weights, without what entries add `[rows, last]`.
    pub(crate) fn gradient(&self, weights: &[f32]) -> Tensor {
        let (rows, width) = (self.more.size()[0], self.squares.size()[1]);
        let weights = Tensor::from_slice(&weights[..(rows * width) as usize]).view([rows, width]);
        Tensor::cat(&[&weights, &self.more], 1).matmul(&self.squares)
    }
}

/// `a` `[batch, last + more]`.
fn of_rows(last: &Tensor, fill: Option<&Fill<'_>>) -> Tensor {
    let ones = Tensor::ones([last.size()[0], 1], (Kind::Float, last.device()));
    let fill = fill.into_iter().flat_map(|fill| [&fill.row, &fill.factor]);
    let fill: Vec<Tensor> = fill.map(|numbers| -Tensor::from_slice(numbers).unsqueeze(1)).collect();
    Tensor::cat(&[last, &ones].into_iter().chain(&fill).collect::<Vec<_>>(), 1)
}

/// What `b` has besides weights `[outputs, more]`.
fn of_columns(offsets: &Tensor, fill: Option<&Fill<'_>>) -> Tensor {
    let ones = offsets.ones_like();
    let of =
        |fill: &Fill<'_>| [ones.shallow_clone(), fill.column.map_or_else(|| ones.zeros_like(), Tensor::from_slice)];
    let fill: Vec<Tensor> = fill.into_iter().flat_map(of).collect();
    Tensor::stack(&[offsets].into_iter().chain(&fill).collect::<Vec<_>>(), 1)
}

impl Compute {
    /// What the objective says of all outputs of a batch whose last hidden layer this is `[batch, last]`.
    pub(crate) fn judge_by_gram(&self, task: &Task<'_>, model: &dyn Model, last: &[f32], batch: &Batch<'_>) -> Judged {
        let (decoder, last) = (without_gradient(model), matrix(last, batch.targets.len()));
        let (rows, width) = (last.size()[0], last.size()[1]);
        let count = (rows * decoder.bias.size()[0]) as f64;
        let noisy = (task.target == Target::Noisy).then(|| batch.input.exceeding(&batch.targets));
        let (targets, fill) = match &noisy {
            Some(noisy) => (noisy, batch.input.fill.as_ref()),
            None => (&batch.targets, None),
        };
        let (a, more) = (of_rows(&last, fill), of_columns(&decoder.bias, fill));
        let doubles = a.to_kind(Kind::Double);
        let (of_a, of_b) = (doubles.tr().matmul(&doubles), self.squares_of_columns(&decoder.weight, &more));
        let predicted = self.filled_sums(&decoder, &last, targets, fill);
        let at_entries = exceeding_squares(&targets.values, &predicted);
        let sum = (&of_a * &of_b).sum(Kind::Double).double_value(&[]) + at_entries;

        let scale = 2.0 / count;
        let factors: Vec<f32> = targets.values.iter().map(|target| -(scale as f32) * target).collect();
        let back = self.pull_back(LastLayer::of(&decoder), targets, &factors);
        let of_last = (doubles.matmul(&of_b.narrow(1, 0, width)) * scale).to_kind(Kind::Float);
        let squares = (of_a * scale).to_kind(Kind::Float);
        let of_weights = squares.narrow(0, 0, width);
        let of_more = squares.narrow(0, width, squares.size()[0] - width);
        let of_offsets = decoder.weight.mv(&of_weights.select(1, width)) + more.mv(&of_more.select(1, width));
        let at_entries = targets.sums_of_columns(&factors, decoder.bias.numel());
        Judged {
            sum,
            count,
            of_last: sum_of(&of_last, &back),
            of_offsets: sum_of(&of_offsets, &at_entries),
            at_entries: Some(factors),
            everywhere: Some(Everywhere::Gram(Gram { more, squares: squares.narrow(1, 0, width).contiguous() })),
        }
    }

    /// The outputs for these rows' stored ratings `[entries]`, and how far all are from what is asked for.
    pub(crate) fn read_by_gram(
        &self,
        model: &dyn Model,
        last: &Tensor,
        asked: HeldOut<'_>,
        rows: &[u32],
    ) -> (Tensor, Fit) {
        let decoder = without_gradient(model);
        let a = of_rows(last, None).to_kind(Kind::Double);
        let of_b = self.squares_of_columns(&decoder.weight, &of_columns(&decoder.bias, None));
        let all = (a.tr().matmul(&a) * of_b).sum(Kind::Double).double_value(&[]);
        let targets = Rows::of(asked.ratings, rows);
        let predicted = self.filled_sums(&decoder, last, &targets, None);
        let left_out = Rows::without(&asked.inputs.ratings, asked.ratings, rows);
        let of_left_out = self.filled_sums(&decoder, last, &left_out, None);
        let sum = all + exceeding_squares(&targets.values, &predicted)
            - of_left_out.iter().map(|&output| f64::from(output).powi(2)).sum::<f64>();
        let count = rows.len() * decoder.bias.size()[0] as usize - left_out.columns.len();
        (Tensor::from_slice(&predicted), Fit { sum: Tensor::from(sum as f32), count: count as f64 })
    }

    /// `BᵀB`, in double precision `[last + more, last + more]`.
    fn squares_of_columns(&self, weight: &Tensor, more: &Tensor) -> Tensor {
        let columns = weight.size()[0] as usize;
        let starts = || (0..columns).step_by(COLUMNS);
        let part = |tensor: &Tensor, start| tensor.narrow(0, start as i64, COLUMNS.min(columns - start) as i64);
        let mut partial: Vec<Option<Tensor>> = starts().map(|_| None).collect();
        let jobs = starts().zip(&mut partial).map(|(start, sum)| (part(weight, start), part(more, start), sum));
        self.team.each(jobs.collect(), |(weight, more, sum): (Tensor, Tensor, &mut Option<Tensor>)| {
            let _tensors = OneTensorThread::new();
            let b = Tensor::cat(&[weight, more], 1).to_kind(Kind::Double);
            *sum = Some(b.tr().matmul(&b));
        });
        Tensor::stack(&partial.into_iter().flatten().collect::<Vec<_>>(), 0).sum_dim_intlist(0, false, Kind::Double)
    }

    /// What outputs exceed the fill by, at these entries.
    fn filled_sums(&self, decoder: &Boundary, last: &Tensor, entries: &Rows, fill: Option<&Fill<'_>>) -> Vec<f32> {
        let mut sums = self.decode(LastLayer::of(decoder), numbers(last), entries);
        if let Some(fill) = fill {
            for row in 0..entries.len() {
                let places = entries.row(row);
                let of_row = sums[places.clone()].iter_mut().zip(&entries.columns[places]);
                of_row.for_each(|(sum, &column)| *sum -= fill.at(row, column));
            }
        }
        sums
    }
}

/// `[numbers]`.
fn sum_of(tensor: &Tensor, others: &[f32]) -> Vec<f32> {
    numbers(&tensor.contiguous()).iter().zip(others).map(|(one, other)| one + other).collect()
}

/// The last layer's numbers.
fn without_gradient(model: &dyn Model) -> Boundary {
    model.decoder().expect("a network with plain boundaries has a last layer").detached()
}

/// By how much squared errors exceed squared outputs.
fn exceeding_squares(targets: &[f32], outputs: &[f32]) -> f64 {
    let each = targets.iter().zip(outputs).map(|(&target, &output)| [target, output].map(f64::from));
    each.map(|[target, output]| target * target - 2.0 * target * output).sum()
}
