//! All users, or all items: their ids, and what else is known of each.

use crate::{Error, IdMap};

/// One side of the ratings.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Catalogue {
    /// The ids of the source.
    pub ids: IdMap,
    /// What is known of each, by name.
    pub attributes: Vec<Attribute>,
}

/// What is known of every user (or item) under one name, as `gender`.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribute {
    /// The attribute's name.
    pub name: String,
    /// Its value for each: `[ids]`; empty where it is not known.
    pub values: Vec<String>,
}

/// The attribute that names an item to people.
const TITLE: &str = "title";

impl Catalogue {
    /// Ids of which nothing else is known.
    pub fn of(ids: IdMap) -> Self {
        Self { ids, attributes: Vec::new() }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The name for people: the title where there is one, else the id.
    ///
    /// # Panics
    ///
    /// If there is no such index.
    pub fn title(&self, index: u32) -> &str {
        let titles = self.attributes.iter().find(|attribute| attribute.name == TITLE);
        match titles.map(|titles| titles.values[index as usize].as_str()) {
            None | Some("") => self.ids.name(index),
            Some(title) => title,
        }
    }

    /// How many have a value of this attribute: none where it is not known.
    pub fn coverage(&self, attribute: &str) -> usize {
        let named = self.attributes.iter().filter(|known| known.name == attribute);
        named.map(|known| known.values.iter().filter(|value| !value.is_empty()).count()).sum()
    }

    /// The attribute of this name; `key` is where an experiment asks for it.
    ///
    /// # Errors
    ///
    /// If there is none; the error lists those that there are.
    pub(crate) fn attribute(&self, name: &str, key: &'static str) -> Result<&Attribute, Error> {
        self.attributes.iter().find(|attribute| attribute.name == name).ok_or_else(|| Error::UnknownAttribute {
            key,
            attribute: name.to_owned(),
            known: self.attributes.iter().map(|attribute| attribute.name.clone()).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_stands_for_the_id_where_there_is_one() {
        let mut items = Catalogue::of(IdMap::new(["10", "20"].map(str::to_owned).to_vec()));
        assert_eq!([items.title(0), items.title(1)], ["10", "20"]);
        items.attributes = vec![Attribute { name: "title".into(), values: vec!["Heat (1995)".into(), String::new()] }];
        assert_eq!([items.title(0), items.title(1)], ["Heat (1995)", "20"]);
    }

    #[test]
    fn coverage_counts_those_with_a_value() {
        let mut items = Catalogue::of(IdMap::new(["10", "20"].map(str::to_owned).to_vec()));
        items.attributes = vec![Attribute { name: "title".into(), values: vec!["Heat (1995)".into(), String::new()] }];
        assert_eq!([items.coverage("title"), items.coverage("genres")], [1, 0]);
    }
}
