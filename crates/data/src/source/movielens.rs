//! The MovieLens data sets (Harper and Konstan 2015, ACM TiiS 5(4)), each as its archive unpacks.

use super::column::Column;
use super::rating_file::{self, RatingColumns};
use super::raw::{Description, Raw};
use super::text::{Layout, TextEncoding};
use super::{absolute, description_file, tags};
use crate::{Attribute, Error, Scale};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Where the data set is; which one it is shows in its files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The folder of `ratings.dat`, `ratings-no-timestamp.dat`, `u.data` or `ratings.csv`, looked for in this order.
    pub path: PathBuf,
    /// Other files of ratings in the folder to read instead, as `["u1.base", "u1.test"]`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ratings: Vec<String>,
}

/// One of the forms MovieLens comes in.
struct Format {
    /// A file that only this form has.
    mark: &'static str,
    /// The files of ratings, of which there is one.
    ratings: &'static [&'static str],
    layout: fn() -> Layout,
    columns: fn() -> RatingColumns,
    scale: Scale,
    users: Option<DescriptionFormat>,
    items: DescriptionFormat,
    /// The file of the tags that users gave to items.
    tags: Option<&'static str>,
}

/// A file that describes users or items: its attributes follow the id, in this order.
struct DescriptionFormat {
    file: &'static str,
    layout: fn() -> Layout,
    attributes: &'static [&'static str],
}

const WHOLE_STARS: Scale = Scale { minimum: 1.0, maximum: 5.0 };
const HALF_STARS: Scale = Scale { minimum: 0.5, maximum: 5.0 };

/// MovieLens 10M, which alone of the older ones has tags.
const TEN_MILLION: Format = Format {
    mark: "tags.dat",
    ratings: &["ratings.dat"],
    layout: || double_colons("UserID::MovieID::Rating::Timestamp"),
    columns: first_columns,
    scale: HALF_STARS,
    users: None,
    items: DescriptionFormat {
        file: "movies.dat",
        layout: || Layout { encoding: TextEncoding::UTF_8, ..double_colons("MovieID::Title::Genres") },
        attributes: &["title", "genres"],
    },
    tags: None,
};

/// MovieLens 1M.
const ONE_MILLION: Format = Format {
    mark: "",
    ratings: &["ratings.dat", "ratings-no-timestamp.dat"],
    layout: || double_colons("UserID::MovieID::Rating[::Timestamp]"),
    columns: first_columns,
    scale: WHOLE_STARS,
    users: Some(DescriptionFormat {
        file: "users.dat",
        layout: || double_colons("UserID::Gender::Age::Occupation::Zip-code"),
        attributes: &["gender", "age", "occupation", "zip"],
    }),
    items: DescriptionFormat {
        file: "movies.dat",
        layout: || double_colons("MovieID::Title::Genres"),
        attributes: &["title", "genres"],
    },
    tags: None,
};

/// MovieLens 100K.
const HUNDRED_THOUSAND: Format = Format {
    mark: "",
    ratings: &["u.data"],
    layout: || plain("\t", "user, item, rating and timestamp between tabs"),
    columns: first_columns,
    scale: WHOLE_STARS,
    users: Some(DescriptionFormat {
        file: "u.user",
        layout: || plain("|", "user|age|gender|occupation|zip"),
        attributes: &["age", "gender", "occupation", "zip"],
    }),
    items: DescriptionFormat {
        file: "u.item",
        layout: || plain("|", "item|title|release|video release|address, then 19 flags of genres"),
        attributes: &["title", "release", "video-release", "address"],
    },
    tags: None,
};

/// The data sets since 2015: latest-small, latest, 20M, 25M, 32M.
const WITH_HEADERS: Format = Format {
    mark: "",
    ratings: &["ratings.csv"],
    layout: || with_header("userId,movieId,rating,timestamp"),
    columns: || RatingColumns {
        user: Column::named("userId"),
        item: Column::named("movieId"),
        rating: Some(Column::named("rating")),
        time: Some(Column::named("timestamp")),
    },
    scale: HALF_STARS,
    users: None,
    items: DescriptionFormat {
        file: "movies.csv",
        layout: || with_header("movieId,title,genres"),
        attributes: &["title", "genres"],
    },
    tags: Some("tags.csv"),
};

const FORMATS: [Format; 4] = [TEN_MILLION, ONE_MILLION, HUNDRED_THOUSAND, WITH_HEADERS];

/// The flags of `u.item`, in their order.
const GENRES: [&str; 19] = [
    "unknown",
    "Action",
    "Adventure",
    "Animation",
    "Children's",
    "Comedy",
    "Crime",
    "Documentary",
    "Drama",
    "Fantasy",
    "Film-Noir",
    "Horror",
    "Musical",
    "Mystery",
    "Romance",
    "Sci-Fi",
    "Thriller",
    "War",
    "Western",
];

fn plain(separator: &str, expected: &str) -> Layout {
    Layout {
        separator: separator.to_owned(),
        encoding: TextEncoding::LATIN_1,
        header: false,
        quotes: false,
        expected: expected.to_owned(),
    }
}

fn double_colons(expected: &str) -> Layout {
    plain("::", expected)
}

fn with_header(expected: &str) -> Layout {
    Layout { encoding: TextEncoding::UTF_8, header: true, quotes: true, ..plain(",", expected) }
}

fn first_columns() -> RatingColumns {
    let [user, item, rating, time] = [1, 2, 3, 4].map(Column::Place);
    RatingColumns { user, item, rating: Some(rating), time: Some(time) }
}

impl Config {
    pub(super) fn load(&self) -> Result<Raw, Error> {
        let (format, files) = self.format()?;
        let mut raw = Raw { scale: Some(format.scale), ..Raw::default() };
        let layout = (format.layout)();
        let mut times = true;
        for path in &files {
            rating_file::read(&mut raw, path, &layout, |header, first| {
                let mut columns = (format.columns)();
                // Copies without time stamps are in use.
                times &= match &columns.time {
                    Some(Column::Name(name)) => header.iter().any(|field| field == name),
                    _ => first.len() > 3,
                };
                columns.time = columns.time.filter(|_| times);
                columns.find(path, &layout, header)
            })?;
        }
        if !times {
            raw.times.clear();
        }
        if let Some(users) = &format.users {
            raw.described_users = describe(&self.path, users)?;
        }
        raw.described_items = describe(&self.path, &format.items)?;
        if let Some(path) = format.tags.map(|file| self.path.join(file)).filter(|path| path.exists()) {
            let tags = tags::read(&path, &with_header("userId,movieId,tag,timestamp"), &raw.described_items.ids)?;
            raw.described_items.attributes.push(tags);
        }
        Ok(raw)
    }

    /// Which form the folder has, and its files of ratings.
    fn format(&self) -> Result<(Format, Vec<PathBuf>), Error> {
        if self.path.is_file() {
            return Err(Error::NotAFolder { path: absolute(&self.path) });
        }
        if !self.path.is_dir() {
            return Err(Error::MissingFolder { folder: absolute(&self.path) });
        }
        let there = |file: &&str| self.path.join(file).exists();
        let known = FORMATS.into_iter().find_map(|format| {
            let ratings = format.ratings.iter().copied().find(there)?;
            there(&format.mark).then_some((format, ratings))
        });
        let Some((format, ratings)) = known else {
            let mut accepted: Vec<&str> = FORMATS.iter().flat_map(|format| format.ratings).copied().collect();
            accepted.dedup();
            return Err(Error::NoRatingsFile { folder: absolute(&self.path), accepted });
        };
        let files = match self.ratings.as_slice() {
            [] => vec![self.path.join(ratings)],
            given => given.iter().map(|file| self.path.join(file)).collect(),
        };
        Ok((format, files))
    }

    /// The files that this data set is read from.
    pub(super) fn files(&self) -> Result<Vec<PathBuf>, Error> {
        let (format, mut files) = self.format()?;
        let described = format.users.iter().chain([&format.items]).map(|described| described.file);
        files.extend(described.chain(format.tags).map(|file| self.path.join(file)).filter(|path| path.exists()));
        Ok(files)
    }
}

fn describe(folder: &Path, format: &DescriptionFormat) -> Result<Description, Error> {
    let path = folder.join(format.file);
    if !path.exists() {
        return Ok(Description::default());
    }
    let attributes = (2..).zip(format.attributes).map(|(place, name)| ((*name).to_owned(), Column::Place(place)));
    let mut columns: Vec<_> = attributes.collect();
    let flags = format.file == "u.item";
    if flags {
        columns.extend((6..).zip(GENRES).map(|(place, genre)| (genre.to_owned(), Column::Place(place))));
    }
    let mut description = description_file::read(&path, &(format.layout)(), |_| (Column::Place(1), columns))?;
    if flags {
        let flags = description.attributes.split_off(format.attributes.len());
        description.attributes.push(genres(&flags, description.ids.len()));
    }
    Ok(description)
}

/// Flags, as the other data sets write them: `Comedy|Drama`.
fn genres(flags: &[Attribute], items: usize) -> Attribute {
    let of = |item: usize| {
        let set = flags.iter().filter(|flag| flag.values[item] == "1").map(|flag| flag.name.as_str());
        set.collect::<Vec<_>>().join("|")
    };
    Attribute { name: "genres".to_owned(), values: (0..items).map(of).collect() }
}
