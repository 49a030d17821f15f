//! How long a training will take: right to a factor of two or so, which is enough to choose between now and tonight.

use std::time::Instant;

use hourglass_train::engine::{Engine, choose, compares_by_gram, compares_everywhere, puts_off, writes_gradients};
use hourglass_train::noise::Phase;
use hourglass_train::{Task, alternate, pretrain};
use tch::{Device, Kind, Tensor};

/// What all epochs of a training do.
#[derive(Debug, Default, Clone, Copy)]
pub struct Time {
    /// Floating-point operations in products of matrices.
    products: f64,
    /// The same where outputs are computed by hand, so that little comes between.
    outputs: f64,
    /// The same in sums over stored ratings.
    sums: f64,
    /// Steps that single weights make one by one without an entry.
    alone: f64,
    /// Batches whose steps of that kind are made together.
    window: f64,
    /// Bytes of weights, and of what is kept for them, that are read and written.
    bytes: f64,
    steps: f64,
}

/// How fast a device is.
#[derive(Debug, Default, Clone, Copy)]
pub struct Speed {
    /// Floating-point operations a second in a large matrix product.
    pub operations: f64,
    /// Bytes a second from memory and back.
    pub bytes: f64,
}

/// The operations of a large matrix product that take as long as a step from which on a second thread pays: a few milliseconds of
/// one thread.
const WORTH_A_SECOND_THREAD: f64 = 3e8;

/// The operations of a large matrix product that take as long as a byte from memory and back.
const BYTE: f64 = 10.0;

/// The operations of a large matrix product that take as long as a step of a single weight alone.
const ALONE: f64 = 40.0;

/// Seconds that a step of any size takes.
const STEP_OVERHEAD: f64 = 0.6e-3;

/// Of the speed of a large matrix product, where elementwise work and small products come between.
const DENSE_SHARE: f64 = 0.35;

/// The same, where it does not.
const OUTPUT_SHARE: f64 = 0.7;

/// The same of sums over stored ratings, each with a row of weights from the cache.
const SPARSE_SHARE: f64 = 0.2;

/// Of a number of single precision.
const FLOAT: f64 = 4.0;

impl Time {
    /// Of one training.
    pub fn of(task: &Task<'_>) -> Self {
        if let Some(baseline) = task.baseline() {
            let epochs = task.epochs() as f64;
            let sums = baseline.operations(&task.inputs.ratings) * epochs;
            return Self { sums, steps: epochs, ..Self::default() };
        }
        let rows = task.inputs.ratings.rows() as f64;
        let batch = (task.train.batch.get() as f64).min(rows);
        let epochs = task.train.epochs.get() as f64;
        let passes = task.train.alternate.as_ref().map_or(1, alternate::Config::passes);
        let repeated = (passes * (1 + task.train.refeed) * task.train.optimizer.looks()) as f64;
        let steps = epochs * (rows / batch).ceil() * repeated;
        let engine = choose(task).engine;
        let before = pretrain::work(task);
        let steps_before = before.steps as f64;
        match engine {
            Engine::Dense => {
                // A multiplication and an addition for each weight and row: forward and two products backward, of each step, and
                // evaluation.
                let parameters = task.model.parameter_count(task.dims()) as f64;
                let products = 2.0 * parameters * rows * (3.0 * repeated + 1.0) * epochs + before.operations;
                Self { products, steps: steps + steps_before, ..Self::default() }
            }
            Engine::Sparse => {
                let sums = sparse_operations(task, batch) * repeated * epochs + before.operations;
                let outputs = output_operations(task, batch) * repeated * epochs;
                let window = puts_off(task);
                let alone = window.map_or(0.0, |_| boundaries(task) * steps);
                let window = window.map_or(1.0, |window| window as f64);
                let bytes = moved(task, batch) * steps;
                Self { products: 0.0, outputs, sums, alone, window, bytes, steps: steps + steps_before }
            }
        }
    }

    /// On a device that is so fast.
    pub fn seconds(&self, speed: Speed) -> f64 {
        self.as_product() / speed.operations + self.bytes / speed.bytes + self.steps * STEP_OVERHEAD
    }

    /// The operations of a large matrix product that would take as long.
    fn as_product(&self) -> f64 {
        self.products / DENSE_SHARE + self.outputs / OUTPUT_SHARE + self.sums / SPARSE_SHARE + self.alone * ALONE
    }

    /// How many of these processor threads pay. Handing a small product to a second thread takes longer than computing it;
    /// waiting for a thread that another program keeps from running takes longer still.
    pub fn worthwhile_threads(&self, available: u16) -> u16 {
        let step = (self.as_product() + BYTE * self.bytes) / self.steps;
        let window = self.alone * ALONE / self.steps * self.window;
        if step.max(window) < WORTH_A_SECOND_THREAD { 1 } else { available }
    }
}

/// Of an epoch: at each stored rating a row of weights, in the first layer (there at each cell that noise has filled, too) for its
/// sums and its update, in the last for outputs, the way back and the update; the body at each row of the batch. Evaluation makes sums and outputs once more.
fn sparse_operations(task: &Task<'_>, batch: f64) -> f64 {
    let [first, last] = task.model.boundary_widths().map(|width| width as f64);
    let (learned, asked) = (task.inputs.ratings.len() as f64, task.validation.ratings.len() as f64);
    let is_product = compares_everywhere(task) && !compares_by_gram(task, batch as usize);
    let last = if is_product { 0.0 } else { last };
    let dims = task.dims();
    let body = (task.model.parameter_count(dims) as f64 - boundaries(task)).max(0.0);
    let rows = task.inputs.ratings.rows() as f64;
    let shown = if fills_cells(task) { rows * task.inputs.ratings.columns() as f64 } else { learned };
    2.0 * (shown * 2.0 * first + learned * (first + 4.0 * last) + asked * last + 4.0 * rows * body)
}

/// Whether noise makes an entry of each cell.
fn fills_cells(task: &Task<'_>) -> bool {
    task.noise().fills(task.inputs, Phase::Train(1))
}

/// Of an epoch, where the objective compares all outputs: three products with the last layer's weights, and one for the rows that are
/// validated; or, where squared errors of all cells need none, for each batch the products of these weights with each other, which are in double
/// precision, and with those of the rows.
fn output_operations(task: &Task<'_>, batch: f64) -> f64 {
    let rows = task.inputs.ratings.rows() as f64;
    if !compares_everywhere(task) {
        0.0
    } else if compares_by_gram(task, batch as usize) {
        let [_, last] = task.model.boundary_widths().map(|width| width as f64);
        6.0 * last * (weights_of_outputs(task) * (rows / batch).ceil() + last * rows)
    } else {
        2.0 * weights_of_outputs(task) * (3.0 * rows + validated(task))
    }
}

/// Rows of which something is asked in validation.
fn validated(task: &Task<'_>) -> f64 {
    let ratings = task.validation.ratings;
    (0..ratings.rows()).filter(|&row| !ratings.row(row).is_empty()).count() as f64
}

/// Weights of the first layer and of the last.
fn boundaries(task: &Task<'_>) -> f64 {
    let [first, _] = task.model.boundary_widths();
    task.dims().inputs as f64 * first as f64 + weights_of_outputs(task)
}

fn weights_of_outputs(task: &Task<'_>) -> f64 {
    let [_, last] = task.model.boundary_widths();
    task.dims().outputs as f64 * last as f64
}

/// Bytes of a step: the rows of weights of the columns that a batch has ratings of, with what is kept for them, read and written.
fn moved(task: &Task<'_>, batch: f64) -> f64 {
    let width: i64 = task.model.boundary_widths().iter().sum();
    let ratings = &task.inputs.ratings;
    let density = ratings.len() as f64 / (ratings.rows() * ratings.columns()).max(1) as f64;
    let untouched = if fills_cells(task) { 0.0 } else { (1.0 - density).powf(batch) };
    let touched = ratings.columns() as f64 * (1.0 - untouched);
    let kept = 1.0 + task.train.optimizer.state_per_parameter() as f64;
    if writes_gradients(task) {
        return 2.0 * FLOAT * task.model.parameter_count(task.dims()) as f64 * (1.0 + kept);
    }
    2.0 * FLOAT * touched * width as f64 * kept
}

impl Speed {
    /// Of this device, measured now, in some ten milliseconds.
    pub fn measured(device: Device) -> Self {
        const SIZE: i64 = 768;
        const MANY: i64 = 1 << 23;
        let matrix = Tensor::ones([SIZE, SIZE], (Kind::Float, device));
        let product = fastest(|| matrix.matmul(&matrix).double_value(&[0, 0]));
        let mut long = Tensor::zeros([MANY], (Kind::Float, device));
        let change = fastest(|| long.g_add_scalar_(1.0).double_value(&[0]));
        Self { operations: 2.0 * (SIZE as f64).powi(3) / product, bytes: 2.0 * FLOAT * MANY as f64 / change }
    }
}

/// Seconds; the value is fetched, so that the device is waited for.
fn fastest(mut work: impl FnMut() -> f64) -> f64 {
    let seconds = (0..4).map(|_| {
        let start = Instant::now();
        let _fetched = work();
        start.elapsed().as_secs_f64()
    });
    seconds.fold(f64::INFINITY, f64::min)
}
