//! What an experiment claims of its results: `[[expect]]`.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::ops::RangeInclusive;

use hourglass_models::range::{Finite, NonNegative, Share};
use hourglass_report::comparison::{Repeat, Test, one, parameters, repeat};
use hourglass_report::{Estimate, Finished, Run, estimate, format};
use hourglass_train::metric::higher_is_better;
use serde::{Deserialize, Serialize};

use crate::config_error::did_you_mean;
use crate::places::{not_there, unknown_path};
use crate::sweep::Condition;

/// A claim about the mean of a metric over the seeds of one setting, and over splits if it says so.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// For people; without it, the metric and the setting.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub claim: String,
    /// The full name of the metric, `test.rmse`; or a column of `epochs.csv`, `loss`; or another number of the record: `epochs`,
    /// `selected_epoch`, `parameters`.
    pub metric: String,
    /// After which epoch, by `epochs.csv`; without it, of the weights that were kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<NonZeroUsize>,
    /// Which setting is meant, as a filter of runs; without it, that of all runs.
    #[serde(rename = "where", default, skip_serializing_if = "Option::is_none")]
    pub setting: Option<Condition>,
    /// The path of what repeats a setting besides the seed: that of a split's seed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over: Option<String>,
    /// Whose number it is, and where it stands.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source: String,
    /// What is claimed.
    pub is: Bound,
    /// Why it is not met, where the reason is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explained: Option<String>,
}

/// What a mean is measured by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bound {
    /// A published number, and how near to it.
    Near(Finite, NonNegative),
    /// No larger.
    AtMost(Finite),
    /// No smaller.
    AtLeast(Finite),
    /// Smaller than the mean of another setting.
    Below(Condition),
    /// Larger than the mean of another setting.
    Above(Condition),
    /// Better than another setting, and not by chance.
    Beats(Rival),
}

/// A setting that is surpassed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rival {
    /// Which one.
    #[serde(rename = "where")]
    setting: Condition,
    /// How far the means are apart, at least.
    #[serde(default = "nothing")]
    by: NonNegative,
    /// What the p-value of the paired t-test over common repeats is below.
    #[serde(default = "five_percent")]
    p: Share,
}

fn nothing() -> NonNegative {
    NonNegative::new::<0, 1>()
}

fn five_percent() -> Share {
    Share::new::<5, 100>()
}

/// A sum of seeds' metrics has rounding errors of this size.
const ROUNDING: f64 = 1e-9;

/// The means that hold.
struct Allowed {
    text: String,
    means: RangeInclusive<f64>,
    /// Whether the difference from another setting is as significant as it has to be.
    is_significant: bool,
}

/// Of a setting.
struct Measured {
    estimate: Estimate,
    /// By repeat, and the split that it was measured on.
    values: BTreeMap<(Repeat, String), f64>,
}

/// What came of a claim.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// Over seeds.
    pub measured: Option<Estimate>,
    /// Which means hold, for people.
    pub expected: String,
    /// Whether it holds.
    pub verdict: Verdict,
}

/// Whether a claim holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// It does.
    Met,
    /// It does not, for a reason that the file names.
    Explained(String),
    /// It does not.
    Missed,
    /// It cannot be told yet.
    Unknown(String),
}

impl Verdict {
    /// Whether nothing is left to do.
    pub fn is_settled(&self) -> bool {
        matches!(self, Self::Met | Self::Explained(_))
    }

    /// In words.
    pub fn text(&self) -> String {
        match self {
            Self::Met => "met".to_owned(),
            Self::Explained(reason) => format!("not met: {reason}"),
            Self::Missed => "MISSED".to_owned(),
            Self::Unknown(reason) => format!("unknown: {reason}"),
        }
    }
}

impl Claim {
    /// The claim as the file words it, or else its metric and setting.
    pub fn text(&self) -> String {
        if !self.claim.is_empty() {
            return self.claim.clone();
        }
        let epoch = self.epoch.map_or_else(String::new, |epoch| format!(" after epoch {epoch}"));
        let setting = self.setting.as_ref().map_or_else(String::new, |setting| format!(" where {}", setting.text()));
        format!("{}{epoch}{setting}", self.metric)
    }

    /// Compares it with what was measured.
    pub fn check(&self, runs: &[Run]) -> Checked {
        let measured = self.measured(self.setting.as_ref(), runs);
        let allowed = self.allowed(measured.as_ref().ok(), runs);
        let holds = |measured: &Measured, allowed: &Allowed| {
            allowed.means.contains(&measured.estimate.mean) && allowed.is_significant
        };
        let verdict = match (&measured, &allowed) {
            (Err(reason), _) | (_, Err(reason)) => Verdict::Unknown(reason.clone()),
            (Ok(measured), Ok(allowed)) if holds(measured, allowed) => Verdict::Met,
            _ => self.explained.clone().map_or(Verdict::Missed, Verdict::Explained),
        };
        let expected = allowed.map_or(format::MISSING.to_owned(), |allowed| allowed.text);
        Checked { measured: measured.ok().map(|measured| measured.estimate), expected, verdict }
    }

    /// The values of a setting, and their mean.
    fn measured(&self, setting: Option<&Condition>, runs: &[Run]) -> Result<Measured, String> {
        let over = self.over.as_deref();
        if let Some((path, reason)) = over.and_then(|path| Some((path, not_there(path, runs)?))) {
            return Err(format!("over = \"{path}\": {reason}"));
        }
        if let Some(unknown) = setting.and_then(|setting| unknown_path(setting.filter(), runs)) {
            return Err(unknown);
        }
        let chosen: Vec<&Run> =
            runs.iter().filter(|run| setting.is_none_or(|setting| setting.holds_for(run))).collect();
        let mut settings: Vec<String> = chosen.iter().map(|run| parameters(run, over).to_string()).collect();
        settings.sort();
        settings.dedup();
        if settings.len() > 1 {
            return Err(format!("{} settings, and a claim is about one: narrow `where`", settings.len()));
        }
        let finished = chosen.iter().filter_map(|run| Some((*run, run.record.outcome.finished()?)));
        let key = |run: &Run| (repeat(run, over), run.record.data.split_fingerprint.clone());
        let value = |(run, finished): (&Run, &Finished)| Ok((key(run), self.value(run, finished)?));
        let values = finished.map(value).collect::<Result<BTreeMap<_, _>, String>>()?;
        let estimate = estimate(&values.values().copied().collect::<Vec<f64>>());
        Ok(Measured { estimate: estimate.ok_or_else(|| "no such run is finished".to_owned())?, values })
    }

    /// What a run has of the metric.
    fn value(&self, run: &Run, finished: &Finished) -> Result<f64, String> {
        let recorded = run.value(&self.metric).and_then(|value| value.as_f64()).filter(|_| self.epoch.is_none());
        let kept = finished.selected_epoch;
        recorded.map_or_else(|| self.logged(run, self.epoch.map_or(kept, NonZeroUsize::get)), Ok)
    }

    /// What the log of a run has of the metric after an epoch.
    fn logged(&self, run: &Run, epoch: usize) -> Result<f64, String> {
        let (id, metric) = (&run.record.trial, &self.metric);
        let log = run.epochs().map_err(|error| error.to_string())?;
        let Some(points) = log.points(metric) else {
            let recorded = if self.epoch.is_none() { run.paths() } else { Vec::new() };
            let known = recorded.iter().chain(&log.columns).map(String::as_str);
            return Err(format!("{id} has no {metric}{}", did_you_mean(metric, known)));
        };
        match points.iter().find(|(number, _)| *number == epoch) {
            Some((_, Some(value))) => Ok(*value),
            Some((_, None)) => Err(format!("{id} has no {metric} of epoch {epoch}: see evaluation.every")),
            None => Err(format!("{id} has no epoch {epoch}, but {}", points.len())),
        }
    }

    /// Which means hold.
    fn allowed(&self, measured: Option<&Measured>, runs: &[Run]) -> Result<Allowed, String> {
        let number = |number: f64| format::metric(Some(number));
        let other = |setting: &Condition| {
            self.measured(Some(setting), runs).map_err(|why| format!("{why}, where {}", setting.text()))
        };
        let mut is_significant = true;
        let (text, means) = match &self.is {
            // A distance that is printed with three decimals is not missed by a rounding error.
            Bound::Near(published, distance) => {
                let (published, reach) = (published.get(), distance.get() + ROUNDING);
                (format!("{} ± {distance}", number(published)), published - reach..=published + reach)
            }
            Bound::AtMost(most) => (format!("≤ {}", number(most.get())), f64::NEG_INFINITY..=most.get()),
            Bound::AtLeast(least) => (format!("≥ {}", number(least.get())), least.get()..=f64::INFINITY),
            Bound::Below(setting) => {
                let mean = other(setting)?.estimate.mean;
                let text = format!("< {} where {}", number(mean), setting.text());
                (text, f64::NEG_INFINITY..=mean.next_down())
            }
            Bound::Above(setting) => {
                let mean = other(setting)?.estimate.mean;
                (format!("> {} where {}", number(mean), setting.text()), mean.next_up()..=f64::INFINITY)
            }
            Bound::Beats(Rival { setting, by, p }) => {
                let (other, by) = (other(setting)?, by.get());
                let (sign, means) = match (higher_is_better(&self.metric), other.estimate.mean) {
                    (true, mean) => ("> ", mean + by..=f64::INFINITY),
                    (false, mean) => ("< ", f64::NEG_INFINITY..=mean - by),
                };
                let found = measured.map(|measured| measured.p(&other, one(self.over.as_deref()))).transpose()?;
                is_significant = found.is_some_and(|found| found < p.get());
                let found = found.map_or(String::new(), |found| format!(" (p = {found:.4})"));
                let beyond = if by > 0.0 { format!(" by {by}") } else { String::new() };
                let text = number(other.estimate.mean) + &beyond;
                (format!("{sign}{text}, p < {}{found}, where {}", p.get(), setting.text()), means)
            }
        };
        Ok(Allowed { text, means, is_significant })
    }
}

impl Measured {
    /// Of the paired t-test of the repeats that both have.
    fn p(&self, other: &Self, one: &str) -> Result<f64, String> {
        let pairs = self.values.iter().filter_map(|(repeat, value)| Some(value - other.values.get(repeat)?));
        Test::PairedT.p(&pairs.collect::<Vec<f64>>(), one)
    }
}

impl Condition {
    fn holds_for(&self, run: &Run) -> bool {
        self.filter().holds(&|path| run.value(path))
    }
}
