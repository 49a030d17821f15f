//! What is known about a user beside the ratings, as columns of numbers.

use crate::{Attribute, Csr, Error, IdMap, Interactions};
use serde::{Deserialize, Serialize};

/// Which attributes a model is given beside the ratings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SideInfoConfig {
    /// Names of user attributes, as `["gender", "age"]`; each value becomes a column of zeros and ones.
    pub users: Vec<String>,
}

/// Encoded attributes.
#[derive(Debug, Clone, PartialEq)]
pub struct SideInfo {
    /// A 1 in one column per attribute: `[users, width]`.
    pub users: Csr,
    /// What each column of [`users`](Self::users) stands for, as `gender=F`: `[width]`.
    pub columns: Vec<String>,
}

impl SideInfoConfig {
    /// One-hot columns of the attributes, in the order they are listed; values are sorted as [`IdMap`] sorts.
    ///
    /// # Errors
    ///
    /// If an attribute is not known to the data, or is listed twice.
    pub fn encode(&self, interactions: &Interactions) -> Result<SideInfo, Error> {
        let mut columns = Vec::new();
        let mut entries = Vec::new();
        for (position, name) in self.users.iter().enumerate() {
            if self.users[..position].contains(name) {
                return Err(Error::RepeatedAttribute { attribute: name.clone() });
            }
            let attribute = attribute(&interactions.user_attributes, name)?;
            let (values, indices) = IdMap::index_column(attribute.values.iter().map(String::as_str));
            let first = columns.len() as u32;
            columns.extend(values.names().iter().map(|value| format!("{name}={value}")));
            entries.extend((0..).zip(indices).map(|(user, index)| (user, first + index, 1.0)));
        }
        let users = Csr::from_entries(interactions.users.len(), columns.len(), entries.iter().copied());
        Ok(SideInfo { users, columns })
    }
}

fn attribute<'a>(attributes: &'a [Attribute], name: &str) -> Result<&'a Attribute, Error> {
    attributes.iter().find(|attribute| attribute.name == name).ok_or_else(|| Error::UnknownAttribute {
        attribute: name.to_owned(),
        known: attributes.iter().map(|attribute| attribute.name.clone()).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interactions::tests::interactions;

    fn three_users() -> Interactions {
        let attribute =
            |name: &str, values: [&str; 3]| Attribute { name: name.into(), values: values.map(Into::into).into() };
        let mut interactions = interactions(&[(0, 0, 1.0), (1, 0, 1.0), (2, 0, 1.0)]);
        interactions.user_attributes = vec![attribute("gender", ["F", "M", "F"]), attribute("age", ["25", "1", "18"])];
        interactions
    }

    fn names(names: &[&str]) -> SideInfoConfig {
        SideInfoConfig { users: names.iter().map(|&name| name.to_owned()).collect() }
    }

    #[test]
    fn each_value_is_a_column() {
        let encoded = names(&["age", "gender"]).encode(&three_users()).unwrap();
        assert_eq!(encoded.columns, ["age=1", "age=18", "age=25", "gender=F", "gender=M"]);
        let rows: Vec<_> = (0..3).map(|user| encoded.users.row(user).columns.to_vec()).collect();
        assert_eq!(rows, [[2, 3], [0, 4], [1, 3]]);
        assert!(encoded.users.entries().all(|(_, _, value)| value == 1.0));
    }

    #[test]
    fn no_attributes_are_no_columns() {
        let encoded = names(&[]).encode(&three_users()).unwrap();
        assert_eq!((encoded.users.rows(), encoded.users.columns()), (3, 0));
    }

    #[test]
    fn wrong_names_are_errors() {
        let without = interactions(&[(0, 0, 1.0)]);
        let cases = [
            (
                three_users(),
                &["agee"][..],
                "side_info.users: unknown attribute \"agee\"; this data set knows gender, age",
            ),
            (
                without,
                &["age"],
                "side_info.users: unknown attribute \"age\"; this data set knows no attributes of users",
            ),
            (three_users(), &["age", "age"], "side_info.users: attribute \"age\" is listed twice; list it once"),
        ];
        for (data, attributes, expected) in cases {
            assert_eq!(names(attributes).encode(&data).unwrap_err().to_string(), expected);
        }
    }
}
