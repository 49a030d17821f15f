//! Ratings, from a file to what a model is trained on.
//!
//! ```text
//! SourceConfig -> RatingsConfig -> Interactions -> SplitConfig -> Split { train, validation, test }
//!    files          [ratings]           │                           └─> FillConfig::fit -> FittedFill
//!                                       └─> Catalogue of users, of items -> SideInfoConfig::encode -> SideInfo
//! ```
//!
//! Two things never happen here: an unobserved entry is never stored (a stored 0 is a rating of 0), and nothing that is
//! fitted sees more than the training part.

pub mod analysis;
mod array;
mod cache;
mod catalogue;
mod convert;
mod convert_wide;
mod csr;
mod dataset;
mod error;
pub mod fetch;
mod fill;
mod fingerprint;
mod groups;
mod id_map;
mod interactions;
mod number;
mod ratings;
mod side_info;
mod source;
mod split;
mod table;
mod texts;
mod times;

pub use catalogue::{Attribute, Catalogue};
pub use convert::write_parquet;
pub use convert_wide::write_wide;
pub use csr::{Csr, Row};
pub use dataset::Dataset;
pub use error::Error;
pub use fill::{FillConfig, FittedFill};
pub use groups::{FittedGroups, GroupsConfig, clusters};
pub use id_map::IdMap;
pub use interactions::{Axis, Interactions, Rating};
pub use number::{Finite, Fraction, NonNegative, OutOfRange, Scale};
pub use ratings::{Cast, CatalogueConfig, Counts, Duplicates, Implicit, Minimum, Only, RatingsConfig};
pub use side_info::{
    Encoded, Encoder, SideInfo, SideInfoConfig, binned, hashed, multi_hot, right_singular_vectors, svd,
};
pub use source::{
    Paths, SourceConfig, column, delimited, images, movielens, parquet, recbole, synthetic, uniform, wide,
};
pub use split::{HeldOut, Split, SplitConfig, Stratify};
pub use split::{files, folds, held_out_users, leave_out, masked, random, rows, temporal, temporal_cut};
pub use table::{TableColumn, write_table};
pub use texts::{TextConfig, Texts};
pub use times::Times;

/// Reads ratings, and keeps those that count.
///
/// # Errors
///
/// If the data is missing, unreadable, or wrong in any line.
pub fn load(source: &SourceConfig, ratings: &RatingsConfig) -> Result<Interactions, Error> {
    ratings.apply(source.read()?)
}
