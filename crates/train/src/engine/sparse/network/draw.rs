//! Units drawn from normal distributions, as the code of a [variational](hourglass_models::variational) network. Of a sum that is a
//! mean m, and one that is a log-variance v,
//!
//! ```text
//! h = m + exp(½ v) ε,   ∂h/∂m = 1,   ∂h/∂v = ½ exp(½ v) ε
//! divergence = ½ Σ (m² + exp(v) − v − 1),   its gradient m and ½ (exp(v) − 1)
//! ```

use hourglass_models::{Generator, gaussian};

use super::activate::exp_and_exp_m1;
use super::stack::UNITS;
use crate::engine::sparse::Compute;
use crate::engine::sparse::kernel::vector::multiply_add;

/// What comes back through drawn units.
pub(crate) struct Drawn {
    /// The slope of each by its log-variance `[batch, code]`.
    slopes: Vec<f32>,
    /// The gradient of the weighted divergence `[batch, 2 · code]`.
    of_sums: Vec<f32>,
    /// The divergence of all rows, weighted.
    pub(crate) divergence: f64,
}

/// Some rows.
struct Block<'a> {
    sums: &'a [f32],
    /// The draws, and then the units.
    units: &'a mut [f32],
    slopes: &'a mut [f32],
    of_sums: &'a mut [f32],
    divergence: &'a mut f64,
}

impl Compute {
    /// The units `[batch, code]` of sums `[batch, 2 · code]`. The loss has so much of their divergence.
    pub(crate) fn draw(&self, sums: &[f32], code: usize, weight: f64, generator: &mut Generator) -> (Vec<f32>, Drawn) {
        let mut units = gaussian::draws(sums.len() / 2, generator);
        let (mut slopes, mut of_sums) = (vec![0.0; units.len()], vec![0.0; sums.len()]);
        let size = (UNITS / code).max(1) * code;
        let mut divergences = vec![0.0; units.len().div_ceil(size)];
        let sums = sums.chunks(2 * size).zip(of_sums.chunks_mut(2 * size));
        let of_units = units.chunks_mut(size).zip(slopes.chunks_mut(size)).zip(&mut divergences);
        let block =
            |((sums, of_sums), ((units, slopes), divergence))| Block { sums, units, slopes, of_sums, divergence };
        self.team.each(sums.zip(of_units).map(block).collect(), |block: Block<'_>| {
            let rows = block.sums.chunks(2 * code).zip(block.of_sums.chunks_mut(2 * code));
            let of_units = block.units.chunks_mut(code).zip(block.slopes.chunks_mut(code));
            let mut terms = vec![0.0; code];
            for ((sums, of_sums), (units, slopes)) in rows.zip(of_units) {
                self.vector.draw(sums, units, slopes, of_sums, weight as f32, &mut terms);
                *block.divergence += terms.iter().map(|&term| f64::from(term)).sum::<f64>();
            }
        });
        let divergence = 0.5 * weight * divergences.iter().sum::<f64>();
        (units, Drawn { slopes, of_sums, divergence })
    }
}

impl Drawn {
    /// The gradient of the sums `[batch, 2 · code]` from that of the units `[batch, code]`.
    pub(crate) fn through(&self, of_units: &[f32], code: usize) -> Vec<f32> {
        let mut of_sums = self.of_sums.clone();
        let units = of_units.chunks(code).zip(self.slopes.chunks(code));
        for (of_sums, (of_units, slopes)) in of_sums.chunks_mut(2 * code).zip(units) {
            let (of_means, of_variances) = of_sums.split_at_mut(code);
            for (((of_mean, of_variance), of_unit), slope) in
                of_means.iter_mut().zip(of_variances).zip(of_units).zip(slopes)
            {
                *of_mean += of_unit;
                *of_variance += of_unit * slope;
            }
        }
        of_sums
    }
}

/// A row's units in place of its draws, their slopes by the log-variances, the gradient of so much of its divergence, and twice the
/// divergence of each unit.
#[inline(always)]
pub(crate) fn draw<const FUSED: bool, const LANES: usize>(
    sums: &[f32],
    units: &mut [f32],
    slopes: &mut [f32],
    of_sums: &mut [f32],
    weight: f32,
    terms: &mut [f32],
) {
    let code = units.len();
    let (means, log_variances) = (&sums[..code], &sums[code..2 * code]);
    let (of_means, of_variances) = of_sums.split_at_mut(code);
    let (slopes, of_variances, terms) = (&mut slopes[..code], &mut of_variances[..code], &mut terms[..code]);
    for place in 0..code {
        let (mean, log_variance) = (means[place], log_variances[place]);
        let [deviation, _] = exp_and_exp_m1::<FUSED>(0.5 * log_variance);
        let [_, excess] = exp_and_exp_m1::<FUSED>(log_variance);
        let distance = deviation * units[place];
        units[place] = mean + distance;
        slopes[place] = 0.5 * distance;
        of_means[place] = weight * mean;
        of_variances[place] = 0.5 * weight * excess;
        terms[place] = multiply_add::<FUSED>(mean, mean, excess - log_variance);
    }
}
