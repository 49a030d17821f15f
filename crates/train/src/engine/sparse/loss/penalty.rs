//! The penalty on squared weights: `λ Σ W²`, whose gradient is `2 λ W`. What the boundary layers' weights add to the gradient is part of
//! the [update](super::super::update::matrix).

use hourglass_models::Role;

use super::objective::Judged;
use crate::Task;
use crate::engine::sparse::kernel::memory::numbers;
use crate::engine::sparse::{Compute, Network};
use crate::loss::part_names;
use crate::step::Measured;

/// Weights squared in one job.
const SIZE: usize = 1 << 14;

impl Compute {
    /// The parts of the loss of so many rows, where no penalty looks into the body: the fit, what the network adds itself, and the
    /// penalty on the weights of the body, whose gradient is added to theirs.
    pub(crate) fn parts(
        &self,
        task: &Task<'_>,
        network: &Network,
        judged: &Judged,
        terms: impl Iterator<Item = f64>,
        rows: usize,
        gradients: &mut [Option<Vec<f32>>],
    ) -> Vec<Measured> {
        let mut parts = vec![Measured { value: judged.sum / judged.count.max(1.0), weight: judged.count }];
        parts.extend(terms.map(|value| Measured { value, weight: rows as f64 }));
        let Some(l2) = &task.penalty.l2 else { return parts };
        let mut value = 0.0;
        for (parameter, gradient) in network.parameters.iter().zip(gradients) {
            if let (Role::Kernel, Some(gradient)) = (parameter.role, gradient) {
                let (factor, weight) = (l2.factor(parameter.part), numbers(&parameter.tensor));
                value += factor * self.squares(weight);
                gradient.iter_mut().zip(weight).for_each(|(of, weight)| *of += 2.0 * factor as f32 * weight);
            }
        }
        parts.push(Measured { value, weight: rows as f64 });
        parts
    }

    /// `λ Σ W²` over the boundary layers' weights, added to the part of a loss that tells of it.
    pub(crate) fn add_penalty(&self, task: &Task<'_>, network: &Network, parts: &mut [Measured]) {
        let Some(l2) = &task.penalty.l2 else { return };
        let part = part_names(task).iter().position(|&name| name == "l2").expect("a penalty is a part of the loss");
        let matrices = network.places.matrices().iter().map(|&place| &network.parameters[place]);
        for weight in matrices {
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
