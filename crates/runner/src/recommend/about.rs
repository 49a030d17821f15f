//! What is known of a user besides their ratings, and how a network is shown it.

use std::collections::BTreeMap;

use anyhow::{Result, anyhow, ensure};
use hourglass_data::{Catalogue, Csr, FittedGroups, GroupsConfig, Texts};
use hourglass_train::Inputs;

use crate::config_error::did_you_mean;
use crate::trained::Trained;

/// What is known of one user.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct About {
    /// Encoded side information.
    pub side: Vec<(u32, f32)>,
    /// The group, where groups do not depend on ratings.
    pub group: Option<u32>,
    /// The tokens of a text.
    pub text: Option<Vec<u32>>,
    /// Which of the rows that were learned from; nothing for somebody new.
    pub number: Option<u32>,
}

impl About {
    /// Somebody new, of whom these attributes are known: their names and values.
    ///
    /// # Errors
    /// When an attribute is not one that the run reads, is given twice or cannot be encoded, or a group must be known and is not.
    pub fn new_user(trained: &Trained, attributes: &[(String, String)]) -> Result<Self> {
        let known = named(trained, attributes)?;
        let (config, data) = (&trained.config.input, &trained.data);
        let side = if known.is_empty() {
            Vec::new()
        } else {
            let encoded = config.side_info.encode_new_user(&known, &data.users, &data.split.train);
            encoded.map_err(|error| anyhow!("input.{error}"))?.row(0).iter().collect()
        };
        let group = match &config.groups {
            Some(GroupsConfig::Attribute(name)) => Some(group(trained, name, known.get(name))?),
            Some(GroupsConfig::Clusters(_)) | None => None,
        };
        Ok(Self { side, group, text: None, number: None })
    }

    /// A row of what a network is shown, without its ratings.
    pub(crate) fn row(shown: &Inputs, groups: Option<&FittedGroups>, row: u32) -> Self {
        let side = shown.side.iter().flat_map(|side| side.row(row as usize).iter()).collect();
        let is_fixed = matches!(groups, Some(FittedGroups::Fixed { .. }));
        let group = shown.groups.as_ref().filter(|_| is_fixed).map(|groups| groups.of_row[row as usize]);
        let text = shown.texts.as_ref().map(|texts| texts.row(row as usize).to_vec());
        Self { side, group, text, number: Some(row) }
    }

    /// The side information of so many rows of this user `[rows, width]`.
    pub(crate) fn side_of_rows(&self, rows: usize, width: usize) -> Csr {
        let of_row = |row: u32| self.side.iter().map(move |&(column, value)| (row, column, value));
        Csr::from_entries(rows, width, (0..rows as u32).flat_map(of_row))
    }

    /// Their texts, with the vocabulary of others.
    pub(crate) fn texts_of_rows(&self, rows: usize, like: &Texts) -> Texts {
        let unknown = || vec![0; like.length];
        let text = self.text.clone().unwrap_or_else(unknown);
        Texts { numbers: text.repeat(rows), length: like.length, vocabulary: like.vocabulary.clone() }
    }
}

/// Each once, by name.
fn named(trained: &Trained, attributes: &[(String, String)]) -> Result<BTreeMap<String, String>> {
    let read = read_by(trained);
    let mut known = BTreeMap::new();
    for (name, value) in attributes {
        ensure!(
            read.contains(name),
            "--about {name}={value}: this run reads {} of users{}",
            if read.is_empty() { "nothing but the ratings".to_owned() } else { read.join(", ") },
            did_you_mean(name, read.iter().map(String::as_str)),
        );
        let before = known.insert(name.clone(), value.clone());
        ensure!(before.is_none(), "--about {name}={value}: {name} is given twice; leave one of them out");
    }
    Ok(known)
}

/// The attributes of users that a run reads.
pub fn read_by(trained: &Trained) -> Vec<String> {
    let input = &trained.config.input;
    let encoded = input.side_info.users.iter().map(|encoder| encoder.attribute().to_owned());
    let group = match &input.groups {
        Some(GroupsConfig::Attribute(name)) => Some(name.clone()),
        Some(GroupsConfig::Clusters(_)) | None => None,
    };
    let mut read: Vec<String> = encoded.chain(group).collect();
    read.sort();
    read.dedup();
    read
}

/// The group of those with this value, or of those of whom it is not known.
fn group(trained: &Trained, attribute: &str, value: Option<&String>) -> Result<u32> {
    let Catalogue { attributes, .. } = &trained.data.users;
    let values =
        attributes.iter().find(|known| known.name == attribute).map_or(&[][..], |known| known.values.as_slice());
    let wanted = value.map_or("", String::as_str);
    let like = values.iter().position(|value| value == wanted);
    let of_row = trained.task()?.inputs.groups.as_ref().map_or(&[][..], |groups| groups.of_row.as_slice());
    like.and_then(|row| of_row.get(row).copied()).ok_or_else(|| {
        let mut known: Vec<&str> = values.iter().map(String::as_str).filter(|value| !value.is_empty()).collect();
        known.sort_unstable();
        known.dedup();
        anyhow!(
            "this run has learned a network for each {attribute}, and none for `{wanted}`; add --about {attribute}=VALUE with one of {}",
            known.join(", ")
        )
    })
}
