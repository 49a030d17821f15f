//! Statistics over seeds: intervals of means, tests of differences, and the correction for many of them.

mod holm;
mod paired_t;
mod t_interval;
mod wilcoxon;

pub use holm::holm;
pub use paired_t::paired_t;
pub use t_interval::{Estimate, estimate};
pub use wilcoxon::wilcoxon;

#[cfg(test)]
mod tests;
