//! Settings as nested tables, read many at a time: what stands in several word for word is parsed once.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde_json::{Map, Value};

/// Parses the texts of settings. Of a thousand trials of a sweep most tables are the same, and parsing is most of reading them.
pub(crate) struct SettingParser<P> {
    parse: P,
    /// What each table's text says; `None` where it cannot be read without the rest.
    tables: BTreeMap<String, Option<Value>>,
}

impl<P: Fn(&str) -> Result<Value, String>> SettingParser<P> {
    /// `parse` reads a whole setting or a table of it, and says what is wrong with it.
    pub(crate) fn new(parse: P) -> SettingParser<P> {
        SettingParser { parse, tables: BTreeMap::new() }
    }

    /// What `parse` says of `text`.
    pub(crate) fn parse(&mut self, text: &str) -> Result<Value, String> {
        self.table_by_table(text).map_or_else(|| (self.parse)(text), Ok)
    }

    /// A line that begins with a bracket may also lie within a long list or text, the piece before which is then no TOML: `None`.
    fn table_by_table(&mut self, text: &str) -> Option<Value> {
        let mut setting = Map::new();
        for piece in pieces(text) {
            merge(&mut setting, self.table(piece)?.as_object()?)?;
        }
        Some(Value::Object(setting))
    }

    fn table(&mut self, piece: &str) -> Option<&Value> {
        match self.tables.entry(piece.to_owned()) {
            Entry::Occupied(known) => known.into_mut().as_ref(),
            Entry::Vacant(place) => place.insert((self.parse)(piece).ok()).as_ref(),
        }
    }
}

/// `text` cut before each line that begins with a bracket.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let (piece, after) = match rest?.find("\n[") {
            Some(end) => (&rest?[..=end], Some(&rest?[end + 1..])),
            None => (rest?, None),
        };
        rest = after;
        Some(piece)
    })
}

/// Adds a table's keys to `setting`; `None` where a key is there already and is not a table in both.
fn merge(setting: &mut Map<String, Value>, table: &Map<String, Value>) -> Option<()> {
    for (key, value) in table {
        match (setting.get_mut(key), value) {
            (None, _) => _ = setting.insert(key.clone(), value.clone()),
            (Some(Value::Object(inner)), Value::Object(added)) => merge(inner, added)?,
            _ => return None,
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use serde_json::json;

    use super::*;

    fn toml(text: &str) -> Result<Value, String> {
        toml::from_str(text).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn what_is_put_together_is_what_the_whole_says() {
        let texts = [
            "",
            "name = 'a'\n",
            "name = 'a'\n\n[train]\nepochs = 3\n\n[train.optimizer.adam]\nlr = 0.1\n",
            "[train.optimizer.adam]\nlr = 0.1\n[train]\nepochs = 3\n[train.schedule]\n",
            "[a]\nb.c = 1\n[a.d]\ne = 2\n",
            "seeds = [\n    1,\n]\n[a]\nb = [\n[1],\n[2],\n]\n[c]\n",
            "description = '''\n[a]\nb = 1\n'''\n[c]\nd = 2\n",
            "description = \"\"\"\n[a]\n\"\"\"\n[a]\n",
            "[[member]]\na = 1\n[[member]]\na = 2\n[member.b]\nc = 3\n",
        ];
        let mut parser = SettingParser::new(toml);
        for text in texts.iter().chain(&texts) {
            assert_eq!(parser.parse(text).unwrap(), toml(text).unwrap(), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_of_the_whole() {
        for text in ["a = \n", "[a]\nb = 1\n[c\n", "[a]\nb = 1\n[a.b]\nc = 1\n"] {
            assert_eq!(SettingParser::new(toml).parse(text), Err(toml(text).unwrap_err()), "{text}");
        }
    }

    #[test]
    fn the_same_table_is_parsed_once() {
        let parsed = Cell::new(0);
        let mut parser = SettingParser::new(|text: &str| {
            parsed.set(parsed.get() + 1);
            toml(text)
        });
        for batch in [1, 2, 1] {
            let text = format!("name = 'a'\n[train]\nbatch = {batch}\n[evaluation]\nclip = true\n");
            let expected = json!({"name": "a", "train": {"batch": batch}, "evaluation": {"clip": true}});
            assert_eq!(parser.parse(&text).unwrap(), expected);
        }
        assert_eq!(parsed.get(), 4, "the head, two of [train], [evaluation]");
    }
}
