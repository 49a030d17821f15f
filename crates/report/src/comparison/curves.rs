//! The curves of the best settings over epochs, each with the interval over its repeats.

use super::{Compared, Comparison};
use crate::chart::{self, Heading, OverlayCurve};
use crate::{EpochTable, Estimate, Layout, ReportError, Run, estimate, format};

/// Curves in one chart: as many as there are colours that everybody can tell apart.
pub const MOST_CURVES: usize = 6;

impl Comparison {
    /// The chart, as SVG, of `column` of `epochs.csv` (`validation.rmse`) for the best settings that have a value.
    ///
    /// # Errors
    /// If a log cannot be read.
    pub fn curves(&self, runs: &[Run], column: &str, skip_epochs: usize) -> Result<String, ReportError> {
        let best = || self.settings.iter().filter(|setting| setting.estimate.is_some());
        let drawn = best().take(MOST_CURVES).enumerate();
        let curves = drawn.map(|(place, setting)| {
            let label = format!("{}. {}", place + 1, self.label(setting));
            Ok(OverlayCurve { label, points: over_repeats(setting, runs, column)? })
        });
        let curves: Vec<OverlayCurve> = curves.collect::<Result<_, ReportError>>()?;
        let (split, metric) = column.split_once('.').unwrap_or(("", column));
        let of = if best().count() > curves.len() {
            format!("the best {} of {}", curves.len(), best().count())
        } else {
            "all".into()
        };
        let heading = Heading {
            title: format!("{} {} over epochs", format::capital(split), format::metric_name(metric)),
            subtitle: format!(
                "{of} settings by {}; bands are 95 % t-intervals of the mean over {}",
                self.metric,
                self.repeated()
            ),
        };
        Ok(chart::overlay(&heading, &format::metric_axis(metric), &curves, skip_epochs))
    }
}

/// `(epoch, estimate)`, as far as every repeat of the setting went: a mean over those that went on would jump where one stops.
fn over_repeats(setting: &Compared, runs: &[Run], column: &str) -> Result<Vec<(usize, Estimate)>, ReportError> {
    let of_run = |(run, _): &(usize, f64)| {
        let folder = &runs[*run].folder;
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let path = Layout::new(folder.parent().unwrap_or(folder)).trial(&name).epochs();
        Ok(EpochTable::read(&path)?.points(column).unwrap_or_default())
    };
    let logs: Vec<_> = setting.repeats.values().map(of_run).collect::<Result<_, ReportError>>()?;
    let shortest = logs.iter().map(Vec::len).min().unwrap_or(0);
    let point = |row: usize| {
        let values: Option<Vec<f64>> =
            logs.iter().map(|points| points[row].1.filter(|value| value.is_finite())).collect();
        Some((logs[0][row].0, estimate(&values?)?))
    };
    Ok((0..shortest).filter_map(point).collect())
}
