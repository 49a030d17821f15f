//! Ratings, or counts, as events: that it happened is all that is known.

use crate::Finite;
use serde::{Deserialize, Serialize};

/// Which values say that a user likes, or has used, an item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Implicit {
    /// A value above this becomes a 1; all others count as unobserved. 3.5 is usual for stars, 0 for counts.
    pub above: Finite,
}

impl Implicit {
    /// 1, unless it is no event.
    pub(super) fn apply(&self, value: f32) -> Option<f32> {
        (value > f32::from(self.above)).then_some(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_above_becomes_one() {
        let implicit = Implicit { above: 3.5.try_into().unwrap() };
        assert_eq!([3.0, 3.5, 4.0, 5.0].map(|value| implicit.apply(value)), [None, None, Some(1.0), Some(1.0)]);
    }
}
