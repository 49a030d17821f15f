//! When training ends before its last epoch, and which epoch was best. A policy: it only says what should happen.

use std::num::NonZeroUsize;

use hourglass_models::range::NonNegative;
use serde::{Deserialize, Serialize};

/// `early_stopping = { patience = 20 }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Epochs without improvement after which training stops.
    pub patience: NonZeroUsize,
    /// A smaller improvement does not end the waiting.
    #[serde(default = "zero")]
    pub min_delta: NonNegative,
}

fn zero() -> NonNegative {
    NonNegative::new::<0, 1>()
}

/// What follows from an epoch's score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// The best score so far, by however little.
    pub improved: bool,
    /// Patience is at its end; also where improvements have become too small.
    pub stop: bool,
}

/// The best epoch so far, and how long ago the last real improvement was.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Watch {
    /// Epoch and score of the best.
    pub best: Option<(usize, f64)>,
    reference: Option<f64>,
    waited: usize,
    /// Whether any two scores differ. As long as all outputs are beyond the scale, a metric of clipped predictions stands still
    /// while the loss falls: that is no reason to stop.
    #[serde(default)]
    has_moved: bool,
}

impl Watch {
    /// Takes note of an epoch's score. A score that is not a number never improves.
    pub fn update(
        &mut self,
        epoch: usize,
        score: Option<f64>,
        higher_is_better: bool,
        stopping: Option<&Config>,
    ) -> Verdict {
        let gain = |from: Option<f64>| match (score, from) {
            (Some(score), _) if score.is_nan() => f64::NEG_INFINITY,
            (Some(_), None) => f64::INFINITY,
            (Some(score), Some(from)) => {
                if higher_is_better {
                    score - from
                } else {
                    from - score
                }
            }
            (None, _) => f64::NEG_INFINITY,
        };
        let is_number = score.is_some_and(|score| !score.is_nan());
        self.has_moved |= !is_number || self.best.is_some_and(|(_, best)| score != Some(best));
        let improved = gain(self.best.map(|(_, best)| best)) > 0.0;
        let needed = stopping.map_or(0.0, |config| config.min_delta.get());
        if gain(self.reference) > needed {
            self.reference = score;
            self.waited = 0;
        } else if self.has_moved {
            self.waited += 1;
        }
        if improved {
            self.best = score.map(|score| (epoch, score));
        }
        Verdict { improved, stop: stopping.is_some_and(|config| self.waited >= config.patience.get()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IMPROVED: Verdict = Verdict { improved: true, stop: false };
    const CONTINUE: Verdict = Verdict { improved: false, stop: false };
    const STOP: Verdict = Verdict { improved: false, stop: true };

    fn check(higher: bool, patience: usize, min_delta: f64, scores: &[f64], expected: &[Verdict]) {
        let patience = NonZeroUsize::new(patience).unwrap();
        let config = Config { patience, min_delta: NonNegative::try_from(min_delta).unwrap() };
        let mut watch = Watch::default();
        let verdicts: Vec<_> =
            (1..).zip(scores).map(|(epoch, &score)| watch.update(epoch, Some(score), higher, Some(&config))).collect();
        assert_eq!(verdicts, expected, "{scores:?}");
    }

    #[test]
    fn verdicts_follow_the_scores() {
        check(false, 2, 0.0, &[3.0, 2.0, 2.0, 2.5], &[IMPROVED, IMPROVED, CONTINUE, STOP]);
        check(true, 2, 0.0, &[1.0, 2.0, 1.9, 1.8], &[IMPROVED, IMPROVED, CONTINUE, STOP]);
        check(false, 1, 0.0, &[3.0, 3.0, 3.0, 2.0, 2.0], &[IMPROVED, CONTINUE, CONTINUE, IMPROVED, STOP]);
        check(false, 1, 0.0, &[f64::NAN, 2.0, f64::NAN], &[STOP, IMPROVED, STOP]);
        check(false, 2, 0.0, &[3.0, 3.1, 2.9, 3.0], &[IMPROVED, CONTINUE, IMPROVED, CONTINUE]);
    }

    #[test]
    fn a_small_gain_is_kept_but_does_not_end_the_waiting() {
        let config = Config { patience: NonZeroUsize::new(2).unwrap(), min_delta: NonNegative::try_from(0.1).unwrap() };
        let mut watch = Watch::default();
        let verdicts: Vec<_> = [(1, 1.0), (2, 0.95), (3, 0.94), (4, 0.85)]
            .map(|(epoch, score)| watch.update(epoch, Some(score), false, Some(&config)))
            .into();
        assert_eq!(verdicts, [IMPROVED, IMPROVED, Verdict { improved: true, stop: true }, IMPROVED]);
        assert_eq!(watch.best, Some((4, 0.85)));
    }

    #[test]
    fn without_a_policy_nothing_stops() {
        let mut watch = Watch::default();
        assert_eq!(watch.update(1, Some(1.0), false, None), IMPROVED);
        for epoch in 2..100 {
            assert_eq!(watch.update(epoch, Some(2.0), false, None), CONTINUE);
        }
    }
}
