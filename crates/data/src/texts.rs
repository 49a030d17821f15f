//! The texts of rows as numbers, for models that read them: `input.text`.
//!
//! A text is cut into tokens, words or characters, in lower case; each token has a number, and each row as many of them as the others.
//! The vocabulary comes from rows with training ratings alone. What is not in it, in whichever row, is one unknown token.

use crate::{Catalogue, Csr, Error};
use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;

/// Which text, and what of it is read; written as `text = { attribute = "title" }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextConfig {
    /// The attribute's name.
    pub attribute: String,
    /// What a token is.
    #[serde(default)]
    pub tokens: Tokens,
    /// How many tokens of a text are read, from its start; shorter ones are padded.
    #[serde(default = "title_length")]
    pub length: NonZeroU32,
    /// A token is known if so many texts of rows with training ratings have it. What is rarer tells little, and trains the vector
    /// that unknown ones have.
    #[serde(default = "twice")]
    pub minimum: NonZeroU32,
}

/// What a text is cut into.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tokens {
    /// Letters and digits that stand together, without what is between them.
    #[default]
    Words,
    /// Every character, blanks and signs too.
    Characters,
}

/// Almost every title of a film has fewer words.
fn title_length() -> NonZeroU32 {
    const { NonZeroU32::new(16).unwrap() }
}

fn twice() -> NonZeroU32 {
    const { NonZeroU32::new(2).unwrap() }
}

/// The number of what stands behind the end of a text.
const PADDING: u32 = 0;

/// The number of a token that is not in the vocabulary.
const UNKNOWN: u32 = 1;

/// The number of the vocabulary's first token.
const FIRST: u32 = 2;

/// The texts of all rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Texts {
    /// The number of each token, text by text `[rows, length]`.
    pub numbers: Vec<u32>,
    /// How many each text has.
    pub length: usize,
    /// The known tokens, sorted; the first one has the number 2.
    pub vocabulary: Vec<String>,
}

impl Texts {
    /// How many different numbers there can be, those of the padding and of unknown tokens among them.
    pub fn count(&self) -> usize {
        self.vocabulary.len() + FIRST as usize
    }

    /// Whether a row has a text.
    pub fn has(&self, row: usize) -> bool {
        self.row(row).iter().any(|&number| number != PADDING)
    }

    /// The tokens of a row `[length]`.
    pub fn row(&self, row: usize) -> &[u32] {
        &self.numbers[row * self.length..][..self.length]
    }
}

impl TextConfig {
    /// Learns the vocabulary from the rows of the training part `[rows, columns]`, and reads the texts of all rows.
    ///
    /// # Errors
    ///
    /// If the attribute is not known to the data, or no token of it is known.
    pub fn read(&self, rows: &Catalogue, train: &Csr) -> Result<Texts, Error> {
        let texts = &rows.attribute(&self.attribute, "input.text.attribute")?.values;
        let texts: Vec<Vec<String>> =
            texts.iter().map(|text| self.tokens.of(text, self.length.get() as usize)).collect();
        let learned = texts.iter().enumerate().filter(|(row, _)| !train.row(*row).is_empty());
        let vocabulary = self.vocabulary(learned.map(|(_, tokens)| tokens.as_slice()));
        if vocabulary.is_empty() {
            let (attribute, minimum) = (self.attribute.clone(), self.minimum.get());
            return Err(Error::NoTokens { attribute, minimum });
        }
        let number_of: FxHashMap<&str, u32> = vocabulary.iter().map(String::as_str).zip(FIRST..).collect();
        let length = self.length.get() as usize;
        let mut numbers = vec![PADDING; texts.len() * length];
        for (row, tokens) in numbers.chunks_mut(length).zip(&texts) {
            for (number, token) in row.iter_mut().zip(tokens) {
                *number = number_of.get(token.as_str()).copied().unwrap_or(UNKNOWN);
            }
        }
        Ok(Texts { numbers, length, vocabulary })
    }

    /// The tokens that enough of these texts have, sorted.
    fn vocabulary<'a>(&self, texts: impl Iterator<Item = &'a [String]>) -> Vec<String> {
        let mut count_of: FxHashMap<&str, u32> = FxHashMap::default();
        for tokens in texts {
            let different: FxHashSet<&str> = tokens.iter().map(String::as_str).collect();
            different.into_iter().for_each(|token| *count_of.entry(token).or_default() += 1);
        }
        let known = count_of.into_iter().filter(|(_, count)| *count >= self.minimum.get());
        let mut vocabulary: Vec<String> = known.map(|(token, _)| token.to_owned()).collect();
        vocabulary.sort_unstable();
        vocabulary
    }
}

impl Tokens {
    /// The first tokens of a text, so many at most.
    fn of(self, text: &str, most: usize) -> Vec<String> {
        let text = text.to_lowercase();
        match self {
            Self::Words => {
                let words = text.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty());
                words.take(most).map(str::to_owned).collect()
            }
            Self::Characters => text.chars().take(most).map(String::from).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Attribute, IdMap};

    /// Items with these titles, of which all but the last have a training rating.
    fn titled(titles: &[&str]) -> (Catalogue, Csr) {
        let ids = IdMap::new((1..=titles.len()).map(|id| id.to_string()).collect());
        let values = titles.iter().map(|&title| title.to_owned()).collect();
        let train = Csr::from_entries(titles.len(), 1, (0..titles.len() as u32 - 1).map(|row| (row, 0, 3.0)));
        (Catalogue { ids, attributes: vec![Attribute { name: "title".to_owned(), values }] }, train)
    }

    fn read(written: &str, titles: &[&str]) -> Result<Texts, String> {
        let config: TextConfig = toml::from_str(written).map_err(|error| error.to_string())?;
        let (rows, train) = titled(titles);
        config.read(&rows, &train).map_err(|error| error.to_string())
    }

    #[test]
    fn a_text_becomes_numbers_of_its_tokens() {
        let films = ["Heat (1995)", "The Heat", "", "Élan; the HEAT, the heat!", "Unheard of (1995)"];
        for (written, vocabulary, rows) in [
            (
                "minimum = 1\nlength = 3",
                &["1995", "heat", "the", "élan"][..],
                [[3, 2, 0], [4, 3, 0], [0, 0, 0], [5, 4, 3], [1, 1, 2]],
            ),
            // A text that has a token twice has it once.
            ("length = 3", &["heat", "the"], [[2, 1, 0], [3, 2, 0], [0, 0, 0], [1, 3, 2], [1, 1, 1]]),
            (
                "length = 3\ntokens = \"characters\"",
                &["a", "e", "h"],
                [[4, 3, 2], [1, 4, 3], [0, 0, 0], [1, 1, 2], [1, 1, 4]],
            ),
        ] {
            let texts = read(&format!("attribute = \"title\"\n{written}"), &films).unwrap();
            assert_eq!(texts.vocabulary, vocabulary, "{written}");
            assert_eq!(texts.count(), vocabulary.len() + 2);
            let found: Vec<&[u32]> = (0..films.len()).map(|row| texts.row(row)).collect();
            assert_eq!(found, rows, "{written}");
        }
    }

    #[test]
    fn who_has_no_training_rating_adds_no_token() {
        let with = |last| read("attribute = \"title\"\nminimum = 1", &["Heat", "Ran", last]).unwrap();
        let (one, other) = (with("Alien"), with("Heat heat"));
        assert_eq!(one.vocabulary, ["heat", "ran"]);
        assert_eq!((&one.vocabulary, one.row(0), one.row(1)), (&other.vocabulary, other.row(0), other.row(1)));
        assert_eq!((one.row(2)[..3].to_vec(), other.row(2)[..3].to_vec()), (vec![1, 0, 0], vec![2, 2, 0]));
    }

    #[test]
    fn what_cannot_be_read() {
        for (written, titles, expected) in [
            (
                "attribute = \"titel\"",
                ["Heat", "Ran"],
                "input.text.attribute: unknown attribute \"titel\"; this data set knows title",
            ),
            (
                "attribute = \"title\"",
                ["Heat", "Heat"],
                "input.text: no token of the attribute \"title\" is in 2 texts of rows with training ratings",
            ),
            ("attribute = \"title\"\nminimum = 1", ["", "Heat"], "is in 1 texts"),
            (
                "attribute = \"title\"\nlength = 0",
                ["Heat", "Ran"],
                "invalid value: integer `0`, expected a nonzero u32",
            ),
            (
                "attribute = \"title\"\ntokens = \"letters\"",
                ["Heat", "Ran"],
                "unknown variant `letters`, expected `words`",
            ),
            ("attribute = \"title\"\nlenght = 3", ["Heat", "Ran"], "unknown field `lenght`"),
            ("length = 3", ["Heat", "Ran"], "missing field `attribute`"),
        ] {
            let error = read(written, &titles).expect_err(written);
            assert!(error.contains(expected), "{written}: {error}");
        }
    }
}
