//! From text to condition.

use serde_json::Value;

use super::token::{Token, tokens};
use super::{Condition, Filter, FilterError, FilterPath};

pub(super) fn parse(text: &str) -> Result<Filter, FilterError> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0, paths: Vec::new() };
    let condition = parser.any()?;
    match parser.next() {
        (_, Token::End) => Ok(Filter { condition, paths: parser.paths }),
        other => Err(unexpected(other, "and, or, or the end")),
    }
}

/// How deep parentheses and `not` may go: what a person writes goes nowhere near, and the stack ends somewhere.
const DEEPEST: usize = 100;

struct Parser {
    tokens: Vec<(usize, Token)>,
    at: usize,
    paths: Vec<FilterPath>,
}

impl Parser {
    fn any(&mut self) -> Result<Condition, FilterError> {
        self.any_within(DEEPEST)
    }

    fn any_within(&mut self, depth: usize) -> Result<Condition, FilterError> {
        let mut conditions = vec![self.all(depth)?];
        while self.skip_word("or") {
            conditions.push(self.all(depth)?);
        }
        Ok(joined(conditions, Condition::Any))
    }

    fn all(&mut self, depth: usize) -> Result<Condition, FilterError> {
        let mut conditions = vec![self.one(depth)?];
        while self.skip_word("and") {
            conditions.push(self.one(depth)?);
        }
        Ok(joined(conditions, Condition::All))
    }

    fn one(&mut self, depth: usize) -> Result<Condition, FilterError> {
        let (column, token) = self.next();
        let deeper = depth.checked_sub(1).ok_or(FilterError {
            column,
            expected: "at most 100 parentheses and nots inside each other",
            found: "one more".to_owned(),
        })?;
        match token {
            Token::Word(word) if word == "not" => Ok(Condition::Not(Box::new(self.one(deeper)?))),
            Token::Mark('(') => {
                let inner = self.any_within(deeper)?;
                match self.next() {
                    (_, Token::Mark(')')) => Ok(inner),
                    other => Err(unexpected(other, "and, or, or a closing parenthesis")),
                }
            }
            Token::Word(path) if !["and", "or"].contains(&path.as_str()) => self.comparison(path, column),
            other => Err(unexpected((column, other), "a path such as test.rmse or input.fill, not, or a parenthesis")),
        }
    }

    fn comparison(&mut self, path: String, column: usize) -> Result<Condition, FilterError> {
        self.paths.push(FilterPath { path: path.clone(), column });
        match self.next() {
            (_, Token::Comparison(comparison)) => {
                let (column, token) = self.next();
                let value = self.value(column, token)?;
                if comparison.is_of_order() && !value.is_number() {
                    return Err(FilterError {
                        column,
                        expected: "a number after <, <=, > or >=",
                        found: value.to_string(),
                    });
                }
                Ok(Condition::Compare(path, comparison, value))
            }
            other => Err(unexpected(other, "a comparison: =, !=, <, <=, >, >= or ~ (contains)")),
        }
    }

    fn value(&mut self, column: usize, token: Token) -> Result<Value, FilterError> {
        match token {
            Token::Quoted(text) => Ok(text.into()),
            Token::Word(word) => Ok(plain_value(word)),
            Token::Mark('[') => self.list(),
            other => Err(unexpected((column, other), "a value: a number, a word, a \"text\" or a [list]")),
        }
    }

    /// After the opening bracket.
    fn list(&mut self) -> Result<Value, FilterError> {
        let mut values = Vec::new();
        loop {
            match self.next() {
                (_, Token::Mark(']')) => return Ok(values.into()),
                (column, Token::Mark('[')) => {
                    return Err(unexpected((column, Token::Mark('[')), "a number, a word or a \"text\" in the list"));
                }
                (column, token) => values.push(self.value(column, token)?),
            }
            match self.next() {
                (_, Token::Mark(']')) => return Ok(values.into()),
                (_, Token::Mark(',')) => {}
                other => return Err(unexpected(other, "a comma or a closing bracket")),
            }
        }
    }

    /// The last token stays.
    fn next(&mut self) -> (usize, Token) {
        let token = self.tokens[self.at].clone();
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        token
    }

    fn skip_word(&mut self, word: &str) -> bool {
        let there = matches!(&self.tokens[self.at].1, Token::Word(found) if found == word);
        self.at += usize::from(there);
        there
    }
}

fn joined(mut conditions: Vec<Condition>, join: fn(Vec<Condition>) -> Condition) -> Condition {
    if conditions.len() == 1 { conditions.remove(0) } else { join(conditions) }
}

/// Numbers begin with a digit, a sign or a point: `inf` and `nan` are words.
fn plain_value(word: String) -> Value {
    let like_a_number = word.starts_with(|letter: char| letter.is_ascii_digit() || "+-.".contains(letter));
    match (word.as_str(), word.parse::<f64>()) {
        ("true", _) => Value::Bool(true),
        ("false", _) => Value::Bool(false),
        (_, Ok(number)) if like_a_number && number.is_finite() => number.into(),
        _ => word.into(),
    }
}

fn unexpected((column, token): (usize, Token), expected: &'static str) -> FilterError {
    FilterError { column, expected, found: token.shown() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_the_column_and_what_is_accepted() {
        let cases = [
            ("", "column 1: expected a path such as test.rmse or input.fill, not, or a parenthesis, found the end"),
            ("test.rmse", "column 10: expected a comparison: =, !=, <, <=, >, >= or ~ (contains), found the end"),
            ("test.rmse < ", "column 13: expected a value: a number, a word, a \"text\" or a [list], found the end"),
            ("test.rmse < low", "column 13: expected a number after <, <=, > or >=, found \"low\""),
            ("seed = 1 seed = 2", "column 10: expected and, or, or the end, found `seed`"),
            ("(seed = 1", "column 10: expected and, or, or a closing parenthesis, found the end"),
            ("seed = 1)", "column 9: expected and, or, or the end, found `)`"),
            ("seed = 1 and or seed = 2", "column 14: expected a path"),
            ("seed => 1", "column 7: expected a value"),
            ("seed & 1", "column 6: expected a path, a value, a comparison"),
            ("x = [1, 2", "column 10: expected a comma or a closing bracket, found the end"),
            ("x = [1 2]", "column 8: expected a comma or a closing bracket, found `2`"),
            (
                "x = { a = 1 }",
                "column 5: expected a number, a word, a \"text\" or a [list]; an option of a choice has its own path",
            ),
            ("x = [[1]]", "column 6: expected a number, a word or a \"text\" in the list, found `[`"),
            ("ß = \"open", "column 5: expected a closing quote"),
        ];
        for (text, expected) in cases {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{text}: {error}");
        }
        let deep = "(".repeat(5000);
        assert!(parse(&deep).unwrap_err().to_string().contains("at most 100"), "no stack overflow");
    }

    #[test]
    fn words_are_numbers_truths_or_texts() {
        let cases: [(&str, Value); 7] = [
            ("3", 3.0.into()),
            ("-1e-3", (-1e-3).into()),
            ("true", true.into()),
            ("inf", "inf".into()),
            ("user-mean", "user-mean".into()),
            ("3fa2", "3fa2".into()),
            ("1e999", "1e999".into()),
        ];
        for (word, expected) in cases {
            assert_eq!(plain_value(word.to_owned()), expected, "{word}");
        }
    }
}
