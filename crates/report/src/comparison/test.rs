//! Whether the best setting is better than each of the others, or whether nothing can be said.

use super::Compared;
use crate::Run;
use crate::statistics::{holm, paired_t, wilcoxon};

/// A test of the differences between two settings' runs with the same seed.
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

    /// The fewest common seeds. Of two the spread is hardly known; and with fewer than six, not even differences of one sign
    /// bring Wilcoxon's p below 0.05.
    pub fn least_seeds(self) -> usize {
        match self {
            Test::PairedT => 3,
            Test::Wilcoxon => 6,
        }
    }

    fn p(self, differences: &[f64]) -> Option<f64> {
        match self {
            Test::PairedT => paired_t(differences),
            Test::Wilcoxon => wilcoxon(differences),
        }
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
    /// Common seeds.
    pub n: usize,
    /// The mean difference over them, this setting minus the best.
    pub difference: f64,
    /// How probable so large a difference would be, were there none.
    pub p: f64,
    /// The same, corrected for the number of settings, of which the best was chosen by these very numbers.
    pub corrected: f64,
}

/// Fills in [`Compared::against_best`]; the first setting is the best.
pub(super) fn against_best(settings: &mut [Compared], runs: &[Run], test: Test) {
    let Some((best, others)) = settings.split_first_mut().filter(|(best, _)| best.estimate.is_some()) else { return };
    best.against_best = Against::Best;
    for other in others.iter_mut().filter(|other| other.estimate.is_some()) {
        other.against_best = tested(best, other, runs, test).map_or_else(Against::Untested, Against::Tested);
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

fn tested(best: &Compared, other: &Compared, runs: &[Run], test: Test) -> Result<Tested, String> {
    let measured_on = |setting: &Compared| {
        setting
            .seeds
            .values()
            .next()
            .map(|(run, _)| &runs[*run].record.data)
            .map(|d| (&d.fingerprint, &d.split_fingerprint))
    };
    if measured_on(best) != measured_on(other) {
        return Err("measured on other ratings than the best: not to be compared".to_owned());
    }
    let pair = |(seed, (_, value)): (&u64, &(usize, f64))| Some(value - best.seeds.get(seed)?.1);
    let differences: Vec<f64> = other.seeds.iter().filter_map(pair).collect();
    let (n, least) = (differences.len(), test.least_seeds());
    if n < least {
        let seeds = if n == 1 { "seed" } else { "seeds" };
        return Err(format!("{n} common {seeds}: too few to test; at least {least}"));
    }
    let p = test.p(&differences).ok_or("the difference is the same for every seed: nothing to test")?;
    Ok(Tested { n, difference: differences.iter().sum::<f64>() / n as f64, p, corrected: p })
}
