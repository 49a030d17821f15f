//! A TOML text in which every key and value knows its place.

use std::ops::Range;

use anyhow::{Error, anyhow};
use toml::de::{DeTable, DeValue};
use toml::{Spanned, Table, Value};

use crate::config_error::explain;

/// What was parsed.
pub struct Document<'a> {
    text: &'a str,
    /// All of it.
    pub table: Spanned<DeTable<'a>>,
}

/// A step on the way from the document to one of its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// In a table.
    Key(String),
    /// In a list, from 0.
    Index(usize),
}

/// What is wrong at a place of a document.
#[derive(Debug)]
pub struct Mistake {
    line: usize,
    column: usize,
    message: String,
}

impl<'a> Document<'a> {
    /// # Errors
    /// Lists what is not TOML.
    pub fn parse(text: &'a str) -> Result<Self, Vec<Mistake>> {
        let (table, errors) = DeTable::parse_recoverable(text);
        let document = Self { text, table };
        if errors.is_empty() {
            return Ok(document);
        }
        let mistake = |error: &toml::de::Error| {
            let span = error.span().unwrap_or_default();
            let shown = text.get(span.clone()).and_then(|shown| shown.lines().next()).unwrap_or_default().trim();
            let shown = if shown.is_empty() { String::new() } else { format!("`{shown}`: ") };
            document.mistake(span, &[], &format!("{shown}{}", error.message()))
        };
        let mut mistakes: Vec<Mistake> = errors.iter().map(mistake).collect();
        // What follows in the same line follows from the first mistake.
        mistakes.dedup_by_key(|mistake| mistake.line);
        Err(mistakes)
    }

    /// A mistake of the value at this place, where `message` is in serde's words.
    pub fn mistake(&self, span: Range<usize>, steps: &[Step], message: &str) -> Mistake {
        let (line, column) = self.line_and_column(span.start);
        let shown = self.text.get(span).filter(|shown| !shown.contains('\n') && !steps.is_empty()).unwrap_or_default();
        let is_key =
            matches!(steps.last(), Some(Step::Key(key)) if shown.trim_matches(['"', '[', ']']).ends_with(key.as_str()));
        let value = match shown {
            "" => String::new(),
            _ if is_key || message.contains(shown.trim_matches('"')) => String::new(),
            _ => format!(" = {shown}"),
        };
        let key = if steps.is_empty() { String::new() } else { format!("{}{value}: ", dotted(steps)) };
        Mistake { line, column, message: format!("{key}{}", explain(message)) }
    }

    /// The way to the smallest part of the document that has this span in it; empty for the document itself.
    pub fn steps_to(&self, span: &Range<usize>) -> Vec<Step> {
        if span.is_empty() || *span == self.table.span() {
            return Vec::new();
        }
        let mut best: Option<(usize, Vec<Step>)> = None;
        walk(self.table.get_ref(), &mut Vec::new(), &mut |steps, key, value| {
            let encloses = value.start <= span.start && span.end <= value.end;
            let size = if key.as_ref() == Some(span) { 0 } else { value.len() };
            if (encloses || size == 0) && best.as_ref().is_none_or(|(least, _)| size <= *least) {
                best = Some((size, steps.to_vec()));
            }
        });
        best.map_or_else(Vec::new, |(_, steps)| steps)
    }

    /// Where the sweep has this value for this key, or the key; without a key, where it has the value.
    pub fn swept(&self, key: Option<&str>, value: Option<&Value>) -> Option<(Range<usize>, Vec<Step>)> {
        let (mut at_value, mut at_key) = (None, None);
        walk(self.table.get_ref(), &mut Vec::new(), &mut |steps, key_span, span| {
            let named = |name: &str| steps.iter().any(|step| matches!(step, Step::Key(key) if key == name));
            if !named("sweep") || key.is_some_and(|key| !named(key)) {
                return;
            }
            if value.is_some_and(|value| self.text.get(span.clone()).and_then(value_of).as_ref() == Some(value)) {
                at_value.get_or_insert((span, steps.to_vec()));
            } else if let Some(key_span) = key_span.filter(|_| key.is_some()) {
                at_key.get_or_insert((key_span, steps.to_vec()));
            }
        });
        at_value.or(at_key)
    }

    /// How much of this dotted path is there, in keys, and the line and the column, from 1, of the last of them: of the beginning of the
    /// document, where there is none.
    pub fn place(&self, path: &str) -> (usize, (usize, usize)) {
        let mut best: Option<(usize, usize)> = None;
        walk(self.table.get_ref(), &mut Vec::new(), &mut |steps, key, value| {
            let here = dotted(steps);
            let encloses = path == here || path.strip_prefix(&here).is_some_and(|rest| rest.starts_with('.'));
            if encloses && best.is_none_or(|(depth, _)| depth < steps.len()) {
                best = Some((steps.len(), key.unwrap_or(value).start));
            }
        });
        let (depth, start) = best.unwrap_or_default();
        (depth, self.line_and_column(start))
    }

    /// Of a byte of the text, from 1.
    pub fn line_and_column(&self, byte: usize) -> (usize, usize) {
        let before = &self.text[..byte.min(self.text.len())];
        let column = before.chars().rev().take_while(|&c| c != '\n').count() + 1;
        (before.matches('\n').count() + 1, column)
    }

    /// The document without the part at the end of this way: without the entry that holds it, if it is in a list.
    pub fn remove(table: &mut DeTable<'_>, steps: &[Step]) {
        let Some((Step::Key(first), rest)) = steps.split_first() else { return };
        if !rest.iter().any(|step| matches!(step, Step::Key(_))) {
            table.remove(first.as_str());
            return;
        }
        let value = table.iter_mut().find(|(key, _)| key.get_ref() == first.as_str());
        if let Some((_, value)) = value {
            remove_below(value.get_mut(), rest);
        }
    }
}

fn remove_below(value: &mut DeValue<'_>, steps: &[Step]) {
    match (value, steps) {
        (DeValue::Table(table), _) => Document::remove(table, steps),
        (DeValue::Array(list), [Step::Index(index), rest @ ..]) => {
            if let Some(value) = list.get_mut(*index) {
                remove_below(value.get_mut(), rest);
            }
        }
        _ => {}
    }
}

/// Shows each key and value, outer ones first, with the way to it, the place of the key if it has one, and that of the value.
fn walk(
    table: &DeTable<'_>,
    steps: &mut Vec<Step>,
    visit: &mut impl FnMut(&[Step], Option<Range<usize>>, Range<usize>),
) {
    for (key, value) in table {
        steps.push(Step::Key(key.get_ref().to_string()));
        visit(steps, Some(key.span()), value.span());
        walk_value(value.get_ref(), steps, visit);
        steps.pop();
    }
}

fn walk_value(
    value: &DeValue<'_>,
    steps: &mut Vec<Step>,
    visit: &mut impl FnMut(&[Step], Option<Range<usize>>, Range<usize>),
) {
    match value {
        DeValue::Table(table) => walk(table, steps, visit),
        DeValue::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                steps.push(Step::Index(index));
                visit(steps, None, value.span());
                walk_value(value.get_ref(), steps, visit);
                steps.pop();
            }
        }
        _ => {}
    }
}

fn value_of(text: &str) -> Option<Value> {
    format!("value = {text}").parse::<Table>().ok()?.remove("value")
}

/// `input.noise[0].gaussian`.
fn dotted(steps: &[Step]) -> String {
    let bare = |key: &str| !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    let step = |step: &Step| match step {
        Step::Key(key) if bare(key) => format!(".{key}"),
        Step::Key(key) => format!(".\"{key}\""),
        Step::Index(index) => format!("[{index}]"),
    };
    steps.iter().map(step).collect::<String>().trim_start_matches('.').to_owned()
}

/// One line for each mistake, in the order of the file.
pub fn refuse(name: &str, mistakes: &[Mistake]) -> Error {
    let mut sorted: Vec<&Mistake> = mistakes.iter().collect();
    sorted.sort_by_key(|mistake| (mistake.line, mistake.column));
    let line = |Mistake { line, column, message }: &Mistake| format!("{name}:{line}:{column}: {message}");
    match sorted[..] {
        [only] => anyhow!(line(only)),
        _ => {
            let lines: String = sorted.iter().map(|mistake| format!("\n{}", line(mistake))).collect();
            anyhow!("{name} has {} mistakes{lines}", sorted.len())
        }
    }
}
