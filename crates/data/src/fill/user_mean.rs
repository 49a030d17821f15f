//! The mean of the user's training ratings.

use super::{FittedFill, row_means};
use crate::Csr;

pub(super) fn fit(train: &Csr) -> FittedFill {
    FittedFill::by_user(row_means(train))
}
