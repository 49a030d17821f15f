//! How alike two items, or two users, are.

use serde::{Deserialize, Serialize};

/// `similarity`, from what both have in common: values x and y of those who have both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Similarity {
    /// `Σ x y / √(Σ x² Σ y²)`, where what only one of them has counts in its own sum.
    Cosine,
    /// The same over what both have.
    CommonCosine,
    /// How many have both / how many have either.
    Jaccard,
    /// `1 / (1 + mean (x − y)²)` over what both have.
    MeanSquaredDifference,
    /// The correlation over what both have.
    Pearson,
}

/// Sums over what two have in common.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Common {
    count: f64,
    left: f64,
    right: f64,
    left_squares: f64,
    right_squares: f64,
    products: f64,
}

/// What one has by itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Own {
    pub(super) count: f64,
    pub(super) squares: f64,
}

impl Own {
    pub(super) fn of(values: impl Iterator<Item = f32>) -> Self {
        let add =
            |own: Self, value: f32| Self { count: own.count + 1.0, squares: own.squares + f64::from(value).powi(2) };
        values.fold(Self { count: 0.0, squares: 0.0 }, add)
    }
}

impl Common {
    /// One more that has both.
    pub(super) fn add(&mut self, left: f32, right: f32) {
        let (left, right) = (f64::from(left), f64::from(right));
        self.count += 1.0;
        self.left += left;
        self.right += right;
        self.left_squares += left * left;
        self.right_squares += right * right;
        self.products += left * right;
    }
}

impl Similarity {
    /// The similarity times `n / (n + shrinkage)`, for n that have both: what rests on few counts for less. 0 without any.
    pub(super) fn of(self, common: &Common, left: Own, right: Own, shrinkage: f64) -> f32 {
        let Common { count, products, .. } = *common;
        if count == 0.0 {
            return 0.0;
        }
        let similarity = match self {
            Self::Cosine => cosine(products, left.squares, right.squares),
            Self::CommonCosine => cosine(products, common.left_squares, common.right_squares),
            Self::Jaccard => count / (left.count + right.count - count),
            Self::MeanSquaredDifference => {
                let difference = (common.left_squares + common.right_squares - 2.0 * products) / count;
                1.0 / (1.0 + difference.max(0.0))
            }
            Self::Pearson => cosine(
                count * products - common.left * common.right,
                variance(count, common.left_squares, common.left),
                variance(count, common.right_squares, common.right),
            ),
        };
        (similarity * count / (count + shrinkage)) as f32
    }
}

/// Times n²; what is rounding error counts as none.
fn variance(count: f64, squares: f64, sum: f64) -> f64 {
    let variance = count * squares - sum * sum;
    if variance > 1e-9 * count * squares { variance } else { 0.0 }
}

fn cosine(products: f64, left_squares: f64, right_squares: f64) -> f64 {
    let lengths = (left_squares * right_squares).sqrt();
    if lengths > 0.0 { products / lengths } else { 0.0 }
}
