//! The MovieLens data sets (Harper and Konstan 2015, ACM TiiS 5(4)), each as its archive unpacks.

use super::delimited::{Encoding, Layout};
use super::{rating_file, user_file};
use crate::{Error, Interactions, Scale};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Where the data set is; which one it is shows in its files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The folder of `ratings.dat`, `ratings-no-timestamp.dat`, `u.data` or `ratings.csv`, looked for in this order.
    pub path: PathBuf,
    /// The lowest and the highest rating there can be, where they are not those of the original data set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale: Option<Scale>,
}

/// One of the forms MovieLens comes in.
struct Format {
    ratings: &'static str,
    layout: Layout,
    /// The columns of user, item and rating.
    columns: [&'static str; 3],
    scale: Scale,
    users: Option<UserFormat>,
}

/// The file that describes users; its first columns.
struct UserFormat {
    file: &'static str,
    layout: Layout,
    columns: [&'static str; 4],
}

const WHOLE_STARS: Scale = Scale { minimum: 1.0, maximum: 5.0 };
const HALF_STARS: Scale = Scale { minimum: 0.5, maximum: 5.0 };

/// MovieLens 1M.
const DOUBLE_COLONS: Format = Format {
    ratings: "ratings.dat",
    layout: Layout {
        separator: "::",
        encoding: Encoding::Latin1,
        header: false,
        expected: "UserID::MovieID::Rating[::Timestamp]",
    },
    columns: ["user", "item", "rating"],
    scale: WHOLE_STARS,
    users: Some(UserFormat {
        file: "users.dat",
        layout: Layout {
            separator: "::",
            encoding: Encoding::Latin1,
            header: false,
            expected: "UserID::Gender::Age::Occupation::Zip-code",
        },
        columns: ["user", "gender", "age", "occupation"],
    }),
};

/// MovieLens 100K.
const TABS: Format = Format {
    ratings: "u.data",
    layout: Layout {
        separator: "\t",
        encoding: Encoding::Latin1,
        header: false,
        expected: "user, item, rating and timestamp between tabs",
    },
    columns: ["user", "item", "rating"],
    scale: WHOLE_STARS,
    users: Some(UserFormat {
        file: "u.user",
        layout: Layout {
            separator: "|",
            encoding: Encoding::Latin1,
            header: false,
            expected: "user|age|gender|occupation|zip",
        },
        columns: ["user", "age", "gender", "occupation"],
    }),
};

/// The data sets since 2015: latest-small, latest, 20M, 25M, 32M.
const COMMAS: Format = Format {
    ratings: "ratings.csv",
    layout: Layout {
        separator: ",",
        encoding: Encoding::Utf8,
        header: true,
        expected: "userId,movieId,rating,timestamp",
    },
    columns: ["userId", "movieId", "rating"],
    scale: HALF_STARS,
    users: None,
};

const FORMATS: [Format; 4] =
    [DOUBLE_COLONS, Format { ratings: "ratings-no-timestamp.dat", ..DOUBLE_COLONS }, TABS, COMMAS];

impl Config {
    pub(super) fn load(&self) -> Result<Interactions, Error> {
        let format = self.format()?;
        let ratings = self.path.join(format.ratings);
        let scale = self.scale.unwrap_or(format.scale);
        let mut interactions = rating_file::read(&ratings, format.layout, format.columns, scale)?;
        if let Some(UserFormat { file, layout, columns }) = format.users {
            let users = self.path.join(file);
            if users.exists() {
                interactions.user_attributes = user_file::read(&users, layout, &columns, &interactions.users)?;
            }
        }
        Ok(interactions)
    }

    fn format(&self) -> Result<Format, Error> {
        if self.path.is_file() {
            return Err(Error::NotAFolder { path: absolute(&self.path) });
        }
        if !self.path.is_dir() {
            return Err(Error::MissingFolder { folder: absolute(&self.path) });
        }
        FORMATS.into_iter().find(|format| self.path.join(format.ratings).exists()).ok_or_else(|| Error::NoRatingsFile {
            folder: absolute(&self.path),
            accepted: FORMATS.iter().map(|format| format.ratings).collect(),
        })
    }
}

/// The whole path, because a relative one does not say relative to what.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
