//! What both models of neighbours share: which neighbours count, and what follows from them.

use std::num::NonZeroUsize;

use hourglass_models::range::NonNegative;
use serde::{Deserialize, Serialize};

use super::similarity::Similarity;
use super::{Centring, Predicts, biases};

/// `[model.item-knn]` and `[model.user-knn]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Neighbours {
    /// What the neighbours' ratings are used for.
    pub predicts: Predicts,
    /// How alike two are.
    pub similarity: Similarity,
    /// Ratings in common that are as good as none: a similarity of n counts as n / (n + shrinkage) of itself.
    pub shrinkage: NonNegative,
    /// The most neighbours that count.
    pub neighbours: NonZeroUsize,
    /// The fewest; with fewer a rating is predicted by the centring alone.
    pub fewest: usize,
    /// What ratings are compared without.
    pub centring: Centring,
}

impl Default for Neighbours {
    fn default() -> Self {
        Self {
            predicts: Predicts::Ratings,
            similarity: Similarity::CommonCosine,
            shrinkage: NonNegative::new::<100, 1>(),
            neighbours: const { NonZeroUsize::new(40).unwrap() },
            fewest: 1,
            centring: Centring::Biases(biases::Config::default()),
        }
    }
}

impl Neighbours {
    /// The mean of the nearest neighbours' values, weighed by their similarities; nothing from fewer than are asked for. Neighbours
    /// that are not alike at all, or opposite, do not count. Changes the order of `candidates`.
    pub(super) fn mean(&self, candidates: &mut Vec<Neighbour>) -> Option<f32> {
        keep_nearest(candidates, self.neighbours.get());
        let sum = candidates.iter().map(|near| f64::from(near.similarity)).sum::<f64>();
        let weighted = candidates.iter().map(|near| f64::from(near.similarity) * f64::from(near.value)).sum::<f64>();
        (candidates.len() >= self.fewest.max(1)).then(|| (weighted / sum) as f32)
    }
}

/// A neighbour, and what it has to say.
#[derive(Debug, Clone, Copy)]
pub(super) struct Neighbour {
    /// Its place, which decides between equals.
    pub(super) place: u32,
    pub(super) similarity: f32,
    pub(super) value: f32,
}

/// Leaves so many with the highest similarities above zero, in the order of their places.
pub(super) fn keep_nearest(candidates: &mut Vec<Neighbour>, count: usize) {
    candidates.retain(|near| near.similarity > 0.0);
    if candidates.len() > count {
        let nearer = |left: &Neighbour, right: &Neighbour| {
            right.similarity.total_cmp(&left.similarity).then(left.place.cmp(&right.place))
        };
        candidates.select_nth_unstable_by(count - 1, nearer);
        candidates.truncate(count);
    }
    candidates.sort_unstable_by_key(|near| near.place);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidates(similarities: &[f32]) -> Vec<Neighbour> {
        (0..)
            .zip(similarities)
            .map(|(place, &similarity)| Neighbour { place, similarity, value: place as f32 })
            .collect()
    }

    #[test]
    fn the_nearest_stay_and_of_equals_the_first() {
        for (similarities, count, kept) in [
            (&[0.1, 0.5, 0.3, 0.5, 0.2][..], 2, &[1, 3][..]),
            (&[0.5, 0.5, 0.5], 2, &[0, 1]),
            (&[0.5, -0.9, 0.0, 0.1], 3, &[0, 3]),
            (&[], 3, &[]),
        ] {
            let mut candidates = candidates(similarities);
            keep_nearest(&mut candidates, count);
            let places: Vec<u32> = candidates.iter().map(|near| near.place).collect();
            assert_eq!(places, kept, "{similarities:?}");
        }
    }

    #[test]
    fn too_few_neighbours_say_nothing() {
        for (fewest, expected) in [(0, Some(0.25)), (2, Some(0.25)), (3, None)] {
            let config = Neighbours { fewest, ..Neighbours::default() };
            assert_eq!(config.mean(&mut candidates(&[0.6, 0.2, -0.4])), expected, "{fewest}");
        }
        assert_eq!(Neighbours { fewest: 0, ..Neighbours::default() }.mean(&mut Vec::new()), None);
    }
}
