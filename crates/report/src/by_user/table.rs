//! A comparison by user as a table, for the terminal and for Markdown.

use super::{ByUser, Difference, OfSetting};
use crate::comparison::probability;
use crate::format;
use crate::format::{columns, markdown};

impl ByUser {
    /// Aligned columns, and a line on how they came about.
    pub fn text(&self) -> String {
        columns(&self.cells()) + "\n" + &self.note()
    }

    /// The same as Markdown.
    pub fn markdown(&self) -> String {
        markdown(&self.cells()) + "\n" + &self.note()
    }

    fn cells(&self) -> Vec<Vec<String>> {
        let head = [
            "#",
            "setting",
            &self.metric,
            "behind best",
            "95 % interval",
            "p (t)",
            "p (Wilcoxon)",
            "d_z",
            "rank-biserial",
        ];
        let row = |(place, setting): (usize, &OfSetting)| {
            let of = |cell: fn(&Difference) -> String| {
                setting.against_best.as_ref().map_or_else(|| format::MISSING.to_owned(), cell)
            };
            vec![
                (place + 1).to_string(),
                setting.label.clone(),
                format::metric(Some(setting.value)),
                of(|difference| format::difference(difference.difference)),
                of(|difference| {
                    difference.interval.map_or_else(
                        || format::MISSING.to_owned(),
                        |interval| {
                            format!("{} to {}", format::difference(interval.low), format::difference(interval.high))
                        },
                    )
                }),
                of(|difference| optional(difference.t, probability)),
                of(|difference| optional(difference.wilcoxon, probability)),
                of(|difference| optional(difference.d_z, size)),
                of(|difference| optional(difference.rank_biserial, size)),
            ]
        };
        let head = head.map(str::to_owned).to_vec();
        std::iter::once(head).chain(self.settings.iter().enumerate().map(row)).collect()
    }

    /// What the columns mean.
    fn note(&self) -> String {
        format!(
            "Over {} users. Interval: bias-corrected and accelerated bootstrap over users, {} resamples, seed {}. p: paired tests of users' \
             differences, each setting against the best, corrected by Holm for as many tests as there are pairs. d_z, rank-biserial: how large the \
             differences are, from users who gain to users who lose; below 0.1 is hardly anything.\n",
            format::count(self.users as u64),
            format::count(self.bootstrap.resamples as u64),
            self.bootstrap.seed,
        )
    }
}

fn optional(value: Option<f64>, text: fn(f64) -> String) -> String {
    value.map_or_else(|| format::MISSING.to_owned(), text)
}

/// With two decimals.
fn size(value: f64) -> String {
    format::metric(Some((value * 100.0).round() / 100.0)).trim_end_matches('0').trim_end_matches('.').to_owned()
}
