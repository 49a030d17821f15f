//! Whether the best setting is better than each of the others, or whether nothing can be said.

use super::{CompareOptions, Compared, one};
use crate::Run;
use crate::record::DataRecord;
use crate::statistics::{holm, paired_t, wilcoxon};

/// A test of the differences between two settings' runs with the same seed, and on the same split where several are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Test {
    /// Student's paired t-test.
    #[default]
    PairedT,
    /// Wilcoxon's signed-rank test, which assumes no normal distribution and needs more seeds.
    Wilcoxon,
}

impl Test {
    /// As a table names it.
    pub fn name(self) -> &'static str {
        match self {
            Test::PairedT => "paired t-test",
            Test::Wilcoxon => "Wilcoxon's signed-rank test",
        }
    }

    /// The fewest common repeats. Of two the spread is hardly known; and with fewer than six, not even differences of one sign
    /// bring Wilcoxon's p below 0.05.
    pub fn least_repeats(self) -> usize {
        match self {
            Test::PairedT => 3,
            Test::Wilcoxon => 6,
        }
    }

    /// How probable so large differences would be, were there none; each is of one seed, or whatever they are called.
    ///
    /// # Errors
    /// Why nothing can be said: too few, or all the same.
    pub fn p(self, differences: &[f64], one: &str) -> Result<f64, String> {
        let (n, least) = (differences.len(), self.least_repeats());
        if n < least {
            let many = if n == 1 { "" } else { "s" };
            return Err(format!("{n} common {one}{many}: too few to test; at least {least}"));
        }
        let p = match self {
            Test::PairedT => paired_t(differences),
            Test::Wilcoxon => wilcoxon(differences),
        };
        p.ok_or_else(|| format!("the difference is the same for every {one}: nothing to test"))
    }
}

/// How a setting stands to the best one.
#[derive(Clone, Debug, PartialEq)]
pub enum Against {
    /// It is the best.
    Best,
    /// It was tested.
    Tested(Tested),
    /// It was not, for this reason.
    Untested(String),
}

/// The difference from the best setting.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tested {
    /// Common repeats.
    pub n: usize,
    /// The mean difference over them, this setting minus the best.
    pub difference: f64,
    /// How probable so large a difference would be, were there none.
    pub p: f64,
    /// The same, corrected for the number of settings, of which the best was chosen by these very numbers.
    pub corrected: f64,
}

/// Fills in [`Compared::against_best`]; the first setting is the best.
pub(super) fn against_best(settings: &mut [Compared], runs: &[Run], options: &CompareOptions) {
    let Some((best, others)) = settings.split_first_mut().filter(|(best, _)| best.estimate.is_some()) else { return };
    best.against_best = Against::Best;
    for other in others.iter_mut().filter(|other| other.estimate.is_some()) {
        other.against_best = tested(best, other, runs, options).map_or_else(Against::Untested, Against::Tested);
    }
    let mut tested: Vec<&mut Tested> = others.iter_mut().filter_map(|other| other.against_best.tested_mut()).collect();
    let p_values: Vec<f64> = tested.iter().map(|tested| tested.p).collect();
    // The best was chosen by the same numbers, so that all pairs count: with ten settings that are all alike, a correction
    // for nine tests would call the best "better" in 10 to 14 of 100 cases.
    let family = p_values.len() * (p_values.len() + 1) / 2;
    for (tested, corrected) in tested.iter_mut().zip(holm(&p_values, family)) {
        tested.corrected = corrected;
    }
}

impl Against {
    fn tested_mut(&mut self) -> Option<&mut Tested> {
        match self {
            Against::Tested(tested) => Some(tested),
            Against::Best | Against::Untested(_) => None,
        }
    }
}

fn tested(best: &Compared, other: &Compared, runs: &[Run], options: &CompareOptions) -> Result<Tested, String> {
    let measured_on = |(run, _): &(usize, f64)| {
        let DataRecord { fingerprint, split_fingerprint, .. } = &runs[*run].record.data;
        (fingerprint, split_fingerprint)
    };
    let pair = |(repeat, run)| Some((best.repeats.get(repeat)?, run));
    let pairs: Vec<_> = other.repeats.iter().filter_map(pair).collect();
    if pairs.iter().any(|(best, other)| measured_on(best) != measured_on(other)) {
        return Err("measured on other ratings than the best: not to be compared".to_owned());
    }
    let differences: Vec<f64> = pairs.iter().map(|((_, best), (_, other))| other - best).collect();
    let p = options.test.p(&differences, one(options.over.as_deref()))?;
    let n = differences.len();
    Ok(Tested { n, difference: differences.iter().sum::<f64>() / n as f64, p, corrected: p })
}
