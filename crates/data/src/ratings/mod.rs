//! What of a source counts as a rating: `[ratings]`.

mod assemble;
mod cast;
mod duplicates;
mod implicit;
mod minimum;
mod only;

pub use cast::Cast;
pub use duplicates::Duplicates;
pub use implicit::Implicit;
pub use minimum::Minimum;
pub use only::Only;

use crate::source::raw::Raw;
use crate::{Error, Interactions, Scale};
use serde::{Deserialize, Serialize};

/// What is done to ratings after they are read and before they are split, in the order of these fields.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RatingsConfig {
    /// The lowest and the highest rating there can be. Without it, a known data set has the one that it is known for, and
    /// another that of its training ratings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale: Option<Scale>,
    /// Whose ratings count, by what is known of the users; without it everybody's.
    #[serde(skip_serializing_if = "Only::is_everybody")]
    pub users: Only,
    /// A change of the values themselves, to reproduce what others did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cast: Option<Cast>,
    /// Makes ratings into events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub implicit: Option<Implicit>,
    /// What happens to a second rating of an item by the same user.
    pub duplicates: Duplicates,
    /// Users and items with fewer ratings are left out.
    #[serde(skip_serializing_if = "Minimum::is_none")]
    pub minimum: Minimum,
    /// Which users and items there are.
    pub catalogue: CatalogueConfig,
}

/// Which users and items have a row or a column.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CatalogueConfig {
    /// Those that the source describes too, without a rating.
    Listed,
    /// Every whole number from 1 to the largest id, as programs have them that use ids as places.
    Numbered,
    /// Those with a rating.
    #[default]
    Rated,
}

/// What became of the lines of a source.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Ratings in the source.
    pub read: usize,
    /// Those of users who are not asked for.
    #[serde(default)]
    pub of_others: usize,
    /// Those that a cast made 0, which stands for unobserved there.
    pub cast_to_zero: usize,
    /// Those that are no event.
    pub not_events: usize,
    /// Those of a pair of user and item that has another one.
    pub duplicates: usize,
    /// Those of users and items with too few ratings.
    pub too_few: usize,
}

impl RatingsConfig {
    /// What a single value counts as; nothing, where it counts as unobserved.
    pub fn value(&self, value: f32) -> Option<f32> {
        let cast = self.cast.map_or(Some(value), |cast| cast.apply(value));
        self.implicit.as_ref().map_or(cast, |implicit| cast.and_then(|value| implicit.apply(value)))
    }

    /// Ratings that count, sorted by user and item.
    ///
    /// # Errors
    ///
    /// If a rating is off the scale, or a pair is rated twice and that is not provided for.
    pub(crate) fn apply(&self, mut raw: Raw) -> Result<Interactions, Error> {
        let scale = self.scale.or(raw.scale);
        check_scale(&raw, scale)?;
        let mut counts = Counts { read: raw.ratings.len(), ..Counts::default() };
        let mut rows: Vec<u32> = (0..raw.ratings.len() as u32).collect();
        counts.of_others = self.users.filter(&mut raw, &mut rows)?;
        if let Some(cast) = self.cast {
            counts.cast_to_zero = transform(&mut raw, &mut rows, |value| cast.apply(value));
        }
        if let Some(implicit) = &self.implicit {
            counts.not_events = transform(&mut raw, &mut rows, |value| implicit.apply(value));
        }
        let kept = rows.len();
        let mut interactions = assemble::interactions(raw, rows, self.catalogue, self.duplicates)?;
        counts.duplicates = kept - interactions.ratings.len();
        counts.too_few = self.minimum.filter(&mut interactions, self.catalogue);
        // Events are not on the scale of the ratings that they come from, and sums go beyond it.
        interactions.scale = scale.filter(|_| self.implicit.is_none() && self.duplicates != Duplicates::Sum);
        interactions.counts = counts;
        Ok(interactions)
    }
}

/// Changes the values of the ratings at `rows`, and leaves those out that have none afterwards; says how many.
fn transform(raw: &mut Raw, rows: &mut Vec<u32>, change: impl Fn(f32) -> Option<f32>) -> usize {
    let before = rows.len();
    rows.retain(|&row| {
        let rating = &mut raw.ratings[row as usize];
        change(rating.value).map(|value| rating.value = value).is_some()
    });
    before - rows.len()
}

fn check_scale(raw: &Raw, scale: Option<Scale>) -> Result<(), Error> {
    let Some(scale) = scale else { return Ok(()) };
    let Some(row) = raw.ratings.iter().position(|rating| !scale.contains(rating.value)) else { return Ok(()) };
    let rating = &raw.ratings[row];
    let value = rating.value;
    Err(match raw.file_of(row) {
        None => Error::GeneratedOutsideScale { value, scale },
        Some(file) => Error::OutsideScale {
            path: file.path.clone(),
            line: file.line(row),
            column: file.column(rating),
            value,
            scale,
        },
    })
}
