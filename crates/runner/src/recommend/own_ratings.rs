//! A new user's own ratings: `--rate "Toy Story=5"`, and files.

use std::fmt::Display;
use std::fs::File;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail, ensure};
use hourglass_data::Scale;

use super::Titles;

/// A rating as it was given.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnRating {
    /// The item that was meant.
    pub item: u32,
    /// On the scale of the source.
    pub rating: f32,
}

/// What is accepted.
pub struct Accepted<'a> {
    /// The items that there are.
    pub titles: &'a Titles<'a>,
    /// The lowest and the highest rating, where that is known.
    pub scale: Option<Scale>,
}

impl Accepted<'_> {
    /// `--rate TITLE=RATING`, each.
    ///
    /// # Errors
    /// When one is not written so, its item is not known, its rating is off the scale, or an item is rated twice.
    pub fn arguments(&self, arguments: &[String]) -> Result<Vec<OwnRating>> {
        let rating = |argument: &String| {
            let at = || format!("--rate \"{argument}\"");
            let (title, rating) = argument
                .rsplit_once('=')
                .ok_or_else(|| anyhow!("{}: expected TITLE=RATING, for example \"Toy Story=5\"", at()))?;
            self.rating(|| self.titles.find(title), rating).with_context(at)
        };
        once_each(arguments.iter().map(rating).collect::<Result<_>>()?, |place| format!("--rate {}", arguments[place]))
    }

    /// A file with a header that names the columns: `rating`, and `item` (an id) or `title`; others are left alone.
    ///
    /// # Errors
    /// As [`arguments`](Self::arguments), with the line; or when the file cannot be read or has other columns.
    pub fn file(&self, path: &Path) -> Result<Vec<OwnRating>> {
        let name = path.display();
        let file = File::open(path).with_context(|| format!("cannot read {name}"))?;
        let mut table = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(file);
        let header = table.headers().with_context(|| format!("cannot read {name}"))?.clone();
        let place = |wanted: &[&str]| header.iter().position(|column| wanted.contains(&column.to_lowercase().as_str()));
        let (item, title) = (place(&["item", "id", "movieid"]), place(&["title"]));
        let (Some(named), Some(rated)) = (item.or(title), place(&["rating"])) else {
            let found = header.iter().collect::<Vec<_>>().join(", ");
            bail!("{name}:1: the columns are {found}; expected a header with `rating`, and with `item` or `title`");
        };
        let (mut ratings, mut lines) = (Vec::new(), Vec::new());
        for record in table.into_records() {
            let record = record.with_context(|| format!("cannot read {name}"))?;
            let line = record.position().map_or(0, csv::Position::line);
            let text = &record[named];
            let find = || match item {
                Some(_) => self.titles.by_id(text),
                None => self.titles.find(text),
            };
            ratings.push(self.rating(find, &record[rated]).with_context(|| format!("{name}:{line}"))?);
            lines.push(line);
        }
        ensure!(!ratings.is_empty(), "{name} holds no rating; expected a line for each below the header");
        once_each(ratings, |place| format!("{name}:{}", lines[place]))
    }

    /// Ids of items and their ratings, each.
    ///
    /// # Errors
    /// As [`arguments`](Self::arguments), with the place in the list.
    pub fn list(&self, list: &[(String, f32)]) -> Result<Vec<OwnRating>> {
        let at = |place: usize| format!("ratings[{place}]");
        let rating = |(place, (id, rating)): (usize, &(String, f32))| {
            self.checked(|| self.titles.by_id(id), Some(*rating), rating).with_context(|| at(place))
        };
        once_each(list.iter().enumerate().map(rating).collect::<Result<_>>()?, at)
    }

    fn rating(&self, item: impl FnOnce() -> Result<u32>, text: &str) -> Result<OwnRating> {
        self.checked(item, text.trim().parse().ok(), text.trim())
    }

    fn checked(
        &self,
        item: impl FnOnce() -> Result<u32>,
        rating: Option<f32>,
        given: impl Display,
    ) -> Result<OwnRating> {
        let is_accepted = |rating: &f32| rating.is_finite() && self.scale.is_none_or(|scale| scale.contains(*rating));
        let accepted = || self.scale.map_or_else(|| "a number".to_owned(), |scale| format!("a number from {scale}"));
        let rating = rating.filter(is_accepted);
        let rating = rating.ok_or_else(|| anyhow!("the rating `{given}`, expected {}", accepted()))?;
        Ok(OwnRating { item: item()?, rating })
    }
}

/// Refuses a second rating of an item; `at` says where a rating stands.
fn once_each(ratings: Vec<OwnRating>, at: impl Fn(usize) -> String) -> Result<Vec<OwnRating>> {
    for (place, rating) in ratings.iter().enumerate() {
        if let Some(before) = ratings[..place].iter().position(|before| before.item == rating.item) {
            bail!("{} and {} rate the same item; leave one of them out", at(before), at(place));
        }
    }
    Ok(ratings)
}
