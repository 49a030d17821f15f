//! What a dense model sees where nothing was observed.

mod constant;
mod global_mean;
mod item_mean;
mod user_mean;
mod zero;

use crate::{Csr, Finite};
use serde::{Deserialize, Serialize};

/// The value that stands in for an unobserved rating.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FillConfig {
    /// The same rating everywhere, as `{ constant = 3 }`.
    Constant(Finite),
    /// The mean of all training ratings.
    GlobalMean,
    /// The mean of the item's training ratings.
    ItemMean,
    /// The mean of the user's training ratings.
    UserMean,
    /// 0: the sum over the observed entries alone, as in most published autoencoders.
    #[default]
    Zero,
}

/// A fill that has seen the training ratings: `fill(user, item) = user[user] + item[item]`.
///
/// It is a sum of two vectors and never a matrix, so that an engine can apply it without touching users × items numbers:
/// `W·x = user·(W·1) + W·item + Σ_observed W_i (x_i − fill_i)` for a row `x`, with `W` a layer's weights.
#[derive(Debug, Clone, PartialEq)]
pub struct FittedFill {
    /// The part that depends on the user: `[users]`.
    pub user: Vec<f32>,
    /// The part that depends on the item, where there is one: `[items]`.
    pub item: Option<Vec<f32>>,
}

impl FillConfig {
    /// Fits the fill to a `[users, items]` matrix of training ratings.
    ///
    /// A user or an item without training ratings gets the mean of all of them, because 0 is not a neutral rating.
    /// That mean counts as 0 where there are no ratings at all.
    pub fn fit(&self, train: &Csr) -> FittedFill {
        match self {
            Self::Constant(value) => constant::fit(train, (*value).into()),
            Self::GlobalMean => global_mean::fit(train),
            Self::ItemMean => item_mean::fit(train),
            Self::UserMean => user_mean::fit(train),
            Self::Zero => zero::fit(train),
        }
    }
}

impl FittedFill {
    /// The value for an unobserved rating.
    pub fn value(&self, user: u32, item: u32) -> f32 {
        self.user[user as usize] + self.item.as_ref().map_or(0.0, |items| items[item as usize])
    }

    fn by_user(user: Vec<f32>) -> Self {
        Self { user, item: None }
    }
}

/// The mean of each row, and the mean of the whole where a row is empty.
fn row_means(matrix: &Csr) -> Vec<f32> {
    let global = global_mean::of(matrix);
    (0..matrix.rows()).map(|row| matrix.row(row).mean().map_or(global, |mean| mean as f32)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csr::tests::matrices;
    use proptest::prelude::*;

    fn constant(value: f32) -> FillConfig {
        FillConfig::Constant(value.try_into().unwrap())
    }

    fn every_fill() -> [(&'static str, FillConfig); 5] {
        [
            ("{ constant = 3.5 }", constant(3.5)),
            ("\"global-mean\"", FillConfig::GlobalMean),
            ("\"item-mean\"", FillConfig::ItemMean),
            ("\"user-mean\"", FillConfig::UserMean),
            ("\"zero\"", FillConfig::Zero),
        ]
    }

    #[test]
    fn fills_on_a_matrix_with_an_empty_row_and_an_empty_column() {
        let train = Csr::from_entries(3, 3, [(0, 0, 5.0), (0, 1, 0.0), (2, 0, 1.0)].into_iter());
        let cases = [
            (constant(3.5), [[3.5; 3]; 3]),
            (FillConfig::GlobalMean, [[2.0; 3]; 3]),
            (FillConfig::ItemMean, [[3.0, 0.0, 2.0]; 3]),
            (FillConfig::UserMean, [[2.5; 3], [2.0; 3], [1.0; 3]]),
            (FillConfig::Zero, [[0.0; 3]; 3]),
        ];
        for (fill, expected) in cases {
            let fitted = fill.fit(&train);
            let filled = [0, 1, 2].map(|user| [0, 1, 2].map(|item| fitted.value(user, item)));
            assert_eq!(filled, expected, "{fill:?}");
        }
    }

    #[test]
    fn every_fill_reads_back_as_it_is_written() {
        #[derive(Serialize, Deserialize)]
        struct Input {
            fill: FillConfig,
        }
        for (written, fill) in every_fill() {
            let read: Input = toml::from_str(&format!("fill = {written}")).expect(written);
            assert_eq!(read.fill, fill);
            let again: Input = toml::from_str(&toml::to_string(&Input { fill }).unwrap()).unwrap();
            assert_eq!(again.fill, fill);
        }
        assert!(toml::from_str::<Input>("fill = { constant = nan }").is_err());
    }

    proptest! {
        /// What [`FittedFill`] promises to engines: a layer over the filled row costs only the observed entries.
        #[test]
        fn a_product_with_a_filled_row_needs_only_its_observed_entries(train in matrices()) {
            let weights: Vec<f32> = (0..train.columns()).map(|item| ((item * 7 + 3) % 5) as f32 - 2.0).collect();
            for (_, fill) in every_fill() {
                let fitted = fill.fit(&train);
                let item_product: f32 = fitted.item.iter().flatten().zip(&weights).map(|(a, b)| a * b).sum();
                for user in 0..train.rows() as u32 {
                    let row = train.row(user as usize);
                    let mut filled: Vec<f32> = (0..weights.len() as u32).map(|item| fitted.value(user, item)).collect();
                    row.iter().for_each(|(item, value)| filled[item as usize] = value);
                    let dense: f32 = filled.iter().zip(&weights).map(|(a, b)| a * b).sum();
                    let correct = |(item, value)| weights[item as usize] * (value - fitted.value(user, item));
                    let observed: f32 = row.iter().map(correct).sum();
                    let sparse = fitted.user[user as usize] * weights.iter().sum::<f32>() + item_product + observed;
                    prop_assert!((dense - sparse).abs() < 1e-3, "{fill:?}: {dense} against {sparse}");
                }
            }
        }
    }
}
