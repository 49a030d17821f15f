//! All that least squares ask of predictions and ratings: their means and products, a handful of numbers a member.

use tch::{Kind, Tensor};

use super::Blend;

/// Sums over ratings, with the ratings themselves as the last of the columns.
#[derive(Debug)]
pub(super) struct Moments {
    count: f64,
    /// `[columns + 1]`.
    sums: Tensor,
    /// `[columns + 1, columns + 1]`.
    products: Tensor,
}

impl Moments {
    /// Of every `folds`-th rating from `fold` on; of none without ratings.
    pub(super) fn of(predicted: &[Vec<f32>], ratings: &[f32], fold: usize, folds: usize) -> Self {
        let columns = predicted.iter().map(|member| &member[..]).chain([ratings]);
        let chosen =
            |column: &[f32]| Tensor::from_slice(&column.iter().skip(fold).step_by(folds).copied().collect::<Vec<_>>());
        let columns: Vec<Tensor> = columns.map(chosen).collect();
        let columns = Tensor::stack(&columns, 0).to_kind(Kind::Double);
        Self {
            count: columns.size()[1] as f64,
            sums: columns.sum_dim_intlist(1, false, Kind::Double),
            products: columns.matmul(&columns.transpose(0, 1)),
        }
    }

    /// Of all ratings of these parts.
    pub(super) fn sum<'a>(parts: impl IntoIterator<Item = &'a Self>) -> Self {
        let add = |left: Self, right: Self| Self {
            count: left.count + right.count,
            sums: left.sums + right.sums,
            products: left.products + right.products,
        };
        let copy = |part: &Self| Self { count: part.count, sums: part.sums.copy(), products: part.products.copy() };
        parts.into_iter().map(copy).reduce(add).expect("there are parts")
    }

    /// What is weighted.
    pub(super) fn columns(&self) -> i64 {
        self.sums.size()[0] - 1
    }

    /// Of the columns `[columns, columns]`, and of each with the ratings `[columns]`: means of products, each less its mean.
    pub(super) fn covariances(&self) -> (Tensor, Tensor) {
        let columns = self.columns();
        let means = &self.sums / self.count;
        let all = &self.products / self.count - means.unsqueeze(1) * means.unsqueeze(0);
        let of_columns = all.narrow(0, 0, columns);
        (of_columns.narrow(1, 0, columns), of_columns.select(1, columns))
    }

    /// The blend of these weights `[columns]` whose errors have mean 0.
    pub(super) fn centred(&self, weights: &Tensor) -> Blend {
        let means = &self.sums / self.count;
        let columns = means.narrow(0, 0, self.columns());
        let offset = means.double_value(&[self.columns()]) - (columns * weights).sum(Kind::Double).double_value(&[]);
        Blend { weights: Vec::try_from(weights).expect("numbers in one row"), offset }
    }

    /// `Σ (blend − rating)²`.
    pub(super) fn squared_error(&self, blend: &Blend) -> f64 {
        let signed: Vec<f64> = blend.weights.iter().copied().chain([-1.0]).collect();
        let signed = Tensor::from_slice(&signed);
        let square = signed.dot(&self.products.mv(&signed)).double_value(&[]);
        let sum = signed.dot(&self.sums).double_value(&[]);
        square + 2.0 * blend.offset * sum + self.count * blend.offset * blend.offset
    }
}
