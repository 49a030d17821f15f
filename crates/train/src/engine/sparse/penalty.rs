//! What the boundary layers' weights add to the penalty on squared weights: its value; its gradient is part of the
//! [update](super::update).

use hourglass_models::Parameter;

use super::memory::numbers;
use super::{Compute, Places};
use crate::Task;
use crate::loss::part_names;
use crate::step::Measured;

/// Weights squared in one job.
const SIZE: usize = 1 << 14;

impl Compute {
    /// `λ Σ W²` over the boundary layers' weights, added to the part of a loss that tells of it.
    pub(super) fn add_penalty(
        &self,
        task: &Task<'_>,
        parameters: &[Parameter],
        places: &Places,
        parts: &mut [Measured],
    ) {
        let Some(l2) = &task.penalty.l2 else { return };
        let part = part_names(task).iter().position(|&name| name == "l2").expect("a penalty is a part of the loss");
        for weight in places.matrices().iter().map(|&place| &parameters[place]) {
            parts[part].value += l2.factor(weight.part) * self.squares(numbers(&weight.tensor));
        }
    }

    fn squares(&self, numbers: &[f32]) -> f64 {
        let mut sums = vec![0.0; numbers.len().div_ceil(SIZE)];
        let jobs = sums.iter_mut().zip(numbers.chunks(SIZE)).collect();
        self.team.each(jobs, |(sum, numbers): (&mut f32, &[f32])| {
            self.vector.dot_rows(std::slice::from_mut(sum), numbers, numbers, &[0]);
        });
        sums.into_iter().map(f64::from).sum()
    }
}
