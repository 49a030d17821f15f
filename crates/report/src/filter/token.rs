//! The pieces of a filter.

use super::{Comparison, FilterError};

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A path, a keyword, a number or a text without quotes.
    Word(String),
    /// A text in quotes.
    Quoted(String),
    Comparison(Comparison),
    /// One of `( ) [ ] ,`.
    Mark(char),
    End,
}

impl Token {
    /// As an error shows it.
    pub(super) fn shown(&self) -> String {
        match self {
            Token::Word(text) | Token::Quoted(text) => format!("`{text}`"),
            Token::Comparison(comparison) => {
                let same = COMPARISONS.iter().find(|(_, other)| other == comparison);
                format!("`{}`", same.map_or("", |(sign, _)| sign))
            }
            Token::Mark(mark) => format!("`{mark}`"),
            Token::End => "the end".to_owned(),
        }
    }
}

/// Longer signs first: `<=` is not `<` and `=`.
const COMPARISONS: [(&str, Comparison); 8] = [
    ("!=", Comparison::NotEqual),
    ("<=", Comparison::AtMost),
    (">=", Comparison::AtLeast),
    ("==", Comparison::Equal),
    ("=", Comparison::Equal),
    ("<", Comparison::Less),
    (">", Comparison::Greater),
    ("~", Comparison::Contains),
];

/// What words are made of, besides letters and digits.
const IN_WORDS: &str = "_-.@:/+";

/// `(column, token)` of the whole text; the last is [`Token::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<(usize, Token)>, FilterError> {
    let letters: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < letters.len() {
        if letters[at].is_whitespace() {
            at += 1;
            continue;
        }
        let (token, length) = next(&letters[at..], at + 1)?;
        tokens.push((at + 1, token));
        at += length;
    }
    tokens.push((letters.len() + 1, Token::End));
    Ok(tokens)
}

/// The first token of `letters`, and how many of them it takes.
fn next(letters: &[char], column: usize) -> Result<(Token, usize), FilterError> {
    let first = letters[0];
    let word = letters.iter().take_while(|letter| letter.is_alphanumeric() || IN_WORDS.contains(**letter)).count();
    if word > 0 {
        return Ok((Token::Word(letters[..word].iter().collect()), word));
    }
    if "()[],".contains(first) {
        return Ok((Token::Mark(first), 1));
    }
    if "\"'".contains(first) {
        let end = letters[1..].iter().position(|letter| *letter == first);
        let missing = || FilterError { column, expected: "a closing quote", found: letters.iter().collect() };
        let end = end.ok_or_else(missing)?;
        return Ok((Token::Quoted(letters[1..=end].iter().collect()), end + 2));
    }
    if first == '{' {
        return Err(FilterError {
            column,
            expected: "a number, a word, a \"text\" or a [list]; an option of a choice has its own path, as in \
                       input.fill.constant = 3",
            found: "`{`".to_owned(),
        });
    }
    let begins = |sign: &str| sign.chars().zip(letters).filter(|(sign, letter)| sign == *letter).count() == sign.len();
    let found = COMPARISONS.into_iter().find(|(sign, _)| begins(sign));
    let (sign, comparison) = found.ok_or_else(|| FilterError {
        column,
        expected: "a path, a value, a comparison (=, !=, <, <=, >, >=, ~), and, or, not, or a parenthesis",
        found: format!("`{first}`"),
    })?;
    Ok((Token::Comparison(comparison), sign.len()))
}
