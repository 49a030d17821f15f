//! What goes into the body of a network besides the first layer's sums, and what comes out.

use tch::Tensor;

/// Which rows a batch holds, and what is known of them besides ratings.
#[derive(Debug)]
pub struct Batch {
    /// Row numbers, as 64-bit integers; −1 for a row that was not there in training `[batch]`.
    pub rows: Tensor,
    /// Side information, where there is some `[batch, side]`.
    pub side: Option<Tensor>,
    /// The group of each row, as 64-bit integers, where rows are grouped `[batch]`.
    pub groups: Option<Tensor>,
    /// The numbers of a text's tokens, as 64-bit integers, where rows have texts; 0 behind the end of a text `[batch, length]`.
    pub text: Option<Tensor>,
}

/// A pass through the body.
#[derive(Debug)]
pub struct Pass {
    /// What the last layer reads `[batch, last]`; without a last layer, the outputs before their activation.
    pub last: Tensor,
    /// The code, before dropout `[batch, code]`.
    pub code: Tensor,
    /// What the network itself adds to the objective, summed over the rows: scalars, as many as
    /// [`Architecture::terms`](crate::Architecture::terms) names.
    pub terms: Vec<Tensor>,
}
