//! Ratings that are ready for a model: read, cleaned and split, in this process or an earlier one.

use crate::cache::Cache;
use crate::{Catalogue, Counts, Error, RatingsConfig, Scale, SourceConfig, Split, SplitConfig, load};
use std::path::Path;

/// What an experiment needs to know of its data.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    /// All users: the rows of each matrix.
    pub users: Catalogue,
    /// All items: the columns of each matrix.
    pub items: Catalogue,
    /// The ratings by what they are for.
    pub split: Split,
    /// The declared range of the ratings, or that of the training part.
    pub scale: Scale,
    /// What became of the lines of the source.
    pub counts: Counts,
    /// The best global RMSE any model can be expected to reach; known for generated data only.
    pub noise_floor: Option<f64>,
    /// Names the ratings.
    pub fingerprint: String,
    /// Names the parts.
    pub split_fingerprint: String,
}

impl Dataset {
    /// Reads, cleans and splits ratings.
    ///
    /// # Errors
    ///
    /// If the data is missing, unreadable, wrong in any line, or cannot be split.
    pub fn new(source: &SourceConfig, ratings: &RatingsConfig, split: &SplitConfig) -> Result<Self, Error> {
        let interactions = load(source, ratings)?;
        let split = split.split(&interactions)?;
        let (fingerprint, split_fingerprint) = rayon::join(|| interactions.fingerprint(), || split.fingerprint());
        let scale = interactions.scale.unwrap_or_else(|| Scale::of(split.train.entries().map(|(.., value)| value)));
        Ok(Self {
            users: interactions.users,
            items: interactions.items,
            split,
            scale,
            counts: interactions.counts,
            noise_floor: interactions.noise_floor,
            fingerprint,
            split_fingerprint,
        })
    }

    /// The same, kept in a folder for the next time: then it is mapped into memory from there, in milliseconds, as long as
    /// no file of the source has changed.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new). A folder that cannot be written, or a file in it that is not what it should be, is no error:
    /// the data is made anew.
    pub fn cached(
        source: &SourceConfig,
        ratings: &RatingsConfig,
        split: &SplitConfig,
        folder: &Path,
    ) -> Result<Self, Error> {
        let cache = Cache::new(folder, source, ratings, split)?;
        if let Some(dataset) = cache.load() {
            return Ok(dataset);
        }
        let dataset = Self::new(source, ratings, split)?;
        cache.store(&dataset);
        Ok(dataset)
    }
}
