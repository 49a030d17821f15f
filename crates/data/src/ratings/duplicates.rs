//! A second rating of an item by the same user.

use crate::Error;
use crate::source::raw::Raw;
use serde::{Deserialize, Serialize};

/// What happens to several ratings of an item by the same user.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Duplicates {
    /// They are an error that names the lines.
    #[default]
    Error,
    /// The latest counts: by time where the source has it, else by line.
    Last,
    /// Their mean counts, given at the time of the last.
    Mean,
    /// Their sum counts: how often, where each line is one time.
    Sum,
}

impl Duplicates {
    /// One rating for those at `rows`, which are of the same pair and ascend: its value, and the row whose place it takes.
    pub(super) fn merge(self, raw: &Raw, rows: &[u32]) -> Result<(f32, u32), Error> {
        let value = |row: u32| raw.ratings[row as usize].value;
        let &[first, second, ..] = rows else { return Ok((value(rows[0]), rows[0])) };
        let time = |row: u32| raw.times.get(row as usize).copied().unwrap_or_default();
        let last = rows.iter().copied().max_by_key(|&row| (time(row), row)).unwrap_or(first);
        let sum = || rows.iter().map(|&row| f64::from(value(row))).sum::<f64>();
        match self {
            Self::Error => Err(repeated(raw, first as usize, second as usize)),
            Self::Last => Ok((value(last), last)),
            Self::Mean => Ok(((sum() / rows.len() as f64) as f32, last)),
            Self::Sum => Ok((sum() as f32, last)),
        }
    }
}

fn repeated(raw: &Raw, first: usize, second: usize) -> Error {
    let rating = raw.ratings[second];
    let place = |row| raw.file_of(row).map(|file| (file.path.clone(), file.line(row))).unwrap_or_default();
    let ((first_path, first_line), (path, line)) = (place(first), place(second));
    Error::RepeatedRating {
        path,
        line,
        first_path,
        first_line,
        user: raw.users.name(rating.user).to_owned(),
        item: raw.items.name(rating.item).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::raw::RawRating;

    #[test]
    fn each_policy_makes_one_of_several() {
        let ratings = [2.0, 5.0, 3.0].map(|value| RawRating { user: 0, item: 0, value }).to_vec();
        let by_line = Raw { ratings: ratings.clone(), ..Raw::default() };
        let by_time = Raw { ratings, times: vec![10, 30, 20], ..Raw::default() };
        let cases = [
            (Duplicates::Last, &by_line, (3.0, 2)),
            (Duplicates::Last, &by_time, (5.0, 1)),
            (Duplicates::Mean, &by_line, (10.0 / 3.0, 2)),
            (Duplicates::Mean, &by_time, (10.0 / 3.0, 1)),
            (Duplicates::Sum, &by_line, (10.0, 2)),
        ];
        for (policy, raw, expected) in cases {
            assert_eq!(policy.merge(raw, &[0, 1, 2]).unwrap(), expected, "{policy:?}");
            assert_eq!(policy.merge(raw, &[1]).unwrap(), (5.0, 1), "{policy:?}");
        }
    }
}
