//! `extends = "base.toml"`: what a file does not say is as in another one.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use toml::{Table, Value};

use super::Layer;
use super::document::{self, Document, Step};
use crate::spec::Spec;

/// The key that names the other file.
pub(super) const EXTENDS: &str = "extends";

/// What belongs to one experiment and is not passed on.
const OWN: [&str; 2] = ["name", "description"];

/// The file, what it extends, what that extends, and so on.
///
/// # Errors
/// When one cannot be read, or extends one that extends it.
pub(super) fn layers(path: &Path) -> Result<Vec<Layer>> {
    let mut layers: Vec<Layer> = Vec::new();
    let mut met: Vec<PathBuf> = Vec::new();
    let mut next = Some(path.to_owned());
    while let Some(path) = next {
        let text = fs::read_to_string(&path).with_context(|| cannot_read(&path, layers.last()))?;
        met.push(path.canonicalize().with_context(|| format!("cannot read {}", path.display()))?);
        let layer = Layer { name: path.display().to_string(), text };
        next = extended(&layer, &path)?;
        let base = next.as_ref().and_then(|base| base.canonicalize().ok());
        if base.is_some_and(|base| met.contains(&base)) {
            let place =
                place(&layer, "this file extends itself, over others or directly; expected a file that does not");
            return Err(place);
        }
        layers.push(layer);
    }
    Ok(layers)
}

fn cannot_read(path: &Path, by: Option<&Layer>) -> String {
    let expected = "expected a TOML file as in experiments/";
    let cannot = format!("cannot read the experiment file {}; {expected}", path.display());
    let path = "a path is relative to the file that names it";
    by.map_or(cannot.clone(), |layer| place(layer, &format!("{cannot}; {path}")).to_string())
}

/// The file that this one extends.
fn extended(layer: &Layer, path: &Path) -> Result<Option<PathBuf>> {
    let document = layer.document()?;
    let Some(value) = document.table.get_ref().get(EXTENDS) else { return Ok(None) };
    let base = value.get_ref().as_str().filter(|base| !base.is_empty());
    let base =
        base.ok_or_else(|| place(layer, "expected the path of another experiment file, as a text in quotation marks"))?;
    Ok(Some(path.parent().unwrap_or(Path::new("")).join(base)))
}

/// An error at the line that names the other file.
fn place(layer: &Layer, message: &str) -> anyhow::Error {
    let place = |document: &Document<'_>| {
        let span = document.table.get_ref().get(EXTENDS).map(toml::Spanned::span).unwrap_or_default();
        document.mistake(span, &[Step::Key(EXTENDS.to_owned())], message)
    };
    match layer.document() {
        Ok(document) => document::refuse(&layer.name, &[place(&document)]),
        Err(error) => error,
    }
}

/// What the files say together, where the first one has the last word.
///
/// # Errors
/// When it is no experiment.
pub(super) fn merged(tables: Vec<Table>) -> Result<Spec> {
    ensure!(
        tables[0].contains_key("name"),
        "missing key `name`: it names a folder of results, and is not taken over from what a file extends"
    );
    let mut choices: Vec<String> = Vec::new();
    loop {
        let mut table = Table::new();
        for over in tables.iter().rev() {
            table.retain(|key, _| !(OWN.contains(&key) || key == "sweep" && over.contains_key(key)));
            overlay(&mut table, over, "", &choices);
        }
        match serde_path_to_error::deserialize::<_, Spec>(table.clone()) {
            Ok(spec) => return Ok(spec),
            Err(error) => {
                let path = error.path().to_string();
                let two = error.inner().message().contains("more than 1 element");
                if !two || choices.contains(&path) {
                    return Spec::from_table(&table);
                }
                choices.push(path);
            }
        }
    }
}

/// Tables key by key, everything else in one piece. A choice is a table of which one key counts: another name there is another
/// choice, and what belonged to the old one goes with it. Which tables are choices is known by what cannot be read otherwise.
fn overlay(table: &mut Table, over: &Table, path: &str, choices: &[String]) {
    for (key, value) in over {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        match (table.get_mut(key), value) {
            (Some(Value::Table(below)), Value::Table(over)) => {
                if choices.contains(&path) {
                    below.retain(|name, _| over.contains_key(name));
                }
                overlay(below, over, &path, choices);
            }
            _ => {
                table.insert(key.clone(), value.clone());
            }
        }
    }
}
