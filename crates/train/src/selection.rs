//! Which weights are kept and tested.

use std::num::NonZeroUsize;

use hourglass_models::range::Rate;
use serde::{Deserialize, Serialize};
use tch::Tensor;

/// Which weights are kept and tested, as written in `train.selection`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Selection {
    /// Those of the epoch with the best monitored column.
    Best,
    /// Those of the last epoch trained.
    Last,
    /// The mean of those after each of the last epochs (Izmailov et al. 2018).
    Average {
        /// How many.
        epochs: NonZeroUsize,
    },
    /// The exponential moving average of those after each epoch, from the first on: `a ← decay · a + (1 − decay) · θ`.
    MovingAverage {
        /// What is left of the average when an epoch is added.
        decay: Rate,
    },
}

/// Weights and buffers by name.
pub(crate) type Weights = Vec<(String, Tensor)>;

/// What an epoch gives a selection to choose from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Candidate {
    /// From 1.
    pub(crate) epoch: usize,
    /// The most epochs there will be.
    pub(crate) total: usize,
    /// Whether it is the best so far.
    pub(crate) improved: bool,
}

impl Selection {
    /// What would be kept if this epoch were the last, from what would have been kept before it; nothing, where that is the weights
    /// as they are.
    pub(crate) fn update(self, before: Option<Weights>, weights: Weights, candidate: Candidate) -> Option<Weights> {
        let share = match self {
            Self::Last => None,
            Self::Best => candidate.improved.then_some(1.0),
            Self::Average { epochs } => {
                let averaged = (candidate.epoch + epochs.get()).checked_sub(candidate.total);
                averaged.filter(|&averaged| averaged > 0).map(|averaged| 1.0 / averaged as f64)
            }
            Self::MovingAverage { decay } => Some(1.0 - decay.get()),
        };
        match (share, before) {
            (None, before) => before,
            (Some(share), Some(mean)) if share < 1.0 => Some(mixed(mean, &weights, share)),
            (Some(_), _) => Some(weights.into_iter().map(|(name, tensor)| (name, tensor.copy())).collect()),
        }
    }

    /// Whether something is kept besides the weights as they are, after so many of all epochs, of which there is a best or not.
    pub(crate) fn is_kept(self, epoch: usize, total: usize, has_best: bool) -> bool {
        match self {
            Self::Last => false,
            Self::Best => has_best,
            Self::Average { epochs } => epoch + epochs.get() > total,
            Self::MovingAverage { .. } => epoch > 0,
        }
    }

    /// Why these weights were kept, in words.
    pub fn reason(self, monitor: &str, epochs: usize) -> String {
        match self {
            Self::Best => monitor.to_owned(),
            Self::Last => "last epoch".to_owned(),
            Self::Average { epochs: averaged } => {
                format!("average of epochs {} to {epochs}", epochs + 1 - averaged.get().min(epochs))
            }
            Self::MovingAverage { decay } => format!("moving average of epochs 1 to {epochs}, decay {decay}"),
        }
    }
}

/// `mean + share · (weights − mean)`; what is not a real number, like a count, is that of the weights.
fn mixed(mean: Weights, weights: &Weights, share: f64) -> Weights {
    let mix = |((name, mut mean), (_, weight)): ((String, Tensor), &(String, Tensor))| {
        match mean.is_floating_point() {
            true => drop(mean.lerp_(weight, share)),
            false => mean.copy_(weight),
        }
        (name, mean)
    };
    tch::no_grad(|| mean.into_iter().zip(weights).map(mix).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is kept of one weight that is the number of the epoch, after each of six epochs; the fourth is the best.
    fn kept(selection: &str) -> Vec<Option<f32>> {
        let selection: Selection = serde_json::from_str(selection).unwrap();
        let mut kept = None;
        let mut after = Vec::new();
        for epoch in 1..=6 {
            let weights = vec![("weight".to_owned(), Tensor::from_slice(&[epoch as f32]))];
            kept = selection.update(kept.take(), weights, Candidate { epoch, total: 6, improved: epoch <= 4 });
            after.push(kept.as_ref().map(|weights: &Weights| weights[0].1.double_value(&[0]) as f32));
        }
        after
    }

    #[test]
    fn each_selection_keeps_what_it_says() {
        for (selection, expected) in [
            (r#""last""#, [None; 6]),
            (r#""best""#, [1.0, 2.0, 3.0, 4.0, 4.0, 4.0].map(Some)),
            (r#"{"average": {"epochs": 1}}"#, [None, None, None, None, None, Some(6.0)]),
            (r#"{"average": {"epochs": 3}}"#, [None, None, None, Some(4.0), Some(4.5), Some(5.0)]),
            (r#"{"average": {"epochs": 6}}"#, [1.0, 1.5, 2.0, 2.5, 3.0, 3.5].map(Some)),
            (r#"{"moving-average": {"decay": 0.0}}"#, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0].map(Some)),
            (r#"{"moving-average": {"decay": 0.5}}"#, [1.0, 1.5, 2.25, 3.125, 4.0625, 5.03125].map(Some)),
        ] {
            assert_eq!(kept(selection), expected, "{selection}");
        }
    }

    #[test]
    fn the_reason_says_what_the_weights_are() {
        for (selection, reason) in [
            (r#""last""#, "last epoch"),
            (r#""best""#, "validation.rmse"),
            (r#"{"average": {"epochs": 20}}"#, "average of epochs 81 to 100"),
            (r#"{"moving-average": {"decay": 0.9}}"#, "moving average of epochs 1 to 100, decay 0.9"),
        ] {
            let selection: Selection = serde_json::from_str(selection).unwrap();
            assert_eq!(selection.reason("validation.rmse", 100), reason);
        }
    }
}
