//! 0 everywhere.

use super::{UserRule, constant};

pub(super) fn fit() -> (Option<Vec<f32>>, UserRule) {
    constant::fit(0.0)
}
