//! One metric over epochs.

use super::Heading;
use super::curves::{self, Curve, CurveOptions};
use crate::{EpochTable, format};

/// A metric (`rmse`) on train and validation over epochs, from the columns `train.rmse` and `validation.rmse`.
pub fn metric(heading: &Heading, name: &str, epochs: &EpochTable, options: &CurveOptions) -> String {
    let curve = |split: &str| {
        let points = epochs.points(&format!("{split}.{name}"))?;
        Some(Curve { label: split.to_owned(), points })
    };
    let drawn: Vec<_> = ["train", "validation"].into_iter().filter_map(curve).collect();
    curves::draw(heading, &format::metric_axis(name), &drawn, options)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EpochRow;
    use crate::chart::Reference;

    fn table(rows: &[[Option<f64>; 2]]) -> EpochTable {
        let row = |(index, cells): (usize, &[Option<f64>; 2])| EpochRow { epoch: index + 1, cells: cells.to_vec() };
        let columns = ["train.rmse", "validation.rmse"].map(str::to_owned).to_vec();
        EpochTable { columns, rows: rows.iter().enumerate().map(row).collect() }
    }

    #[test]
    fn a_small_chart() {
        let rows = [[Some(1.1), Some(1.0)], [Some(0.95), None], [Some(0.9), Some(0.92)]];
        let heading = Heading { title: "RMSE".into(), subtitle: "trial a1, seed 1".into() };
        let options = CurveOptions {
            references: vec![Reference { label: "noise floor 0.80".into(), value: 0.8 }],
            selected_epoch: Some(3),
            ..CurveOptions::default()
        };
        insta::assert_snapshot!(metric(&heading, "rmse", &table(&rows), &options));
    }

    #[test]
    fn a_value_that_is_no_number_leaves_a_gap_and_one_that_was_not_measured_none() {
        let lines = |second| {
            let rows = [[Some(1.1), None], [second, None], [Some(0.9), None]];
            let chart = metric(&Heading::default(), "rmse", &table(&rows), &CurveOptions::default());
            // Besides that of the legend.
            chart.matches("stroke=\"#0072B2\" stroke-width=\"20\" points").count() - 1
        };
        assert_eq!([Some(1.0), None, Some(f64::NAN)].map(lines), [1, 1, 0]);
    }

    #[test]
    fn what_there_is_to_say_without_values() {
        let cases = [
            (table(&[]), 0, "no values yet"),
            (table(&[[None, Some(f64::NAN)]]), 0, "no values yet"),
            (table(&[[Some(1.0), Some(1.0)]]), 5, "no values after the first 5 epochs"),
        ];
        for (table, skip_epochs, expected) in cases {
            let options = CurveOptions { skip_epochs, ..CurveOptions::default() };
            assert!(metric(&Heading::default(), "rmse", &table, &options).contains(expected));
        }
    }
}
