//! Names of users and items, and their places in a matrix.

use std::collections::BTreeMap;

/// Names and their dense indices, `0..len`.
///
/// The names are sorted, by number where all of them are whole numbers, else as text (as scikit-learn's `LabelEncoder`
/// does), so that an index does not depend on the order of lines in a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IdMap {
    names: Vec<String>,
    indices: BTreeMap<String, u32>,
}

impl IdMap {
    /// The distinct names of a column, and the index of each of the column's entries.
    pub fn index_column<'a>(column: impl Iterator<Item = &'a str>) -> (Self, Vec<u32>) {
        let mut met = BTreeMap::new();
        let appearances: Vec<u32> = column
            .map(|name| {
                let next = met.len() as u32;
                *met.entry(name).or_insert(next)
            })
            .collect();
        let mut sorted: Vec<(&str, u32)> = met.into_iter().collect();
        if sorted.iter().all(|(name, _)| name.parse::<u64>().is_ok()) {
            // "01" and "1" are two names, hence the name as the second key.
            sorted.sort_by_cached_key(|&(name, _)| (name.parse::<u64>().ok(), name));
        }
        let mut index_of = vec![0; sorted.len()];
        for (index, &(_, appearance)) in sorted.iter().enumerate() {
            index_of[appearance as usize] = index as u32;
        }
        let indices = appearances.iter().map(|&appearance| index_of[appearance as usize]).collect();
        (Self::from_sorted(sorted.iter().map(|(name, _)| (*name).to_owned()).collect()), indices)
    }

    fn from_sorted(names: Vec<String>) -> Self {
        let indices = (0..).zip(&names).map(|(index, name)| (name.clone(), index)).collect();
        Self { names, indices }
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
        self.indices.get(name).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_by_number_where_all_are_numbers() {
        let cases: [(&[&str], &[&str], &[u32]); 5] = [
            (&["10", "9", "10", "1"], &["1", "9", "10"], &[2, 1, 2, 0]),
            (&["10", "9", "b"], &["10", "9", "b"], &[0, 1, 2]),
            (&["B000", "0739", "1223"], &["0739", "1223", "B000"], &[2, 0, 1]),
            (&["1", "01"], &["01", "1"], &[1, 0]),
            (&[], &[], &[]),
        ];
        for (column, names, indices) in cases {
            let (map, found) = IdMap::index_column(column.iter().copied());
            assert_eq!(map.names(), names, "{column:?}");
            assert_eq!(found, indices, "{column:?}");
        }
    }

    #[test]
    fn a_name_and_its_index_lead_to_each_other() {
        let (map, _) = IdMap::index_column(["7", "30", "4"].into_iter());
        for index in 0..3 {
            assert_eq!(map.index(map.name(index)), Some(index));
        }
        assert_eq!(map.index("5"), None);
    }
}
