//! How well whole rows come back. Most of their cells are unrated, count as 0, and are easy to hit: with 99 of 100 cells empty, a
//! network that always says 0 has a small error here. So no error at ratings compares with these, and their names say so.

use std::fmt;

/// What is measured of all outputs of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ReconstructionMetric {
    /// `√(Σ error² / cells)` over all cells of the rows.
    AllCellsRmse,
    /// `√(Σ error²)` over the same cells.
    FrobeniusNorm,
    /// Of what is shown, each rating is hidden with this probability: the RMSE at those hidden.
    HiddenRmse(f32),
    /// How many outputs, of all cells, are above this number.
    PredictionsAbove(f32),
}

/// What whole rows were like when they came back.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reconstructed {
    /// Cells of rows with a rating, rated or not.
    pub cells: u64,
    /// Over them, `Σ (output − rating or 0)²` in rating points.
    pub squared_error: f64,
    /// By threshold, in rating points, how many outputs are above it.
    pub above: Vec<(f32, u64)>,
    /// By the probability of being hidden: `Σ error²`, and how many ratings were.
    pub hidden: Vec<(f32, f64, u64)>,
}

impl ReconstructionMetric {
    /// One of each.
    pub const EXAMPLES: [&str; 4] = ["all-cells-rmse", "frobenius-norm", "hidden-rmse@0.2", "predictions-above@0.1"];

    /// By its name, and what follows `@`; nothing where the name is of no such metric.
    pub(super) fn parse(name: &str, parameter: Option<&str>) -> Option<Result<Self, String>> {
        let number = || parameter.and_then(|text| text.parse::<f32>().ok()).filter(|number| number.is_finite());
        let written = parameter.map_or_else(|| name.to_owned(), |parameter| format!("{name}@{parameter}"));
        let or = |metric: Option<Self>, expected: &str| {
            metric.ok_or_else(|| format!("metric `{written}`, expected {expected}"))
        };
        let alone = |metric: Self| or(parameter.is_none().then_some(metric), &format!("{name} alone"));
        Some(match name {
            "all-cells-rmse" => alone(Self::AllCellsRmse),
            "frobenius-norm" => alone(Self::FrobeniusNorm),
            "hidden-rmse" => {
                let share = number().filter(|share| (f32::MIN_POSITIVE..1.0).contains(share));
                or(share.map(Self::HiddenRmse), "a share between 0 and 1: hidden-rmse@0.2")
            }
            "predictions-above" => or(number().map(Self::PredictionsAbove), "a number: predictions-above@0.1"),
            _ => return None,
        })
    }

    /// The value, or nothing where there is no row to measure it on.
    pub fn compute(self, rows: &Reconstructed) -> Option<f64> {
        let root_of_mean = |sum: f64, count: u64| (count > 0).then(|| (sum / count as f64).sqrt());
        match self {
            Self::AllCellsRmse => root_of_mean(rows.squared_error, rows.cells),
            Self::FrobeniusNorm => (rows.cells > 0).then(|| rows.squared_error.sqrt()),
            Self::HiddenRmse(share) => {
                let (_, sum, count) = rows.hidden.iter().find(|(of, ..)| *of == share)?;
                root_of_mean(*sum, *count)
            }
            Self::PredictionsAbove(threshold) => {
                let (_, count) = rows.above.iter().find(|(of, _)| *of == threshold)?;
                (rows.cells > 0).then_some(*count as f64)
            }
        }
    }
}

impl fmt::Display for ReconstructionMetric {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AllCellsRmse => formatter.write_str("all-cells-rmse"),
            Self::FrobeniusNorm => formatter.write_str("frobenius-norm"),
            Self::HiddenRmse(share) => write!(formatter, "hidden-rmse@{share}"),
            Self::PredictionsAbove(threshold) => write!(formatter, "predictions-above@{threshold}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_equal_hand_computed_values() {
        let rows = Reconstructed {
            cells: 8,
            squared_error: 18.0,
            above: vec![(0.1, 3), (2.0, 0)],
            hidden: vec![(0.2, 9.0, 4), (0.5, 0.0, 0)],
        };
        for (metric, expected) in [
            (ReconstructionMetric::AllCellsRmse, Some(1.5)),
            (ReconstructionMetric::FrobeniusNorm, Some(18f64.sqrt())),
            (ReconstructionMetric::HiddenRmse(0.2), Some(1.5)),
            (ReconstructionMetric::HiddenRmse(0.5), None),
            (ReconstructionMetric::PredictionsAbove(0.1), Some(3.0)),
            (ReconstructionMetric::PredictionsAbove(2.0), Some(0.0)),
        ] {
            assert_eq!(metric.compute(&rows), expected, "{metric}");
            assert_eq!(metric.compute(&Reconstructed::default()), None, "{metric}");
        }
    }
}
