//! How far trials have come, and how good they were.

/// What is known of a trial.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Course {
    /// The monitored number after each epoch, turned so that lower is better; infinite where there is none.
    pub scores: Vec<f64>,
    /// No epoch will follow: it is finished, or it has failed.
    pub is_over: bool,
}

/// The trials of one setting: one for each seed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Setting {
    /// In the order of the plan.
    pub trials: Vec<Course>,
}

impl Course {
    /// The score at an epoch, or the last one of a trial that ended before; nothing if it has not come so far.
    pub fn at(&self, epoch: usize) -> Option<f64> {
        match self.scores.get(epoch - 1) {
            Some(score) => Some(*score),
            None => self.is_over.then(|| self.scores.last().copied().unwrap_or(f64::INFINITY)),
        }
    }

    /// The scores up to an epoch; nothing if it has not come so far.
    fn until(&self, epoch: usize) -> Option<&[f64]> {
        (self.is_over || self.scores.len() >= epoch).then(|| &self.scores[..epoch.min(self.scores.len())])
    }
}

impl Setting {
    /// The mean of its trials' scores at an epoch; nothing if one has not come so far.
    pub(super) fn at(&self, epoch: usize) -> Option<f64> {
        self.mean(|trial| trial.at(epoch))
    }

    /// The mean of the best scores that its trials had up to an epoch; nothing if one has not come so far.
    pub(super) fn best(&self, epoch: usize) -> Option<f64> {
        self.mean(|trial| Some(trial.until(epoch)?.iter().copied().fold(f64::INFINITY, f64::min)))
    }

    /// The mean of all scores of its trials up to an epoch; nothing if one has not come so far.
    pub(super) fn average(&self, epoch: usize) -> Option<f64> {
        let average = |scores: &[f64]| match scores.len() {
            0 => f64::INFINITY,
            length => scores.iter().sum::<f64>() / length as f64,
        };
        self.mean(|trial| trial.until(epoch).map(average))
    }

    /// Whether none of its trials goes beyond this epoch.
    pub(super) fn is_over_by(&self, epoch: usize) -> bool {
        self.trials.iter().all(|trial| trial.is_over && trial.scores.len() <= epoch)
    }

    fn mean(&self, score: impl Fn(&Course) -> Option<f64>) -> Option<f64> {
        let sum = self.trials.iter().map(score).sum::<Option<f64>>()?;
        Some(sum / self.trials.len() as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_the_mean_of_its_seeds() {
        let course = |scores: &[f64], is_over| Course { scores: scores.to_vec(), is_over };
        let inf = f64::INFINITY;
        for (trials, at, best, average) in [
            (vec![course(&[3.0, 1.0, 2.0], false)], Some(2.0), Some(1.0), Some(2.0)),
            (vec![course(&[3.0, 1.0, 2.0, 9.0], false)], Some(2.0), Some(1.0), Some(2.0)),
            (vec![course(&[3.0, 1.0], false)], None, None, None),
            (vec![course(&[3.0, 1.0], true)], Some(1.0), Some(1.0), Some(2.0)),
            (vec![course(&[], true)], Some(inf), Some(inf), Some(inf)),
            (
                vec![course(&[3.0, 1.0, 2.0], false), course(&[5.0, 5.0, 4.0], false)],
                Some(3.0),
                Some(2.5),
                Some(10.0 / 3.0),
            ),
            (vec![course(&[3.0, 1.0, 2.0], false), course(&[5.0], false)], None, None, None),
            (vec![course(&[3.0, 1.0, 2.0], false), course(&[5.0, inf], true)], Some(inf), Some(3.0), Some(inf)),
        ] {
            let setting = Setting { trials };
            assert_eq!(setting.at(3), at, "{setting:?}");
            assert_eq!(setting.best(3), best, "{setting:?}");
            match average {
                Some(average) if average.is_finite() => assert!((setting.average(3).unwrap() - average).abs() < 1e-12),
                _ => assert_eq!(setting.average(3), average, "{setting:?}"),
            }
        }
    }
}
