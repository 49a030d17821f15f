//! Ratings, from a file to what a model is trained on.
//!
//! ```text
//! SourceConfig::load -> Interactions -> SplitConfig::split -> Split { train, validation, test }
//!                            │                                   └─> FillConfig::fit -> FittedFill
//!                            └─> SideInfoConfig::encode -> SideInfo
//! ```
//!
//! Two things never happen here: an unobserved entry is never stored (a stored 0 is a rating of 0), and nothing that is
//! fitted sees more than the training part.

mod csr;
mod error;
mod fill;
mod fingerprint;
mod id_map;
mod interactions;
mod number;
mod side_info;
mod source;
mod split;

pub use csr::{Csr, Row};
pub use error::Error;
pub use fill::{FillConfig, FittedFill};
pub use id_map::IdMap;
pub use interactions::{Attribute, Axis, Interactions, Rating};
pub use number::{Finite, Fraction, NonNegative, OutOfRange, Scale};
pub use side_info::{SideInfo, SideInfoConfig};
pub use source::{SourceConfig, movielens, synthetic};
pub use split::{Split, SplitConfig, random};
