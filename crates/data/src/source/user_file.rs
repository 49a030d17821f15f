//! A file with one user a line.

use super::delimited::{self, Column, Content, Layout};
use crate::{Attribute, Error, IdMap};
use std::path::Path;

/// Reads attributes of users; `columns` are the names of the columns, the user's id first.
///
/// Users without ratings are left out; a user with ratings who is not described is an error.
pub(super) fn read(
    path: &Path,
    layout: Layout,
    columns: &[&'static str],
    users: &IdMap,
) -> Result<Vec<Attribute>, Error> {
    let wanted: Vec<Column> = columns.iter().map(|&name| Column { name, content: Content::Text }).collect();
    let table = delimited::read(path, layout, &wanted)?;
    let mut row_of = vec![None; users.len()];
    for (row, name) in table.texts(0).enumerate() {
        let Some(user) = users.index(name) else { continue };
        if row_of[user as usize].replace(row).is_some() {
            return Err(Error::RepeatedUser { path: table.path.clone(), line: table.line(row), user: name.to_owned() });
        }
    }
    let undescribed = |user| Error::UndescribedUser { path: table.path.clone(), user: users.name(user).to_owned() };
    let rows: Vec<usize> =
        row_of.iter().zip(0..).map(|(row, user)| row.ok_or_else(|| undescribed(user))).collect::<Result<_, _>>()?;
    let attribute = |(column, &name): (usize, &&'static str)| {
        let values: Vec<&str> = table.texts(column).collect();
        Attribute { name: name.to_owned(), values: rows.iter().map(|&row| values[row].to_owned()).collect() }
    };
    Ok(columns.iter().enumerate().skip(1).map(attribute).collect())
}
