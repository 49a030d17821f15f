//! A comparison as a table, for the terminal and for Markdown.

use serde_json::Value;

use super::{Against, Compared, Comparison};
use crate::format;

impl Comparison {
    /// Aligned columns, and a line on how they came about.
    pub fn text(&self) -> String {
        format::columns(&self.cells()) + "\n" + &self.note()
    }

    /// The same as Markdown.
    pub fn markdown(&self) -> String {
        format::markdown(&self.cells()) + "\n" + &self.note()
    }

    fn cells(&self) -> Vec<Vec<String>> {
        let with_experiments = self.settings.iter().any(|setting| setting.experiments != self.settings[0].experiments);
        let mut head = vec!["#".to_owned()];
        head.extend(with_experiments.then(|| "experiment".to_owned()));
        head.extend(self.parameters.iter().map(|path| self.labels.name(path)));
        head.push(self.metric.clone());
        head.extend(["± 95 %", &self.several(), "behind best", "p (Holm)"].map(str::to_owned));
        let row = |(place, setting): (usize, &Compared)| {
            let mut row = vec![(place + 1).to_string()];
            row.extend(with_experiments.then(|| setting.experiments.iter().cloned().collect::<Vec<_>>().join(", ")));
            let values = self.parameters.iter().zip(&setting.values);
            row.extend(values.map(|(path, value)| {
                value.as_ref().map_or(format::MISSING.to_owned(), |value| self.labels.value(path, value))
            }));
            row.extend(measured(setting));
            row
        };
        std::iter::once(head).chain(self.settings.iter().enumerate().map(row)).collect()
    }

    /// What the columns mean.
    fn note(&self) -> String {
        let without: usize = self.settings.iter().map(|setting| setting.without_value).sum();
        let missing = if without == 0 { String::new() } else { format!(" Runs without a value: {without}.") };
        let chosen = if self.metric.starts_with("test.") && self.settings.len() > 1 {
            " A setting chosen by this order is chosen by its test: rank by a validation metric to choose."
        } else {
            ""
        };
        format!(
            "Mean over {} ± half the 95 % t-interval. p: {} over common {}, each against the best, corrected by Holm \
             for as many tests as there are pairs.{missing}{chosen}\n",
            self.repeated(),
            self.test.name(),
            self.several()
        )
    }
}

/// Mean, interval, repeats, difference and p.
fn measured(setting: &Compared) -> [String; 5] {
    let estimate = setting.estimate;
    let half_width = estimate.and_then(|estimate| estimate.half_width);
    let (behind, p) = match &setting.against_best {
        Against::Best => (format::MISSING.to_owned(), "best".to_owned()),
        Against::Tested(tested) => (format::difference(tested.difference), probability(tested.corrected)),
        Against::Untested(reason) => (format::MISSING.to_owned(), reason.clone()),
    };
    [format::metric(estimate.map(|estimate| estimate.mean)), format::metric(half_width), setting.count(), behind, p]
}

/// A p-value with three decimals.
pub(crate) fn probability(p: f64) -> String {
    if p < 0.001 { "< 0.001".to_owned() } else { format!("{p:.3}") }
}

/// A value for a program: a text as it is, anything else as JSON, nothing where there is none.
pub fn plain_text(value: Option<&Value>) -> String {
    match value {
        None => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    }
}
