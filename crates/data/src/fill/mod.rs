//! What a dense model sees where nothing was observed.

mod bias;
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
    /// The mean of all training ratings, plus how far the item's lie from it on average, plus how far the user's lie from
    /// both.
    Bias,
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
    rule: UserRule,
}

/// How the user's part comes from the ratings that the model is shown of that user.
#[derive(Debug, Clone, Copy, PartialEq)]
enum UserRule {
    /// Not at all.
    Constant(f32),
    /// As the mean of what they exceed the item's part by, or as this without ratings.
    MeanExcess { without: f32 },
}

impl FillConfig {
    /// Fits the fill to a `[users, items]` matrix of training ratings.
    ///
    /// A user or an item without training ratings gets the mean of all of them, because 0 is not a neutral rating.
    /// That mean counts as 0 where there are no ratings at all.
    pub fn fit(&self, train: &Csr) -> FittedFill {
        let (item, rule) = match self {
            Self::Bias => bias::fit(train),
            Self::Constant(value) => constant::fit((*value).into()),
            Self::GlobalMean => global_mean::fit(train),
            Self::ItemMean => item_mean::fit(train),
            Self::UserMean => user_mean::fit(train),
            Self::Zero => zero::fit(),
        };
        FittedFill { user: Vec::new(), item, rule }.shown(train)
    }
}

impl FittedFill {
    /// The same fill where a model is shown these `[users, items]` ratings, of users whom it may not have learned from.
    /// What depends on the item stays as it was fitted.
    pub fn shown(&self, ratings: &Csr) -> Self {
        let of = |user: usize| match self.rule {
            UserRule::Constant(value) => value,
            UserRule::MeanExcess { without } => {
                let excess = |(item, value): (u32, f32)| f64::from(value) - f64::from(self.item_part(item));
                let row = ratings.row(user);
                let sum: f64 = row.iter().map(excess).sum();
                if row.is_empty() { without } else { (sum / row.len() as f64) as f32 }
            }
        };
        Self { user: (0..ratings.rows()).map(of).collect(), item: self.item.clone(), rule: self.rule }
    }

    /// The value for an unobserved rating.
    pub fn value(&self, user: u32, item: u32) -> f32 {
        self.user[user as usize] + self.item_part(item)
    }

    fn item_part(&self, item: u32) -> f32 {
        self.item.as_ref().map_or(0.0, |items| items[item as usize])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csr::tests::matrices;
    use proptest::prelude::*;

    fn constant(value: f32) -> FillConfig {
        FillConfig::Constant(value.try_into().unwrap())
    }

    fn every_fill() -> [(&'static str, FillConfig); 6] {
        [
            ("\"bias\"", FillConfig::Bias),
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
            // The items lie 1 above, 2 below and 0 from the mean 2; the first user lies 1 above these, the last 2 below.
            (FillConfig::Bias, [[4.0, 1.0, 3.0], [3.0, 0.0, 2.0], [1.0, -2.0, 0.0]]),
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
    fn a_user_shown_with_other_ratings_gets_their_own_fill_and_the_fitted_items() {
        let train = Csr::from_entries(2, 3, [(0, 0, 5.0), (0, 1, 0.0), (1, 0, 1.0)].into_iter());
        let shown = Csr::from_entries(2, 3, [(0, 2, 4.0), (0, 1, 2.0)].into_iter());
        let cases = [
            // The items lie 1 above, 2 below and 0 from the mean 2.
            (FillConfig::Bias, [[5.0, 2.0, 4.0], [3.0, 0.0, 2.0]]),
            (FillConfig::UserMean, [[3.0; 3], [2.0; 3]]),
            (FillConfig::ItemMean, [[3.0, 0.0, 2.0]; 2]),
            (FillConfig::GlobalMean, [[2.0; 3]; 2]),
            (FillConfig::Zero, [[0.0; 3]; 2]),
        ];
        for (fill, expected) in cases {
            let fitted = fill.fit(&train).shown(&shown);
            let filled = [0, 1].map(|user| [0, 1, 2].map(|item| fitted.value(user, item)));
            assert_eq!(filled, expected, "{fill:?}");
            assert_eq!(fill.fit(&train).shown(&train), fill.fit(&train), "{fill:?}");
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
