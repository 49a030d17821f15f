//! Names of users and items, and their places in a matrix.

use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// Names and their dense indices, `0..len`.
///
/// The names are sorted, by number where all of them are whole numbers, else as text (as scikit-learn's `LabelEncoder`
/// does), so that an index does not depend on the order of lines in a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdMap {
    names: Vec<String>,
    numbers: bool,
}

impl IdMap {
    /// These names, of which some can be equal, sorted.
    pub fn new(mut names: Vec<String>) -> Self {
        let numbers = names.iter().all(|name| number(name).is_some());
        names.sort_unstable_by(|left, right| order(numbers, left, right));
        names.dedup();
        Self { names, numbers }
    }

    /// Some of the names, in the same order.
    pub(crate) fn subset(&self, kept: &[bool]) -> Self {
        let names = self.names.iter().zip(kept).filter(|(_, kept)| **kept).map(|(name, _)| name.clone());
        Self { names: names.collect(), numbers: self.numbers }
    }

    /// The number of names.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there are no names.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// All names, in the order of their indices.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The name at an index.
    ///
    /// # Panics
    ///
    /// If the index is not below [`len`](Self::len).
    pub fn name(&self, index: u32) -> &str {
        &self.names[index as usize]
    }

    /// The index of a name, if it is known.
    pub fn index(&self, name: &str) -> Option<u32> {
        let place = self.names.binary_search_by(|other| order(self.numbers, other, name));
        place.ok().map(|place| place as u32)
    }
}

fn number(name: &str) -> Option<u64> {
    name.parse().ok()
}

/// "01" and "1" are two names, hence the name as the second key.
fn order(numbers: bool, left: &str, right: &str) -> Ordering {
    let by_number = || number(left).cmp(&number(right));
    (if numbers { by_number() } else { Ordering::Equal }).then_with(|| left.cmp(right))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(names: &[&str]) -> IdMap {
        IdMap::new(names.iter().map(|&name| name.to_owned()).collect())
    }

    #[test]
    fn names_are_sorted_by_number_where_all_are_numbers() {
        let cases: [(&[&str], &[&str], &[u32]); 6] = [
            (&["10", "9", "10", "1"], &["1", "9", "10"], &[2, 1, 2, 0]),
            (&["10", "9", "b"], &["10", "9", "b"], &[0, 1, 2]),
            (&["B000", "0739", "1223"], &["0739", "1223", "B000"], &[2, 0, 1]),
            (&["1", "01"], &["01", "1"], &[1, 0]),
            (
                &["99999999999999999999999", "8", "18446744073709551615"],
                &["18446744073709551615", "8", "99999999999999999999999"],
                &[2, 1, 0],
            ),
            (&[], &[], &[]),
        ];
        for (column, names, indices) in cases {
            let map = of(column);
            let found: Vec<u32> = column.iter().filter_map(|name| map.index(name)).collect();
            assert_eq!(map.names(), names, "{column:?}");
            assert_eq!(found, indices, "{column:?}");
        }
    }

    #[test]
    fn a_name_and_its_index_lead_to_each_other() {
        for names in [["7", "30", "4"], ["b", "30", "4"]] {
            let map = of(&names);
            for index in 0..3 {
                assert_eq!(map.index(map.name(index)), Some(index));
            }
            assert_eq!(map.index("5"), None);
            assert_eq!(map.index("x"), None);
        }
    }
}
