//! The best of many, while they come one after the other.

use std::cmp::Ordering;

/// Scores that are looked at together.
const TOGETHER: usize = 64;

/// The items with the highest scores; of equal ones, those that came first.
#[derive(Debug, Clone)]
pub(crate) struct Best {
    length: usize,
    /// What a score must exceed.
    threshold: f32,
    kept: Vec<(f32, u32)>,
}

impl Best {
    /// So many.
    pub(crate) fn new(length: usize) -> Self {
        Self { length, threshold: f32::NEG_INFINITY, kept: Vec::new() }
    }

    /// Looks at an item, in rising order; one with a score of −∞ or none is not kept.
    pub(crate) fn offer(&mut self, item: u32, score: f32) {
        if score > self.threshold {
            self.kept.push((score, item));
            if self.kept.len() >= 2 * self.length.max(1) {
                self.shrink();
            }
        }
    }

    /// Looks at neighbouring items, from this one on.
    pub(crate) fn offer_all(&mut self, first: u32, scores: &[f32]) {
        for (first, scores) in (first..).step_by(TOGETHER).zip(scores.chunks(TOGETHER)) {
            // Nearly always none of them is good enough, which takes a few instructions to see.
            let threshold = self.threshold;
            if scores.iter().fold(false, |any, &score| any | (score > threshold)) {
                (first..).zip(scores).for_each(|(item, &score)| self.offer(item, score));
            }
        }
    }

    /// The best first.
    pub(crate) fn sorted(mut self) -> Vec<(f32, u32)> {
        self.kept.sort_unstable_by(better_first);
        self.kept.truncate(self.length);
        self.kept
    }

    fn shrink(&mut self) {
        let Some(last) = self.length.checked_sub(1) else { return self.kept.clear() };
        let (_, (least, _), _) = self.kept.select_nth_unstable_by(last, better_first);
        self.threshold = *least;
        self.kept.truncate(self.length);
    }
}

fn better_first((left, first): &(f32, u32), (right, second): &(f32, u32)) -> Ordering {
    right.total_cmp(left).then(first.cmp(second))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_best_are_those_of_a_whole_sort(scores in prop::collection::vec(0_u8..9, 0..200), length in 0_usize..9) {
            let scores: Vec<f32> = scores.into_iter().map(|s| if s == 8 { f32::NAN } else { f32::from(s) }).collect();
            let mut best = Best::new(length);
            best.offer_all(0, &scores);
            let mut all: Vec<(f32, u32)> =
                (0..).zip(&scores).filter(|(_, s)| !s.is_nan()).map(|(item, &score)| (score, item)).collect();
            all.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            all.truncate(length);
            prop_assert_eq!(best.sorted(), all);
        }
    }
}
