//! How far off a test was for each user, so that two runs can be compared user by user: `user_errors.csv`.
//!
//! ```text
//! user_errors.csv   user, ratings, squared_error, absolute_error, ndcg@10, …
//! ```
//!
//! A line for each user with a test rating. `user` is the user's place in the catalogue, the same in all runs of the same data, and no
//! id; no rating is told. The errors are sums over the user's test ratings, clipped as the run's metrics are, and NaN where the model
//! predicts no ratings; what follows is each list metric that has a value for a single user, empty where the user has no relevant
//! item. All to single precision.

use std::path::{Path, PathBuf};

use crate::{ReportError, TrialFolder, write_atomically};

/// The errors of a test by user.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UserErrors {
    /// Names of the list metrics.
    pub lists: Vec<String>,
    /// By place in the catalogue, rising.
    pub users: Vec<UserError>,
}

/// A list metric by its name, and its value for users by their places in the catalogue.
pub type ListValues = (String, Vec<(u32, Option<f64>)>);

/// A line.
#[derive(Clone, Debug, PartialEq)]
pub struct UserError {
    /// Place in the catalogue.
    pub user: u32,
    /// Test ratings.
    pub ratings: u32,
    /// Over them, in rating points².
    pub squared_error: f64,
    /// Over them, in rating points.
    pub absolute_error: f64,
    /// Of each list metric.
    pub lists: Vec<Option<f64>>,
}

const COLUMNS: [&str; 4] = ["user", "ratings", "squared_error", "absolute_error"];

impl TrialFolder {
    /// How far off the test was for each user.
    pub fn user_errors(&self) -> PathBuf {
        self.folder().join("user_errors.csv")
    }
}

impl UserErrors {
    /// Of test ratings, what was predicted for them, and whose they are `[entries]`; and of list metrics by name, the values of users.
    pub fn of(ratings: &[f32], predicted: &[f32], users: &[u32], lists: Vec<ListValues>) -> Self {
        let count = users.iter().max().map_or(0, |last| *last as usize + 1);
        let mut all: Vec<UserError> = (0..count as u32)
            .map(|user| UserError {
                user,
                ratings: 0,
                squared_error: 0.0,
                absolute_error: 0.0,
                lists: vec![None; lists.len()],
            })
            .collect();
        for ((rating, predicted), &user) in ratings.iter().zip(predicted).zip(users) {
            let error = f64::from(*predicted) - f64::from(*rating);
            let line = &mut all[user as usize];
            line.ratings += 1;
            line.squared_error += error * error;
            line.absolute_error += error.abs();
        }
        for (place, (_, values)) in lists.iter().enumerate() {
            values.iter().for_each(|(user, value)| all[*user as usize].lists[place] = *value);
        }
        all.retain(|line| line.ratings > 0);
        Self { lists: lists.into_iter().map(|(name, _)| name).collect(), users: all }
    }

    /// Writes the file, whole or not at all.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn write(&self, path: &Path) -> Result<(), ReportError> {
        let mut text = [&COLUMNS.map(str::to_owned)[..], &self.lists[..]].concat().join(",") + "\n";
        for line in &self.users {
            let (squared, absolute) = (line.squared_error as f32, line.absolute_error as f32);
            text += &format!("{},{},{squared},{absolute}", line.user, line.ratings);
            for value in &line.lists {
                text.push(',');
                // A sum of nothing may be −0.
                text += &value.map_or_else(String::new, |value| (value as f32 + 0.0).to_string());
            }
            text.push('\n');
        }
        write_atomically(path, text.as_bytes())
    }

    /// Reads it; nothing where there is none.
    ///
    /// # Errors
    /// If it cannot be read, or is no such table: path, line, column and value.
    pub fn read(path: &Path) -> Result<Option<Self>, ReportError> {
        if !path.exists() {
            return Ok(None);
        }
        let text = std::fs::read_to_string(path).map_err(ReportError::file("read", path))?;
        let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
        let header = lines.next().unwrap_or_default();
        if header.get(..COLUMNS.len()) != Some(&COLUMNS[..]) {
            let (found, expected) = (header.join(","), COLUMNS.join(","));
            return Err(ReportError::Columns { path: path.to_owned(), found, expected });
        }
        let read = |(number, cells): (usize, Vec<&str>)| Line { path, number, header: &header, cells }.read();
        let users = (2..).zip(lines).map(read).collect::<Result<_, _>>()?;
        Ok(Some(Self { lists: header[COLUMNS.len()..].iter().map(|name| (*name).to_owned()).collect(), users }))
    }
}

/// A line of the file, with its place for errors.
struct Line<'a> {
    path: &'a Path,
    number: usize,
    header: &'a [&'a str],
    cells: Vec<&'a str>,
}

impl Line<'_> {
    fn read(&self) -> Result<UserError, ReportError> {
        if self.cells.len() != self.header.len() {
            let problem = format!("{} cells, expected {}", self.cells.len(), self.header.len());
            return Err(self.wrong(self.cells.len().min(self.header.len()) - 1, problem));
        }
        let value = |place: usize| match self.cells[place] {
            "" => Ok(None),
            _ => self.number(place).map(Some),
        };
        Ok(UserError {
            user: self.number(0)?,
            ratings: self.number(1)?,
            squared_error: self.number(2)?,
            absolute_error: self.number(3)?,
            lists: (COLUMNS.len()..self.cells.len()).map(value).collect::<Result<_, _>>()?,
        })
    }

    fn number<N: std::str::FromStr>(&self, place: usize) -> Result<N, ReportError> {
        let cell = self.cells[place];
        cell.parse().map_err(|_| self.wrong(place, format!("`{cell}`, expected a number")))
    }

    fn wrong(&self, place: usize, problem: String) -> ReportError {
        let column = self.header[place].to_owned();
        ReportError::Cell { path: self.path.to_owned(), line: self.number, column, problem }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors() -> UserErrors {
        let lists = vec![("ndcg@10".to_owned(), vec![(0, Some(0.25)), (4, None)])];
        UserErrors::of(&[1.0, 5.0, 5.0, 3.0], &[1.5, 4.0, 5.0, 1.0], &[0, 0, 2, 4], lists)
    }

    #[test]
    fn errors_are_summed_by_user_and_read_back_as_written() {
        let line = |user, ratings, squared_error, absolute_error, ndcg| UserError {
            user,
            ratings,
            squared_error,
            absolute_error,
            lists: vec![ndcg],
        };
        let expected = [line(0, 2, 1.25, 1.5, Some(0.25)), line(2, 1, 0.0, 0.0, None), line(4, 1, 4.0, 2.0, None)];
        assert_eq!(errors().users, expected, "user 1 and 3 have no test rating, and no line");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("user_errors.csv");
        assert_eq!(UserErrors::read(&path).unwrap(), None);
        errors().write(&path).unwrap();
        assert_eq!(UserErrors::read(&path).unwrap(), Some(errors()));
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text.lines().nth(1), Some("0,2,1.25,1.5,0.25"));
    }

    #[test]
    fn what_is_broken_is_told_with_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("user_errors.csv");
        let header = "user,ratings,squared_error,absolute_error,ndcg@10\n";
        for (text, pieces) in [
            ("user,rmse\n".to_owned(), ["line 1", "`user,rmse`"]),
            (format!("{header}0,2,1,1,0.5\n1,x,1,1,\n"), ["line 3, column `ratings`", "`x`, expected a number"]),
            (format!("{header}0,2,1\n"), ["line 2, column `squared_error`", "3 cells, expected 5"]),
        ] {
            std::fs::write(&path, text).unwrap();
            let said = UserErrors::read(&path).unwrap_err().to_string();
            assert!(pieces.iter().all(|piece| said.contains(piece)), "{said}");
        }
    }
}
