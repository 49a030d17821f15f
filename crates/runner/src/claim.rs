//! What an experiment claims of its results: `[[expect]]`.

use std::ops::RangeInclusive;

use hourglass_report::comparison::parameters;
use hourglass_report::{Estimate, Run, estimate, format};
use serde::{Deserialize, Serialize};

use crate::sweep::Condition;

/// A claim about the mean of a metric over the seeds of one setting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// For people; without it, the metric and the setting.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub claim: String,
    /// The full name of the metric: `test.rmse`.
    pub metric: String,
    /// Which setting is meant, as a filter of runs; without it, that of all runs.
    #[serde(rename = "where", default, skip_serializing_if = "Option::is_none")]
    pub setting: Option<Condition>,
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
    Near(f64, f64),
    /// No larger.
    AtMost(f64),
    /// No smaller.
    AtLeast(f64),
    /// Smaller than the mean of another setting.
    Below(Condition),
    /// Larger than the mean of another setting.
    Above(Condition),
}

/// A sum of seeds' metrics has rounding errors of this size.
const ROUNDING: f64 = 1e-9;

/// The means that hold.
struct Allowed {
    text: String,
    means: RangeInclusive<f64>,
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
    /// For people.
    pub fn text(&self) -> String {
        match &self.setting {
            _ if !self.claim.is_empty() => self.claim.clone(),
            None => self.metric.clone(),
            Some(setting) => format!("{} where {}", self.metric, setting.text()),
        }
    }

    /// Compares it with what was measured.
    pub fn check(&self, runs: &[Run]) -> Checked {
        let measured = self.measured(self.setting.as_ref(), runs);
        let allowed = self.allowed(runs);
        let verdict = match (&measured, &allowed) {
            (Err(reason), _) | (_, Err(reason)) => Verdict::Unknown(reason.clone()),
            (Ok(measured), Ok(allowed)) if allowed.means.contains(&measured.mean) => Verdict::Met,
            _ => self.explained.clone().map_or(Verdict::Missed, Verdict::Explained),
        };
        let expected = allowed.map_or(format::MISSING.to_owned(), |allowed| allowed.text);
        Checked { measured: measured.ok(), expected, verdict }
    }

    /// The mean over the seeds of a setting.
    fn measured(&self, setting: Option<&Condition>, runs: &[Run]) -> Result<Estimate, String> {
        let chosen: Vec<&Run> =
            runs.iter().filter(|run| setting.is_none_or(|setting| setting.holds_for(run))).collect();
        let mut settings: Vec<String> = chosen.iter().map(|run| parameters(run).to_string()).collect();
        settings.sort();
        settings.dedup();
        if settings.len() > 1 {
            return Err(format!("{} settings, and a claim is about one: narrow `where`", settings.len()));
        }
        let finished: Vec<_> = chosen.iter().filter_map(|run| run.record.outcome.finished()).collect();
        let values: Vec<f64> = finished.iter().filter_map(|finished| finished.metric(&self.metric)).collect();
        estimate(&values).ok_or_else(|| match finished.is_empty() {
            true => "no such run is finished".to_owned(),
            false => format!("no run has {}", self.metric),
        })
    }

    /// Which means hold.
    fn allowed(&self, runs: &[Run]) -> Result<Allowed, String> {
        let number = |number: f64| format::metric(Some(number));
        let other = |setting: &Condition| {
            let mean =
                self.measured(Some(setting), runs).map_err(|why| format!("{why}, where {}", setting.text()))?.mean;
            Ok::<_, String>((format!("{} where {}", number(mean), setting.text()), mean))
        };
        let (text, means) = match &self.is {
            // A distance that is printed with three decimals is not missed by a rounding error.
            Bound::Near(published, distance) => {
                let reach = distance + ROUNDING;
                (format!("{} ± {distance}", number(*published)), published - reach..=published + reach)
            }
            Bound::AtMost(most) => (format!("≤ {}", number(*most)), f64::NEG_INFINITY..=*most),
            Bound::AtLeast(least) => (format!("≥ {}", number(*least)), *least..=f64::INFINITY),
            Bound::Below(setting) => {
                let (text, mean) = other(setting)?;
                (format!("< {text}"), f64::NEG_INFINITY..=mean.next_down())
            }
            Bound::Above(setting) => {
                let (text, mean) = other(setting)?;
                (format!("> {text}"), mean.next_up()..=f64::INFINITY)
            }
        };
        Ok(Allowed { text, means })
    }
}

impl Condition {
    fn holds_for(&self, run: &Run) -> bool {
        self.filter().holds(&|path| run.value(path))
    }
}
