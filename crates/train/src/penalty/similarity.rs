//! Codes that are near where rows are similar, and far where they are not: the contrastive or similarity autoencoder.
//!
//! ```text
//! S = 1 / (1 + ‖c_u − c_v‖),   λ · mean over the batch's rows u of  −( t log S + (1 − t) log(1 − S) )
//! ```
//!
//! v is another row that is drawn for u ([`pairs`](crate::pairs)): with the probability `positive` by the intersection over
//! union t of what the two like, else by 1 − t. The target is t itself for both kinds of pairs: a pair that was drawn for being
//! dissimilar is to be as near as it is similar, which is little. (A label of 0 or 1 would contradict a pair that is neither.)
//! u is encoded as training shows it, with noise and dropout; v as evaluation does, without. S is a similarity already and no
//! logit: no sigmoid is applied to it, nor a second one to an output that ends in one.

use hourglass_data::Finite;
use hourglass_models::range::{NonNegative, Share};
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use super::{Penalty, Seen};

/// `[penalty.similarity]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// λ.
    pub weight: NonNegative,
    /// How many of the pairs are drawn by similarity; the others are by dissimilarity.
    pub positive: Share,
    /// The lowest rating that is a liking; without it every rating is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold: Option<Finite>,
}

impl Default for Config {
    fn default() -> Self {
        Self { weight: NonNegative::new::<1, 1>(), positive: Share::new::<1, 2>(), threshold: None }
    }
}

/// The codes of the partners of a batch's rows.
#[derive(Debug)]
pub struct Pairs {
    /// In the order of the batch, with a gradient `[batch, code]`.
    pub codes: Tensor,
    /// How similar the two of each pair are, from 0 to 1 `[batch]`.
    pub similarity: Tensor,
}

/// What keeps the distance of equal codes above 0, where its gradient ends; as PyTorch's `PairwiseDistance` has it.
const EPSILON: f64 = 1e-6;

impl Penalty for Config {
    fn term(&self, seen: &Seen<'_>) -> Tensor {
        let batch = seen.batch.as_ref().expect("a batch, without which there are no codes");
        let pairs = batch.pairs.expect("pairs, which are drawn for this penalty");
        let distance = (batch.code - &pairs.codes + EPSILON).square().sum_dim_intlist(1, false, Kind::Float).sqrt();
        // log S = −log(1 + d), and log(1 − S) = log d − log(1 + d).
        let error = distance.log1p() + (&pairs.similarity - 1.0) * distance.log();
        error.mean(Kind::Float) * self.weight.get()
    }
}
