//! From lines in any order to sorted ratings with dense indices.

use super::{CatalogueConfig, Counts, Duplicates};
use crate::source::raw::{Description, Names, Raw};
use crate::{Attribute, Catalogue, Error, IdMap, Interactions, Rating};
use rustc_hash::FxHashMap;

/// The ratings at `rows` of the source.
pub(super) fn interactions(
    mut raw: Raw,
    mut rows: Vec<u32>,
    config: CatalogueConfig,
    duplicates: Duplicates,
) -> Result<Interactions, Error> {
    let users = rated(&raw.users, &rows, |row| raw.ratings[row as usize].user);
    let items = rated(&raw.items, &rows, |row| raw.ratings[row as usize].item);
    let users = catalogue(users, std::mem::take(&mut raw.described_users), config)?;
    let items = catalogue(items, std::mem::take(&mut raw.described_items), config)?;
    let (user_of, item_of) = (raw.users.places(&users.ids), raw.items.places(&items.ids));
    let user = |row: u32| user_of[raw.ratings[row as usize].user as usize];
    let item = |row: u32| item_of[raw.ratings[row as usize].item as usize];
    sort(&mut rows, users.len(), user, item);
    let pairs = rows.chunk_by(|&left, &right| (user(left), item(left)) == (user(right), item(right)));
    if duplicates == Duplicates::Error
        && let Some(first) = pairs.clone().filter(|same| same.len() > 1).min_by_key(|same| same[1])
    {
        duplicates.merge(&raw, first)?;
    }
    let (mut ratings, mut origins) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
    for same in pairs {
        let (value, row) = duplicates.merge(&raw, same)?;
        ratings.push(Rating { user: user(row), item: item(row), value });
        origins.push(row);
    }
    let times = match raw.times.as_slice() {
        [] => Vec::new(),
        times => origins.iter().map(|&row| times[row as usize]).collect(),
    };
    Ok(Interactions {
        users,
        items,
        ratings,
        rows: origins,
        times,
        files: raw.files.iter().map(|file| (file.path.clone(), file.rows.clone())).collect(),
        scale: raw.scale,
        counts: Counts::default(),
        noise_floor: raw.noise_floor,
    })
}

/// Sorts ascending `rows` by user, then item, then row: into a bin per user, and each bin for itself.
fn sort(rows: &mut Vec<u32>, users: usize, user: impl Fn(u32) -> u32, item: impl Fn(u32) -> u32) {
    let mut starts = vec![0_usize; users + 1];
    rows.iter().for_each(|&row| starts[user(row) as usize + 1] += 1);
    for user in 0..users {
        starts[user + 1] += starts[user];
    }
    let mut free = starts.clone();
    let mut sorted = vec![0; rows.len()];
    for &row in &*rows {
        let place = &mut free[user(row) as usize];
        sorted[*place] = row;
        *place += 1;
    }
    for bin in starts.windows(2) {
        sorted[bin[0]..bin[1]].sort_unstable_by_key(|&row| (item(row), row));
    }
    *rows = sorted;
}

/// The names that some row has.
fn rated(names: &Names, rows: &[u32], index: impl Fn(u32) -> u32) -> Vec<String> {
    let mut met = vec![false; names.len()];
    rows.iter().for_each(|&row| met[index(row) as usize] = true);
    names.iter().filter(|&(_, index)| met[index as usize]).map(|(name, _)| name.to_owned()).collect()
}

/// The ids that count, with what is known of them.
fn catalogue(rated: Vec<String>, described: Description, config: CatalogueConfig) -> Result<Catalogue, Error> {
    let mut names = rated;
    match config {
        CatalogueConfig::Rated => {}
        CatalogueConfig::Listed => names.extend(described.ids.iter().cloned()),
        CatalogueConfig::Numbered => {
            let largest = names.iter().map(|name| number(name)).try_fold(0, |most, id| id.map(|id| most.max(id)))?;
            names.extend((1..=largest).map(|id| id.to_string()));
        }
    }
    let ids = IdMap::new(names);
    let rows: FxHashMap<&str, usize> = described.ids.iter().map(String::as_str).zip(0..).collect();
    let described_row: Vec<Option<usize>> = ids.names().iter().map(|name| rows.get(name.as_str()).copied()).collect();
    let attribute = |attribute: Attribute| {
        let value = |row: &Option<usize>| row.map(|row| attribute.values[row].clone()).unwrap_or_default();
        let values = described_row.iter().map(value).collect();
        Attribute { name: attribute.name, values }
    };
    let attributes = described.attributes.into_iter().map(attribute).collect();
    Ok(Catalogue { ids, attributes })
}

/// More would be a slip: an id that is a time stamp, or a hash.
const LARGEST_NUMBER: u32 = 10_000_000;

/// An id that is a place, from 1.
fn number(id: &str) -> Result<u32, Error> {
    let number = id.parse().ok().filter(|number| (1..=LARGEST_NUMBER).contains(number));
    number.ok_or_else(|| Error::NotNumbered { id: id.to_owned(), largest: LARGEST_NUMBER })
}
