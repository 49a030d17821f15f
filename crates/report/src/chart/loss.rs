//! The loss over epochs.

use super::Heading;
use super::curves::{self, Curve, CurveOptions};
use crate::EpochTable;

/// The loss of training and of validation over epochs, from the columns `loss` and `validation.loss`. Where the loss has
/// several terms, `loss.masked-mse`, `loss.l2`, …, each is a curve too.
pub fn loss(heading: &Heading, epochs: &EpochTable, options: &CurveOptions) -> String {
    let terms: Vec<_> = epochs.columns.iter().filter(|column| column.starts_with("loss.")).collect();
    let whole = ["loss", "validation.loss"].into_iter().zip(["train", "validation"]);
    let terms = terms.iter().filter(|_| terms.len() > 1).map(|term| (term.as_str(), &term["loss.".len()..]));
    let curve = |(column, label): (&str, &str)| {
        let points = epochs.points(column)?;
        let measured = points.iter().any(|(_, value)| value.is_some());
        measured.then(|| Curve { label: label.to_owned(), points })
    };
    let drawn: Vec<_> = whole.chain(terms).filter_map(curve).collect();
    curves::draw(heading, "loss", &drawn, options)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EpochRow;

    #[test]
    fn terms_are_drawn_when_there_are_several() {
        let cases: [(&[&str], &[&str], &[&str]); 3] = [
            (&["loss"], &["train"], &["validation"]),
            (&["loss", "loss.masked-mse", "validation.loss"], &["train", "validation"], &["masked-mse"]),
            (&["loss", "loss.masked-mse", "loss.l2"], &["masked-mse", "l2"], &["validation"]),
        ];
        for (columns, shown, absent) in cases {
            let columns: Vec<_> = columns.iter().map(|column| (*column).to_owned()).collect();
            let row = |epoch| EpochRow { epoch, cells: vec![Some(1.0 / epoch as f64); columns.len()] };
            let table = EpochTable { rows: (1..=3).map(row).collect(), columns };
            let svg = loss(&Heading::default(), &table, &CurveOptions::default());
            assert!(shown.iter().all(|label| svg.contains(label)), "{:?}", table.columns);
            assert!(absent.iter().all(|label| !svg.contains(label)), "{:?}", table.columns);
        }
    }
}
