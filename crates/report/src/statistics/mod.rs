//! Statistics over seeds and over users: intervals of means, tests of differences, sizes of effects, and the correction for many tests.

mod bootstrap;
mod effect_size;
mod holm;
mod paired_t;
mod t_interval;
mod wilcoxon;

pub use bootstrap::{Bootstrap, Interval, Pair, Pooled};
pub use effect_size::{cohens_dz, rank_biserial};
pub use holm::holm;
pub use paired_t::paired_t;
pub use t_interval::{Estimate, estimate};
pub use wilcoxon::wilcoxon;

#[cfg(test)]
mod tests;
