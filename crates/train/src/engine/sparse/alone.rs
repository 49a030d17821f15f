//! Steps that rows of weights make alone and one after the other, where they cannot be made [together](super::together).
//!
//! Each step of a number waits for the one before, and a narrow row has too few numbers to keep a processor busy meanwhile. So
//! rows stand side by side, those with the most steps first, and as many numbers as registers hold make their steps together.

use super::rule::Rule;
use super::vector::{ALONE, Vector};

/// Rows side by side.
#[derive(Default)]
pub(super) struct Alone {
    /// How many steps each number makes; never more than the one before it.
    counts: Vec<u32>,
    gradient: Vec<f32>,
    weights: Vec<f32>,
    kept: [Vec<f32>; 2],
}

impl Alone {
    /// Appends a row, which makes no more steps than the row before it.
    pub(super) fn push(&mut self, count: u32, gradient: Option<&[f32]>, weights: &[f32], kept: [&[f32]; 2]) {
        let length = self.weights.len() + weights.len();
        self.counts.resize(length, count);
        self.weights.extend_from_slice(weights);
        self.gradient.extend_from_slice(gradient.unwrap_or_default());
        self.gradient.resize(length, 0.0);
        self.kept.iter_mut().zip(kept).for_each(|(all, kept)| all.extend_from_slice(kept));
    }

    /// Makes the steps.
    pub(super) fn change(&mut self, vector: Vector, rules: &[Rule]) {
        let length = self.weights.len().next_multiple_of(ALONE);
        self.counts.resize(length, 0);
        let [first, second] = &mut self.kept;
        for numbers in [&mut self.gradient, &mut self.weights, &mut *first, &mut *second] {
            numbers.resize(length, 0.0);
        }
        vector.change_alone(rules, &self.counts, &self.gradient, &mut self.weights, [first, second]);
    }

    /// Takes back the row that was pushed at this place.
    pub(super) fn take(&self, place: usize, weights: &mut [f32], kept: [&mut [f32]; 2]) {
        let numbers = place * weights.len()..(place + 1) * weights.len();
        weights.copy_from_slice(&self.weights[numbers.clone()]);
        kept.into_iter().zip(&self.kept).for_each(|(kept, all)| kept.copy_from_slice(&all[numbers.clone()]));
    }
}
