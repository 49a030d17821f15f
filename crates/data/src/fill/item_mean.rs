//! The mean of the item's training ratings.

use super::{FittedFill, row_means};
use crate::Csr;

pub(super) fn fit(train: &Csr) -> FittedFill {
    FittedFill { user: vec![0.0; train.rows()], item: Some(row_means(&train.transpose())) }
}
