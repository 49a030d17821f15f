//! What is known about users and items beside the ratings, as columns of numbers.
//!
//! What an encoder learns (categories, means, edges, a basis) comes only from those who have a rating in the training part.
//! The others are encoded by it all the same: a category that it has not met, and a value that is missing, are zeros.

pub mod binned;
mod encoder;
pub mod hashed;
pub mod multi_hot;
mod numeric;
mod one_hot;
pub(crate) mod subspace;
pub mod svd;
mod values;
mod year;

pub use encoder::Encoder;
pub use subspace::right_singular_vectors;

use crate::{Attribute, Catalogue, Csr, Error};
use rustc_hash::FxHashSet;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use values::{Columns, Values};

/// Which attributes a model is given beside the ratings, and as what columns.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SideInfoConfig {
    /// Of users, as `["gender", { numeric = "age" }]`.
    pub users: Vec<Encoder>,
    /// Of items, as `[{ multi-hot = { attribute = "genres" } }]`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<Encoder>,
}

/// Encoded attributes of all users and all items.
#[derive(Debug, Clone, PartialEq)]
pub struct SideInfo {
    /// A row for each user.
    pub users: Encoded,
    /// A row for each item.
    pub items: Encoded,
}

/// Encoded attributes of users, or of items.
#[derive(Debug, Clone, PartialEq)]
pub struct Encoded {
    /// The columns of each: `[users, width]` or `[items, width]`.
    pub matrix: Csr,
    /// What each column stands for, as `gender=F`: `[width]`.
    pub columns: Vec<String>,
}

impl SideInfoConfig {
    /// Fits the encoders on the users and items of a `[users, items]` training part, and encodes all users and items. The
    /// columns come in the order in which their attributes are listed.
    ///
    /// # Errors
    ///
    /// If an attribute is not known to the data, is no number where one is needed, or gives the same column twice.
    pub fn encode(&self, users: &Catalogue, items: &Catalogue, train: &Csr) -> Result<SideInfo, Error> {
        let rated_users = rated_users(train);
        let mut rated_items = vec![false; train.columns()];
        train.entries().for_each(|(_, item, _)| rated_items[item as usize] = true);
        Ok(SideInfo {
            users: encode(&self.users, users, &rated_users, "side_info.users")?,
            items: encode(&self.items, items, &rated_items, "side_info.items")?,
        })
    }

    /// Encodes a user whom the data does not know by encoders that are fitted as for [`encode`](Self::encode): `[1, width]`.
    /// `about` has values of attributes by name; one that it lacks is not known, which are zeros.
    ///
    /// # Errors
    ///
    /// As [`encode`](Self::encode).
    pub fn encode_new_user(
        &self,
        about: &BTreeMap<String, String>,
        users: &Catalogue,
        train: &Csr,
    ) -> Result<Csr, Error> {
        let of_new = |name: &String| about.get(name).cloned().unwrap_or_default();
        let with_new = |Attribute { name, values }: &Attribute| Attribute {
            name: name.clone(),
            values: values.iter().cloned().chain([of_new(name)]).collect(),
        };
        let attributes = users.attributes.iter().map(with_new).collect();
        let rated: Vec<bool> = rated_users(train).into_iter().chain([false]).collect();
        let with_new = Catalogue { ids: users.ids.clone(), attributes };
        let encoded = encode(&self.users, &with_new, &rated, "side_info.users")?.matrix;
        let of_new = encoded.row(users.len()).iter().map(|(column, value)| (0, column, value));
        Ok(Csr::from_entries(1, encoded.columns(), of_new))
    }
}

/// Which users have a training rating.
fn rated_users(train: &Csr) -> Vec<bool> {
    (0..train.rows()).map(|user| !train.row(user).is_empty()).collect()
}

/// The columns of all encoders beside each other; `key` is where the experiment lists them.
fn encode(encoders: &[Encoder], catalogue: &Catalogue, rated: &[bool], key: &'static str) -> Result<Encoded, Error> {
    let (mut columns, mut entries) = (Vec::new(), Vec::new());
    let mut met = FxHashSet::default();
    for encoder in encoders {
        let Attribute { name, values: texts } = catalogue.attribute(encoder.attribute(), key)?;
        let new = encoder.encode(&Values { name, texts, ids: &catalogue.ids, rated, key })?;
        let first = columns.len() as u32;
        entries.extend(new.entries.into_iter().map(|(row, column, value)| (row, first + column, value)));
        for column in new.names {
            if !met.insert(column.clone()) {
                return Err(Error::RepeatedColumnOfSideInfo { key, column });
            }
            columns.push(column);
        }
    }
    let matrix = Csr::from_entries(rated.len(), columns.len(), entries.iter().copied());
    Ok(Encoded { matrix, columns })
}
