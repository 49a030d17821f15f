//! Successive halving: Karnin, Koren and Somekh, "Almost Optimal Exploration in Multi-Armed Bandits", 2013; for learning curves
//! Jamieson and Talwalkar, "Non-stochastic Best Arm Identification and Hyperparameter Optimization", 2016. ASHA (Li et al., "A System
//! for Massively Parallel Hyperparameter Tuning", 2020) promotes before all have arrived, by the order in which they do, which
//! would make decisions depend on the clock; here all of a rung arrive first.

use std::num::NonZeroUsize;

use hourglass_report::{Rule, Stopped};
use serde::{Deserialize, Serialize};

use super::course::Setting;
use super::{Decision, number};

/// `[sweep.stop.halving]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Epochs of all settings before the first check; each check is `factor` times as late as the one before.
    pub epochs: NonZeroUsize,
    /// One setting in so many goes on, rounded up.
    pub factor: Factor,
}

impl Default for Config {
    fn default() -> Self {
        Self { epochs: number::<3>(), factor: Factor(3) }
    }
}

/// At least 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "usize", into = "usize")]
pub struct Factor(usize);

impl TryFrom<usize> for Factor {
    type Error = String;

    fn try_from(factor: usize) -> Result<Self, String> {
        if factor < 2 { Err(format!("{factor}, expected a whole number of at least 2")) } else { Ok(Self(factor)) }
    }
}

impl From<Factor> for usize {
    fn from(factor: Factor) -> Self {
        factor.0
    }
}

impl Config {
    pub(super) fn check_after(&self, epoch: usize) -> usize {
        let mut check = self.epochs.get();
        while check <= epoch {
            check = check.saturating_mul(self.factor.0);
        }
        check
    }

    pub(super) fn decide(&self, settings: &[Setting], place: usize, epoch: usize) -> Decision {
        let mut rung: Vec<usize> = (0..settings.len()).collect();
        let mut check = self.epochs.get();
        while check <= epoch && rung.len() > 1 {
            let Some(scores) = rung.iter().map(|&other| settings[other].at(check)).collect::<Option<Vec<_>>>() else {
                return Decision::Open;
            };
            let mut ranked: Vec<(usize, f64)> = rung.iter().copied().zip(scores).collect();
            // Of equals, the first of the plan comes first.
            ranked.sort_by(|(_, left), (_, right)| left.total_cmp(right));
            let kept = rung.len().div_ceil(self.factor.0);
            let rank = ranked.iter().position(|&(other, _)| other == place).unwrap_or(0);
            if rank >= kept {
                let reason = format!("{} of {} settings; the best {kept} go on", rank + 1, rung.len());
                return Decision::Stop(Stopped { epoch: check, by: Rule::Halving, reason });
            }
            rung = ranked[..kept].iter().map(|&(other, _)| other).collect();
            rung.sort_unstable();
            check = check.saturating_mul(self.factor.0);
        }
        Decision::GoOn
    }
}

#[cfg(test)]
mod tests {
    use super::super::course::Course;
    use super::*;

    /// One trial each, with these scores.
    fn settings(scores: &[(&[f64], bool)]) -> Vec<Setting> {
        let course = |&(scores, is_over): &(&[f64], bool)| Course { scores: scores.to_vec(), is_over };
        scores.iter().map(|trial| Setting { trials: vec![course(trial)] }).collect()
    }

    /// `+` goes on, `?` is open, a number is the epoch at which it stops.
    fn decisions(config: &Config, settings: &[Setting], epoch: usize) -> String {
        let decide = |place| match config.decide(settings, place, epoch) {
            Decision::GoOn => "+".to_owned(),
            Decision::Open => "?".to_owned(),
            Decision::Stop(stopped) => stopped.epoch.to_string(),
        };
        (0..settings.len()).map(decide).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn each_rung_keeps_its_best() {
        let config = Config { epochs: number::<1>(), factor: Factor(2) };
        let inf = f64::INFINITY;
        let at_1: &[(&[f64], bool)] =
            &[(&[4.0], false), (&[1.0], false), (&[3.0], false), (&[2.0], false), (&[5.0], false)];
        let at_2: &[(&[f64], bool)] =
            &[(&[4.0], false), (&[1.0, 3.0], false), (&[3.0, 0.5], false), (&[2.0, 0.6], false), (&[5.0], false)];
        for (what, trials, epoch, expected) in [
            ("nothing is asked", at_1, 0, "+ + + + +"),
            ("half of five, rounded up", at_1, 1, "1 + + + 1"),
            ("the second rung has those of the first", at_2, 2, "1 2 + + 1"),
            ("before all of it have arrived", at_1, 2, "1 ? ? ? 1"),
            ("one is missing at the first", &[(&[], false), (&[1.0], false), (&[3.0], false)], 1, "? ? ?"),
            ("one has failed", &[(&[], true), (&[1.0], false), (&[3.0], false)], 1, "1 + +"),
            ("no number", &[(&[inf], false), (&[1.0], false), (&[inf], false), (&[2.0], false)], 1, "1 + 1 +"),
            ("equals", &[(&[1.0], false), (&[1.0], false), (&[1.0], false), (&[1.0], false)], 1, "+ + 1 1"),
            ("one ended early", &[(&[1.0], true), (&[2.0, 0.5], false)], 2, "+ 1"),
            ("one alone", &[(&[1.0], false)], 4, "+"),
        ] {
            assert_eq!(decisions(&config, &settings(trials), epoch), expected, "{what}");
        }
    }

    #[test]
    fn checks_are_further_and_further_apart() {
        let config = Config { epochs: number::<2>(), factor: Factor(3) };
        assert_eq!([0, 1, 2, 5, 6, 17, 18].map(|epoch| config.check_after(epoch)), [2, 2, 6, 6, 18, 18, 54]);
    }

    #[test]
    fn the_reason_names_the_rank() {
        let trials: &[(&[f64], bool)] = &[(&[4.0], false), (&[1.0], false), (&[2.0], false)];
        let config = Config { epochs: number::<1>(), ..Config::default() };
        let Decision::Stop(stopped) = config.decide(&settings(trials), 2, 1) else { panic!("it goes on") };
        assert_eq!(stopped.reason, "2 of 3 settings; the best 1 go on");
    }
}
