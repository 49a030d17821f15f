//! The step of the boundary layers' weights: the gradient of a row, the optimizer's rule, and the steps without a gradient that a row makes
//! until it is needed again.

pub(super) mod closed_form;
pub(super) mod gradient;
pub(super) mod matrix;
pub(super) mod one_by_one;
pub(super) mod rule;
pub(super) mod step;
pub(super) mod visits;
pub(super) mod whole;
