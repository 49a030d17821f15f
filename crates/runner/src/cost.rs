//! What a trial will cost, estimated before it runs.

use std::time::Instant;

use hourglass_train::{GradientConfig, Task, alternate, pretrain};
use tch::{Device, Kind, Tensor};

/// An estimate: right to a factor of two or so, which is enough to choose between now and tonight.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// Trained numbers.
    pub parameters: u64,
    /// Bytes of weights, gradients, optimizer state and one batch.
    pub memory: u64,
    /// Floating-point operations of all epochs.
    pub operations: f64,
    /// Steps of all epochs.
    pub steps: f64,
}

/// Bytes of a single-precision number.
const FLOAT: u64 = 4;

/// Dense tensors of a batch's full width that live at the same time: input, outputs, and the gradient of the outputs.
const WIDE_TENSORS: u64 = 4;

impl Cost {
    /// Of one training.
    pub fn of(task: &Task<'_>) -> Self {
        let dims = task.dims();
        let parameters = task.model.parameter_count(dims);
        let rows = task.inputs.ratings.rows() as u64;
        let batch = (task.train.batch.get() as u64).min(rows);
        let hidden: i64 = task.model.hidden_widths().iter().sum();
        // The weights, their gradient, the copy or mean that is kept, the sum of gradients, and the optimizer's state.
        let sums = u64::from(task.train.gradient != GradientConfig::OfBatch);
        let per_parameter = 3 + sums + task.train.optimizer.state_per_parameter();
        let per_row = WIDE_TENSORS * dims.inputs.max(dims.outputs) as u64 + 4 * hidden as u64;
        let ratings = (task.inputs.ratings.heap_bytes() + task.validation.ratings.heap_bytes()) as u64;
        // A multiplication and an addition for each weight and row: forward and two products backward, of each step, and evaluation.
        let epochs = task.train.epochs.get() as f64;
        let passes = task.train.alternate.as_ref().map_or(1, alternate::Config::passes);
        let repeated = (passes * (1 + task.train.refeed)) as f64;
        Self {
            parameters,
            memory: FLOAT * (per_parameter * parameters + per_row * batch) + ratings,
            operations: 2.0 * parameters as f64 * rows as f64 * (3.0 * repeated + 1.0) * epochs
                + pretrain::work(task).operations,
            steps: epochs * rows.div_ceil(batch) as f64 * repeated + pretrain::work(task).steps as f64,
        }
    }

    /// Seconds on a device that does `speed` operations a second in a large matrix product.
    pub fn seconds(&self, speed: f64) -> f64 {
        self.operations / (speed * SHARE_OF_PEAK) + self.steps * STEP_OVERHEAD
    }

    /// How many of these processor threads pay. Handing a small product to a second thread takes longer than computing it;
    /// waiting for a thread that another program keeps from running takes longer still.
    pub fn worthwhile_threads(&self, available: u16) -> u16 {
        if self.operations / self.steps < WORTH_A_SECOND_THREAD { 1 } else { available }
    }
}

/// Floating-point operations in a step, from which on a second thread pays: a few milliseconds of one thread.
const WORTH_A_SECOND_THREAD: f64 = 1e8;

/// A training does not run at the speed of one large matrix product: elementwise work and small products come between.
const SHARE_OF_PEAK: f64 = 0.35;

/// Seconds that a step of any size takes.
const STEP_OVERHEAD: f64 = 0.6e-3;

/// Floating-point operations a second that this device does in a matrix product, measured now.
pub fn measured_speed(device: Device) -> f64 {
    const SIZE: i64 = 768;
    let matrix = Tensor::ones([SIZE, SIZE], (Kind::Float, device));
    let seconds = (0..4).map(|_| {
        let start = Instant::now();
        let product = matrix.matmul(&matrix);
        let _wait_for_the_device = product.double_value(&[0, 0]);
        start.elapsed().as_secs_f64()
    });
    2.0 * (SIZE as f64).powi(3) / seconds.fold(f64::INFINITY, f64::min)
}
