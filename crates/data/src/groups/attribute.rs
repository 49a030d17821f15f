//! A group for each value of an attribute that some row with training ratings has, sorted as [`IdMap`] sorts, and where there are
//! rows without such a value, a last one for these.

use super::FittedGroups;
use crate::{Csr, Error, IdMap};

pub(super) fn fit(values: &[String], train: &Csr) -> Result<FittedGroups, Error> {
    let learned = (0..train.rows()).filter(|&row| !train.row(row).is_empty()).map(|row| &values[row]);
    let categories = IdMap::new(learned.filter(|value| !value.is_empty()).cloned().collect());
    let unknown = categories.len() as u32;
    let of_row: Vec<u32> = values.iter().map(|value| categories.index(value).unwrap_or(unknown)).collect();
    let count = categories.len() + usize::from(of_row.contains(&unknown));
    Ok(FittedGroups::Fixed { of_row, count })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::groups::GroupsConfig;
    use crate::{Attribute, Catalogue};

    #[test]
    fn a_group_for_each_value_and_one_for_those_without() {
        // The last row has no ratings: nothing is learned from what it says.
        for (values, expected, count) in [
            (["b", "a", "b", "a"], [1, 0, 1, 0], 2),
            (["b", "", "b", "b"], [0, 1, 0, 0], 2),
            (["b", "a", "b", "10"], [1, 0, 1, 2], 3),
            (["", "", "", "10"], [0, 0, 0, 0], 1),
        ] {
            let train = Csr::from_entries(4, 1, (0..3).map(|row| (row, 0, 1.0)));
            let ids = IdMap::new((0..4).map(|id| id.to_string()).collect());
            let attribute = Attribute { name: "class".to_owned(), values: values.map(str::to_owned).to_vec() };
            let rows = Catalogue { ids, attributes: vec![attribute] };
            let fitted = GroupsConfig::Attribute("class".to_owned()).fit(&rows, &train).unwrap();
            assert_eq!((fitted.of_rows(&train), fitted.count()), (expected.to_vec(), count), "{values:?}");
            let error = GroupsConfig::Attribute("age".to_owned()).fit(&rows, &train).unwrap_err().to_string();
            assert!(
                error.contains("input.groups.attribute: unknown attribute \"age\"; this data set knows class"),
                "{error}"
            );
        }
    }
}
