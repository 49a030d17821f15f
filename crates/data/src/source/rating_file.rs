//! A file with one rating a line.

use super::delimited::{self, Column, Content, Layout, Table};
use crate::{Error, IdMap, Interactions, Rating, Scale};
use rayon::slice::ParallelSliceMut;
use std::path::Path;

/// Places in the list of wanted columns.
const USER: usize = 0;
const ITEM: usize = 1;
const RATING: usize = 2;

/// Reads ratings; `columns` are the names of user, item and rating.
///
/// A rating off the scale and a second rating of an item by the same user are errors.
pub(super) fn read(
    path: &Path,
    layout: Layout,
    columns: [&'static str; 3],
    scale: Scale,
) -> Result<Interactions, Error> {
    let [user, item, rating] = columns;
    let text = |name| Column { name, content: Content::Text };
    let wanted = [text(user), text(item), Column { name: rating, content: Content::Number }];
    let table = delimited::read(path, layout, &wanted)?;
    let values = values(&table, scale)?;
    let index = |column| IdMap::index_column(table.texts(column));
    let ((users, user), (items, item)) = rayon::join(|| index(USER), || index(ITEM));
    let ratings: Vec<Rating> =
        user.iter().zip(&item).zip(values).map(|((&user, &item), value)| Rating { user, item, value }).collect();
    let interactions = Interactions { users, items, ratings, scale, user_attributes: Vec::new(), noise_floor: None };
    check_repetitions(&table, &interactions)?;
    Ok(interactions)
}

fn values(table: &Table, scale: Scale) -> Result<Vec<f32>, Error> {
    let check = |(row, value)| {
        if scale.contains(value) {
            return Ok(value);
        }
        let (path, line, column) = (table.path.clone(), table.line(row), table.column(RATING));
        Err(Error::OutsideScale { path, line, column, value, scale })
    };
    table.numbers(RATING).enumerate().map(check).collect()
}

fn check_repetitions(table: &Table, interactions: &Interactions) -> Result<(), Error> {
    let mut places: Vec<(u32, u32, u32)> =
        interactions.ratings.iter().zip(0..).map(|(rating, row)| (rating.user, rating.item, row)).collect();
    places.par_sort_unstable();
    let repeated = places.windows(2).filter(|pair| (pair[0].0, pair[0].1) == (pair[1].0, pair[1].1));
    match repeated.min_by_key(|pair| pair[1].2) {
        None => Ok(()),
        Some(pair) => Err(Error::RepeatedRating {
            path: table.path.clone(),
            line: table.line(pair[1].2 as usize),
            first_line: table.line(pair[0].2 as usize),
            user: interactions.users.name(pair[0].0).to_owned(),
            item: interactions.items.name(pair[0].1).to_owned(),
        }),
    }
}
