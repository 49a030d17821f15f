//! The median stopping rule: Golovin et al., "Google Vizier: A Service for Black-Box Optimization", 2017, section 3.2.1. A setting is
//! compared with those before it in the plan, not with those that happened to come first.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use hourglass_report::{Rule, Stopped};
use serde::{Deserialize, Serialize};

use super::course::Setting;
use super::{Decision, number};

/// `[sweep.stop.median]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Epochs of a setting before its first check.
    pub epochs: NonZeroUsize,
    /// Epochs from one check to the next.
    pub every: NonZeroUsize,
    /// So many settings at least must have come as far before anything is compared with them.
    pub settings: NonZeroUsize,
}

impl Default for Config {
    fn default() -> Self {
        Self { epochs: number::<5>(), every: number::<5>(), settings: number::<5>() }
    }
}

impl Config {
    pub(super) fn check_after(&self, epoch: usize) -> usize {
        let first = self.epochs.get();
        if epoch < first { first } else { first + ((epoch - first) / self.every + 1) * self.every.get() }
    }

    pub(super) fn decide(&self, settings: &[Setting], place: usize, epoch: usize) -> Decision {
        self.decided(settings, place, epoch, &mut BTreeMap::new())
    }

    /// Those that a setting is compared with had to come so far themselves: each is decided once.
    fn decided(
        &self,
        settings: &[Setting],
        place: usize,
        epoch: usize,
        known: &mut BTreeMap<(usize, usize), Decision>,
    ) -> Decision {
        let mut check = self.epochs.get();
        while check <= epoch {
            let decision = match known.get(&(place, check)) {
                Some(decision) => decision.clone(),
                None => {
                    let decision = self.at(settings, place, check, known);
                    known.insert((place, check), decision.clone());
                    decision
                }
            };
            if decision != Decision::GoOn {
                return decision;
            }
            check += self.every.get();
        }
        Decision::GoOn
    }

    /// At one check.
    fn at(
        &self,
        settings: &[Setting],
        place: usize,
        check: usize,
        known: &mut BTreeMap<(usize, usize), Decision>,
    ) -> Decision {
        let Some(best) = settings[place].best(check) else { return Decision::Open };
        let mut averages = Vec::new();
        for (before, setting) in settings[..place].iter().enumerate() {
            // One that was stopped at an earlier check has not come so far, and will not.
            match self.decided(settings, before, check - 1, known) {
                Decision::Stop(_) => {}
                Decision::Open => return Decision::Open,
                Decision::GoOn => match setting.average(check) {
                    Some(average) => averages.push(average),
                    None => return Decision::Open,
                },
            }
        }
        if averages.len() < self.settings.get() || settings[place].is_over_by(check) {
            return Decision::GoOn;
        }
        let compared = averages.len();
        let median = median(averages);
        if best <= median {
            return Decision::GoOn;
        }
        let reason = format!("its best epoch is worse than the median of the {compared} settings before it");
        Decision::Stop(Stopped { epoch: check, by: Rule::Median, reason })
    }
}

/// Of at least one number.
fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    if numbers.len() % 2 == 1 { numbers[middle] } else { f64::midpoint(numbers[middle - 1], numbers[middle]) }
}

#[cfg(test)]
mod tests {
    use super::super::course::Course;
    use super::*;

    /// Checks after the second and the fourth epoch, … against at least two settings.
    const CONFIG: Config = Config { epochs: number::<2>(), every: number::<2>(), settings: number::<2>() };

    fn settings(scores: &[&[f64]]) -> Vec<Setting> {
        let course = |scores: &[f64]| Course { scores: scores.to_vec(), is_over: false };
        scores.iter().map(|scores| Setting { trials: vec![course(scores)] }).collect()
    }

    fn decisions(scores: &[&[f64]], epoch: usize) -> String {
        let settings = settings(scores);
        let decide = |place| match CONFIG.decide(&settings, place, epoch) {
            Decision::GoOn => "+".to_owned(),
            Decision::Open => "?".to_owned(),
            Decision::Stop(stopped) => stopped.epoch.to_string(),
        };
        (0..settings.len()).map(decide).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn who_is_worse_than_the_middle_of_those_before_stops() {
        for (what, scores, epoch, expected) in [
            ("nothing is asked", &[&[1.0][..], &[1.0], &[9.0]][..], 1, "+ + +"),
            ("against too few", &[&[1.0, 1.0], &[9.0, 9.0]], 2, "+ +"),
            ("against two", &[&[1.0, 1.0], &[3.0, 3.0], &[9.0, 9.0]], 2, "+ + 2"),
            ("as good as the median", &[&[1.0, 1.0], &[3.0, 3.0], &[9.0, 2.0]], 2, "+ + +"),
            ("its best counts, not its last", &[&[1.0, 1.0], &[3.0, 3.0], &[1.5, 9.0]], 2, "+ + +"),
            ("those before count with their mean", &[&[9.0, 1.0], &[9.0, 1.0], &[8.0, 4.0]], 2, "+ + +"),
            ("later ones do not count", &[&[1.0, 1.0], &[3.0, 3.0], &[2.0, 2.0], &[0.0, 0.0]], 2, "+ + + +"),
            ("one before is missing", &[&[1.0], &[3.0, 3.0], &[9.0, 9.0]], 2, "? ? ?"),
            (
                "who was stopped does not count at the next check",
                &[&[1.0; 4], &[2.0; 4], &[9.0; 2], &[1.4; 4], &[1.6; 4]],
                4,
                "+ + 2 + 4",
            ),
        ] {
            assert_eq!(decisions(scores, epoch), expected, "{what}");
        }
    }

    #[test]
    fn checks_are_equally_far_apart() {
        let config = Config { epochs: number::<3>(), every: number::<2>(), settings: number::<5>() };
        assert_eq!([0, 2, 3, 4, 5, 6].map(|epoch| config.check_after(epoch)), [3, 3, 5, 5, 7, 7]);
    }

    #[test]
    fn the_median_of_an_even_number_is_between() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.5);
    }
}
