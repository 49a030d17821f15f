//! Experiment files: read with all their mistakes at once, and with what they extend.

pub mod document;
mod inheritance;
mod mistakes;

use std::path::Path;

use anyhow::{Error, Result, anyhow};
use serde::Serialize;
use toml::{Table, Value};

use crate::spec::Spec;
use crate::sweep::Wrong;
use document::Document;

/// An experiment with the files that it was read from.
pub struct ExperimentFile {
    /// What they say together.
    pub spec: Spec,
    /// The file itself, then what it extends, and so on.
    layers: Vec<Layer>,
}

/// A place in a file, from 1.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// The file.
    pub file: String,
    /// The line.
    pub line: usize,
    /// The character in it.
    pub column: usize,
}

/// One file.
struct Layer {
    name: String,
    text: String,
}

impl ExperimentFile {
    /// Reads the file and what it extends.
    ///
    /// # Errors
    /// Lists every mistake, each with file, line, column, key, what was found and what is accepted.
    pub fn open(path: &Path) -> Result<Self> {
        let layers = inheritance::layers(path)?;
        let spec = match &layers[..] {
            [alone] => mistakes::read(&alone.document()?, false).map_err(|found| alone.refuse(&found))?,
            _ => {
                let partly =
                    |layer: &Layer| mistakes::read(&layer.document()?, true).map_err(|found| layer.refuse(&found));
                let wrong: Vec<String> =
                    layers.iter().filter_map(|layer| partly(layer).err().map(|error| error.to_string())).collect();
                if !wrong.is_empty() {
                    return Err(anyhow!(wrong.join("\n")));
                }
                let tables = layers.iter().map(Layer::table).collect::<Result<Vec<_>>>()?;
                inheritance::merged(tables).map_err(|error| error.context(layers[0].name.clone()))?
            }
        };
        Ok(Self { spec, layers })
    }

    /// Where a dotted path is written: where the sweep sets it, if that is what counts, or by itself; else what it would be a part of.
    pub fn place(&self, path: &str, swept: Option<(&str, &Value)>) -> Place {
        let documents = || self.layers.iter().filter_map(|layer| Some((layer, layer.document().ok()?)));
        let at = |layer: &Layer, (line, column)| Place { file: layer.name.clone(), line, column };
        let of_sweep = swept.and_then(|(path, value)| {
            documents().find_map(|(layer, document)| {
                let (span, _) = document.swept(Some(path), Some(value))?;
                Some(at(layer, document.line_and_column(span.start)))
            })
        });
        // The file that says most of it; of two that say as much, the one that has the last word comes first.
        let by_itself = || {
            let places = documents().map(|(layer, document)| (document.place(path), layer));
            let best = places.reduce(|best, other| if other.0.0 > best.0.0 { other } else { best });
            best.map(|((_, place), layer)| at(layer, place))
        };
        of_sweep.or_else(by_itself).unwrap_or_else(|| at(&self.layers[0], (1, 1)))
    }

    /// The same error with its place, where it is one of the sweep and the file has it.
    pub fn locate(&self, error: Error) -> Error {
        let Some(wrong) = error.downcast_ref::<Wrong>() else { return error.context(self.layers[0].name.clone()) };
        let found = self.layers.iter().find_map(|layer| {
            let document = layer.document().ok()?;
            let (span, keys) = document.swept(wrong.key.as_deref(), wrong.value.as_ref())?;
            Some(layer.refuse(&[document.mistake(span, &keys, &wrong.to_string())]))
        });
        found.unwrap_or_else(|| error.context(self.layers[0].name.clone()))
    }
}

impl Layer {
    /// # Errors
    /// Lists what is not TOML.
    fn document(&self) -> Result<Document<'_>> {
        Document::parse(&self.text).map_err(|found| {
            let of_ratings = [".csv", ".tsv", ".dat", ".txt", ".data"];
            if of_ratings.iter().any(|ending| self.name.ends_with(ending)) {
                // Each of its lines would be a mistake.
                return anyhow!(
                    "{}: is no experiment file, which is TOML; ratings are named in one: [data.delimited] with path = {:?}",
                    self.name,
                    self.name
                );
            }
            self.refuse(&found)
        })
    }

    fn table(&self) -> Result<Table> {
        let mut table: Table = toml::from_str(&self.text).map_err(|error| anyhow!("{}: {error}", self.name))?;
        table.remove(inheritance::EXTENDS);
        Ok(table)
    }

    fn refuse(&self, found: &[document::Mistake]) -> Error {
        document::refuse(&self.name, found)
    }
}

/// Reads the text of an experiment file that extends none.
///
/// # Errors
/// As [`ExperimentFile::open`], where `name` stands for the path.
pub fn parse(name: &str, text: &str) -> Result<Spec> {
    let layer = Layer { name: name.to_owned(), text: text.to_owned() };
    mistakes::read(&layer.document()?, false).map_err(|found| layer.refuse(&found))
}
