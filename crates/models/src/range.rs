//! Numbers that cannot hold a value outside their range: configuration is checked where it is read.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A value that lies outside its range, and what is accepted.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{value} is out of range: {accepted}")]
pub struct OutOfRange {
    value: f64,
    accepted: &'static str,
}

macro_rules! checked_number {
    ($(#[$doc:meta])* $name:ident, $accepted:literal, $in_range:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
        #[serde(try_from = "f64", into = "f64")]
        pub struct $name(f64);

        impl $name {
            /// `NUMERATOR / DENOMINATOR`, checked when it is compiled: for defaults.
            pub const fn new<const NUMERATOR: u32, const DENOMINATOR: u32>() -> Self {
                const {
                    let value = NUMERATOR as f64 / DENOMINATOR as f64;
                    assert!($in_range(value), $accepted);
                    Self(value)
                }
            }

            /// The number.
            pub const fn get(self) -> f64 {
                self.0
            }
        }

        impl TryFrom<f64> for $name {
            type Error = OutOfRange;

            fn try_from(value: f64) -> Result<Self, OutOfRange> {
                // Of two zeros, which are the same setting, one.
                if $in_range(value) { Ok(Self(value + 0.0)) } else { Err(OutOfRange { value, accepted: $accepted }) }
            }
        }

        impl From<$name> for f64 {
            fn from(number: $name) -> f64 {
                number.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(formatter)
            }
        }
    };
}

checked_number!(
    /// A share of something that must leave a rest: a dropout rate, a decay of a running mean.
    Rate, "expected a number from 0 up to, but not including, 1", is_rate
);

checked_number!(
    /// A finite number that is not negative: a weight of a penalty, a standard deviation.
    NonNegative, "expected a finite number of at least 0", is_non_negative
);

checked_number!(
    /// A finite number above zero: a learning rate.
    Positive, "expected a finite number above 0", is_positive
);

checked_number!(
    /// Any number but `nan` and the infinities.
    Finite, "expected a finite number", is_finite
);

checked_number!(
    /// A part of a whole that can be all of it: a probability.
    Share, "expected a number from 0 to 1", is_share
);

const fn is_finite(x: f64) -> bool {
    x.is_finite()
}

const fn is_share(x: f64) -> bool {
    x >= 0.0 && x <= 1.0
}

const fn is_rate(x: f64) -> bool {
    x >= 0.0 && x < 1.0
}

const fn is_non_negative(x: f64) -> bool {
    x >= 0.0 && x.is_finite()
}

const fn is_positive(x: f64) -> bool {
    x > 0.0 && x.is_finite()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_range_takes_its_values_and_refuses_the_others() {
        for (value, rate, share, non_negative, positive) in [
            (0.0, true, true, true, false),
            (0.5, true, true, true, true),
            (1.0, false, true, true, true),
            (-0.1, false, false, false, false),
            (2.0, false, false, true, true),
            (f64::NAN, false, false, false, false),
            (f64::INFINITY, false, false, false, false),
        ] {
            assert_eq!(Rate::try_from(value).is_ok(), rate, "rate {value}");
            assert_eq!(Share::try_from(value).is_ok(), share, "share {value}");
            assert_eq!(NonNegative::try_from(value).is_ok(), non_negative, "non-negative {value}");
            assert_eq!(Positive::try_from(value).is_ok(), positive, "positive {value}");
            assert_eq!(Finite::try_from(value).is_ok(), value.is_finite(), "finite {value}");
        }
        assert!(NonNegative::try_from(-0.0).unwrap().get().is_sign_positive(), "there is one zero");
    }
}
