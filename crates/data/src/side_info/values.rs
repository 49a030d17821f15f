//! What goes into an encoder, and what comes out of it.

use crate::{Error, IdMap};

/// What is known of every user (or item) under one name.
pub(super) struct Values<'a> {
    /// The attribute's name.
    pub(super) name: &'a str,
    /// Its value for each: `[ids]`; empty where it is not known.
    pub(super) texts: &'a [String],
    /// A last value beyond these is that of somebody who is not in the data.
    pub(super) ids: &'a IdMap,
    /// Who has a training rating, and thereby can be learned from: `[ids]`.
    pub(super) rated: &'a [bool],
    /// Where the experiment asks for the attribute.
    pub(super) key: &'static str,
}

/// Columns of numbers, of which most are 0.
pub(super) struct Columns {
    /// What each stands for: `[columns]`.
    pub(super) names: Vec<String>,
    /// `(row, column, value)`, each place at most once.
    pub(super) entries: Vec<(u32, u32, f32)>,
}

impl<'a> Values<'a> {
    /// The index and the value of those who have one.
    pub(super) fn known(&self) -> impl Iterator<Item = (u32, &'a str)> {
        (0..).zip(self.texts).map(|(row, text)| (row, text.as_str())).filter(|(_, text)| !text.is_empty())
    }

    /// The values that can be learned from.
    pub(super) fn learned(&self) -> impl Iterator<Item = &'a str> {
        self.known().filter(|&(row, _)| self.is_rated(row)).map(|(_, text)| text)
    }

    pub(super) fn is_rated(&self, row: u32) -> bool {
        self.rated[row as usize]
    }

    /// The values as numbers, of those who have one.
    pub(super) fn numbers(&self) -> Result<Vec<(u32, f64)>, Error> {
        let number = |(row, text): (u32, &str)| {
            let number = text.parse().ok().filter(|number: &f64| number.is_finite());
            number.map(|number| (row, number)).ok_or_else(|| Error::AttributeIsNotANumber {
                key: self.key,
                attribute: self.name.to_owned(),
                id: self.ids.names().get(row as usize).map_or("the new user", String::as_str).to_owned(),
                value: text.to_owned(),
            })
        };
        self.known().map(number).collect()
    }
}
