//! What is asked, checked as far as that needs no run.

use std::collections::BTreeMap;

use anyhow::{Result, anyhow, ensure};
use clap::ValueEnum;
use hyper::body::Bytes;
use serde::{Deserialize, Deserializer};

use super::query::Query;
use crate::recommend::{Asked, RATERS, Vectors};

/// Items of a list, at most.
const TOP: usize = 1000;

/// Letters of a title that is looked for, at most: what is nearest to it takes longer the longer it is.
const LETTERS: usize = 200;

/// Ratings of somebody new, at most: for reasons, all are left out in turn.
const RATINGS: usize = 1000;

/// Reasons for each item, at most.
const REASONS: usize = 100;

/// For the scoring threads.
pub(super) enum Question {
    /// Items by their titles; without one, the best known.
    Items { search: Option<String>, top: usize },
    /// Items like another, which is named by its id.
    Similar { item: String, top: usize, by: Option<Vectors>, raters: u32 },
    /// A [`Wish`], not read yet.
    Recommend(Bytes),
}

impl Question {
    /// # Errors
    /// When a parameter is wrong.
    pub(super) fn items(query: Option<&str>) -> Result<Self> {
        let query = Query::of(query, &["search", "top"])?;
        let search = query.text("search").map(str::to_owned);
        let letters = search.as_deref().map_or(0, |text| text.chars().count());
        ensure!(letters <= LETTERS, "search has {letters} letters, expected at most {LETTERS}");
        Ok(Self::Items { search, top: top(&query)? })
    }

    /// # Errors
    /// When a parameter is wrong or missing.
    pub(super) fn similar(query: Option<&str>) -> Result<Self> {
        let query = Query::of(query, &["item", "top", "by", "raters"])?;
        let item = query.text("item").ok_or_else(|| anyhow!("expected item=ID, the id of an item"))?.to_owned();
        let vectors = |text| {
            let found = Vectors::from_str(text, false);
            found.map_err(|_| anyhow!("by={text}: expected decoder, encoder or codes"))
        };
        let by = query.text("by").map(vectors).transpose()?;
        Ok(Self::Similar { item, top: top(&query)?, by, raters: query.number("raters", RATERS, 0..=u32::MAX)? })
    }
}

fn top(query: &Query) -> Result<usize> {
    query.number("top", Asked::default().top, 1..=TOP)
}

/// The body of a request for recommendations.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Wish {
    /// Somebody new, by their ratings.
    pub(super) ratings: Option<Vec<Given>>,
    /// What is known of them besides.
    pub(super) about: BTreeMap<String, String>,
    /// Or a user of the data, by id.
    #[serde(deserialize_with = "some_id")]
    pub(super) user: Option<String>,
    top: usize,
    threshold: Option<f32>,
    raters: u32,
    rated_too: bool,
    reasons: usize,
}

/// The rating of an item, which is named by its id.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Given {
    #[serde(deserialize_with = "id")]
    item: String,
    rating: f32,
}

/// An id, which is a text, and in JSON often written as a number.
fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected an id: a text or a whole number")]
    enum Id {
        Number(i64),
        Text(String),
    }
    Ok(match Id::deserialize(deserializer)? {
        Id::Number(number) => number.to_string(),
        Id::Text(text) => text,
    })
}

fn some_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    id(deserializer).map(Some)
}

impl Default for Wish {
    fn default() -> Self {
        let Asked { top, threshold, raters, rated_too, reasons } = Asked::default();
        Self { ratings: None, about: BTreeMap::new(), user: None, top, threshold, raters, rated_too, reasons }
    }
}

/// For whom something is recommended.
pub(super) enum Whom {
    Known(String),
    New { ratings: Vec<(String, f32)>, about: Vec<(String, String)> },
}

impl Wish {
    /// # Errors
    /// When it is no JSON, or something in it is wrong; the error names the place.
    pub(super) fn read(body: &[u8]) -> Result<Self> {
        // A list would be read as the fields one after the other.
        ensure!(body.trim_ascii_start().first() != Some(&b'['), "the body is a list, expected an object");
        let mut json = serde_json::Deserializer::from_slice(body);
        let wish: Self =
            serde_path_to_error::deserialize(&mut json).map_err(|error| match error.path().iter().next() {
                Some(_) => anyhow!("the body, at {}: {}", error.path(), error.inner()),
                None => anyhow!("the body: {}", error.inner()),
            })?;
        json.end().map_err(|error| anyhow!("the body: {error}"))?;
        ensure!((1..=TOP).contains(&wish.top), "top is {}, expected 1 to {TOP}", wish.top);
        ensure!(wish.reasons <= REASONS, "reasons is {}, expected 0 to {REASONS}", wish.reasons);
        Ok(wish)
    }

    pub(super) fn asked(&self) -> Asked {
        let Self { top, threshold, raters, rated_too, reasons, .. } = *self;
        Asked { top, threshold, raters, rated_too, reasons }
    }

    /// # Errors
    /// When nobody is named, or two are, or there are no ratings or too many.
    pub(super) fn whom(self) -> Result<Whom> {
        match (self.user, self.ratings) {
            (Some(id), None) => {
                ensure!(self.about.is_empty(), "about is for somebody new; of user {id} the data knows it");
                Ok(Whom::Known(id))
            }
            (None, Some(ratings)) => {
                let count = ratings.len();
                ensure!((1..=RATINGS).contains(&count), "ratings has {count} entries, expected 1 to {RATINGS}");
                let ratings = ratings.into_iter().map(|given| (given.item, given.rating)).collect();
                Ok(Whom::New { ratings, about: self.about.into_iter().collect() })
            }
            (None, None) => Err(anyhow!(
                "expected `ratings`, a list such as [{{\"item\": \"1\", \"rating\": 5}}], or `user`, the id of a user of the data"
            )),
            (Some(id), Some(_)) => Err(anyhow!("both `user` ({id}) and `ratings` are given; leave one of them out")),
        }
    }
}
