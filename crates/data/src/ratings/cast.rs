//! What others did to the values, by its name.

use serde::{Deserialize, Serialize};

/// A change of the values themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cast {
    /// Cuts off what follows the point, and takes a resulting 0 for unobserved: 4.5 becomes 4, and 0.5 is lost. This is what
    /// `np.array(…, dtype="int")` does to half stars in programs that write 0 for "not rated".
    Integer,
}

impl Cast {
    /// The changed value, unless it is lost.
    pub(super) fn apply(self, value: f32) -> Option<f32> {
        match self {
            Self::Integer => Some(value.trunc()).filter(|&value| value != 0.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_stars_are_cut() {
        let cases = [(5.0, Some(5.0)), (4.5, Some(4.0)), (1.0, Some(1.0)), (0.5, None), (-1.5, Some(-1.0))];
        for (value, expected) in cases {
            assert_eq!(Cast::Integer.apply(value), expected);
        }
    }
}
