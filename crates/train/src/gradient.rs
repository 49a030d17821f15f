//! What of the gradients an update uses.

use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use crate::step::Moment;

/// Which gradient the optimizer is given, as written in `train.gradient`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GradientConfig {
    /// That of the batch.
    OfBatch,
    /// The sum of those of so many batches, after the last of which the weights change; the end of an epoch ends the sum too.
    SumOf(NonZeroUsize),
    /// The sum of those of all batches since training began: what PyTorch programs do that never call `zero_grad`. A mistake, but
    /// published numbers rest on it.
    NeverCleared,
}

impl GradientConfig {
    /// Takes the gradients of a batch, and gives those to change the weights by, if it is time to. `sums` are kept from batch to
    /// batch; there are none where nothing is added up.
    pub(crate) fn collect(
        self,
        gradients: Vec<Tensor>,
        sums: &mut Vec<Tensor>,
        moment: Moment<'_>,
    ) -> Option<Vec<Tensor>> {
        if self == Self::OfBatch {
            return Some(gradients);
        }
        match sums.is_empty() {
            true => *sums = gradients,
            false => sums.iter_mut().zip(&gradients).for_each(|(sum, gradient)| drop(sum.g_add_(gradient))),
        }
        match self {
            Self::SumOf(batches) if moment.batch % batches == 0 || moment.batch == moment.batches => {
                Some(std::mem::take(sums))
            }
            Self::NeverCleared => Some(sums.iter().map(Tensor::shallow_clone).collect()),
            Self::SumOf(_) | Self::OfBatch => None,
        }
    }

    /// Whether the sums outlive an epoch.
    pub(crate) fn is_kept_between_epochs(self) -> bool {
        self == Self::NeverCleared
    }
}

/// Gradients scaled so that their joint Euclidean norm is at most `longest`.
pub(crate) fn clipped(gradients: &[Tensor], longest: f64) -> Vec<Tensor> {
    let squares: Tensor = gradients.iter().map(|gradient| gradient.square().sum(Kind::Float)).sum();
    // On the device: a look at the norm would wait for it.
    let factor = (squares.sqrt().clamp_min(longest)).reciprocal() * longest;
    gradients.iter().map(|gradient| gradient * &factor).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alternate::RowPass;

    /// What each of four batches, whose gradients are 1, 10, 100 and 1000, gives to change the weights by.
    fn collected(config: GradientConfig) -> Vec<Option<f64>> {
        let mut sums = Vec::new();
        let mut of = |batch: usize| {
            let pass = RowPass { number: 1, learns: None };
            let moment = Moment { epoch: 1, batch, batches: 4, first: 0, pass, partners: None };
            let gradient = Tensor::from_slice(&[10f32.powi(batch as i32 - 1)]);
            let found = config.collect(vec![gradient], &mut sums, moment)?;
            Some(found[0].double_value(&[0]))
        };
        (1..=4).map(&mut of).collect()
    }

    #[test]
    fn a_step_follows_the_gradient_of_its_batch_alone_unless_sums_are_asked_for_by_name() {
        assert_eq!(crate::TrainConfig::default().gradient, GradientConfig::OfBatch);
        assert_eq!(collected(GradientConfig::OfBatch), [1.0, 10.0, 100.0, 1000.0].map(Some));
        assert_eq!(collected(GradientConfig::NeverCleared), [1.0, 11.0, 111.0, 1111.0].map(Some));
        let three = NonZeroUsize::new(3).unwrap();
        assert_eq!(collected(GradientConfig::SumOf(three)), [None, None, Some(111.0), Some(1000.0)]);
    }
}
