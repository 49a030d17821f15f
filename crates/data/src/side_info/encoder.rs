//! One entry of a list of side information: an attribute, and what columns it becomes.

use super::{Columns, Values, binned, hashed, multi_hot, numeric, one_hot, svd, year};
use crate::Error;
use serde::de::value::MapAccessDeserializer;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// What columns an attribute becomes; written as `{ numeric = "age" }`. A name alone, as `"gender"`, is one-hot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "kebab-case")]
pub enum Encoder {
    /// A column for each range of a number.
    Binned(binned::Config),
    /// A given number of columns, into which the values are hashed.
    Hashed(hashed::Config),
    /// A column for each of the several values that a text holds.
    MultiHot(multi_hot::Config),
    /// A number as one column, with the mean 0 and the standard deviation 1.
    Numeric(String),
    /// A column for each value.
    OneHot(String),
    /// The main directions of the several values that a text holds.
    Svd(svd::Config),
    /// The year at the end of a title, as a number.
    Year(String),
}

impl Encoder {
    /// What is encoded.
    pub fn attribute(&self) -> &str {
        match self {
            Self::Binned(config) => &config.attribute,
            Self::Hashed(config) => &config.attribute,
            Self::MultiHot(config) => &config.attribute,
            Self::Numeric(attribute) | Self::OneHot(attribute) | Self::Year(attribute) => attribute,
            Self::Svd(config) => &config.attribute,
        }
    }

    /// Fits on those who have training ratings, and encodes all.
    pub(super) fn encode(&self, values: &Values<'_>) -> Result<Columns, Error> {
        Ok(match self {
            Self::Binned(config) => config.encode(values)?,
            Self::Hashed(config) => config.encode(values),
            Self::MultiHot(config) => config.separator.encode(values),
            Self::Numeric(_) => numeric::encode(values)?,
            Self::OneHot(_) => one_hot::encode(values),
            Self::Svd(config) => config.encode(values),
            Self::Year(_) => year::encode(values),
        })
    }
}

impl Serialize for Encoder {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::OneHot(attribute) => serializer.serialize_str(attribute),
            other => Self::serialize(other, serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Encoder {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameOrTable;

        impl<'de> Visitor<'de> for NameOrTable {
            type Value = Encoder;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("the name of an attribute, as \"gender\", or an encoder, as { numeric = \"age\" }")
            }

            fn visit_str<E: serde::de::Error>(self, attribute: &str) -> Result<Encoder, E> {
                Ok(Encoder::OneHot(attribute.to_owned()))
            }

            fn visit_map<M: MapAccess<'de>>(self, mut table: M) -> Result<Encoder, M::Error> {
                let encoder = Encoder::deserialize(MapAccessDeserializer::new(&mut table))?;
                match table.next_entry::<String, IgnoredAny>()? {
                    None => Ok(encoder),
                    Some((second, _)) => Err(serde::de::Error::custom(format!(
                        "{second:?} is a second encoder in one table; write {{ … }}, {{ … }} with one encoder each"
                    ))),
                }
            }
        }

        deserializer.deserialize_any(NameOrTable)
    }
}
