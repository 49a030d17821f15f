//! The values that ratings have, where each counts as a class of its own.

use hourglass_data::Csr;
use hourglass_models::upload;
use tch::{Device, Tensor};

/// The distinct values of the training ratings, ascending.
#[derive(Debug, Clone, PartialEq)]
pub struct Levels(Vec<f32>);

/// More values than this are a continuous scale, not classes.
const MOST: usize = 32;

impl Levels {
    /// Of these ratings; counting ends when there are too many to be classes.
    pub fn of(ratings: &Csr) -> Self {
        let mut values: Vec<f32> = Vec::new();
        for &value in (0..ratings.rows()).flat_map(|row| ratings.row(row).values) {
            let place = values.partition_point(|&level| level < value);
            if values.get(place) != Some(&value) {
                values.insert(place, value);
            }
            if values.len() > MOST {
                break;
            }
        }
        Self(values)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The values `[levels]`.
    pub fn values(&self, device: Device) -> Tensor {
        upload(&self.0, device)
    }

    /// The class of each rating, as a 64-bit integer `[entries]`. A held-out rating with a value that no training rating has
    /// counts as the nearest class, the lower of two.
    pub fn classes(&self, ratings: &[f32]) -> Vec<i64> {
        ratings.iter().map(|&rating| self.class(rating) as i64).collect()
    }

    fn class(&self, rating: f32) -> usize {
        let above = self.0.partition_point(|&level| level < rating).min(self.0.len() - 1);
        let below = above.saturating_sub(1);
        if rating - self.0[below] <= self.0[above] - rating { below } else { above }
    }

    /// Whether they can be classes.
    ///
    /// # Errors
    /// When there is one only, or too many.
    pub fn check(&self) -> Result<(), String> {
        match self.0.as_slice() {
            [] | [_] => Err("but the training ratings have fewer than two values".to_owned()),
            [first, .., last] if self.0.len() > MOST => Err(format!(
                "but the training ratings have more than {MOST} values, among them {first} and {last}; round them in the source"
            )),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(values: &[f32]) -> Levels {
        Levels::of(&Csr::from_entries(values.len(), 1, (0..).zip(values).map(|(row, &value)| (row, 0, value))))
    }

    #[test]
    fn values_are_distinct_and_ascend() {
        for (ratings, expected) in [
            (&[3.0, 0.5, 3.0, 5.0, 0.5][..], &[0.5, 3.0, 5.0][..]),
            (&[2.0, 0.0, -1.0], &[-1.0, 0.0, 2.0]),
            (&[4.0], &[4.0]),
            (&[], &[]),
        ] {
            assert_eq!(levels(ratings).0, expected, "{ratings:?}");
        }
    }

    #[test]
    fn a_rating_has_the_class_of_the_nearest_value() {
        let levels = levels(&[1.0, 2.0, 4.0]);
        for (rating, class) in
            [(1.0, 0), (2.0, 1), (4.0, 2), (-7.0, 0), (1.5, 0), (1.6, 1), (3.0, 1), (3.1, 2), (9.0, 2)]
        {
            assert_eq!(levels.classes(&[rating]), [class], "{rating}");
        }
        assert_eq!(Levels(vec![3.0]).classes(&[3.0, 1.0, 5.0]), [0, 0, 0]);
    }

    #[test]
    fn one_value_is_no_choice_and_many_are_no_classes() {
        let many: Vec<f32> = (0..33).map(|value| value as f32 / 4.0).collect();
        for (ratings, complaint) in [
            (&[5.0, 5.0][..], Some("fewer than two values")),
            (&[], Some("fewer than two values")),
            (&[0.0, 1.0], None),
            (&many[..32], None),
            (&many, Some("more than 32 values, among them 0 and 8")),
        ] {
            match (levels(ratings).check(), complaint) {
                (Ok(()), None) => {}
                (Err(error), Some(complaint)) => assert!(error.contains(complaint), "{error}"),
                (found, _) => panic!("{ratings:?}: {found:?}"),
            }
        }
    }
}
