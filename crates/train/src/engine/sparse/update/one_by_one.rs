//! Steps that rows of weights make alone and one after the other, where they cannot be made [together](super::closed_form).
//!
//! Each step of a number waits for the one before, and a narrow row has too few numbers to keep a processor busy meanwhile. So
//! rows stand side by side, those with the most steps first, and as many numbers as registers hold make their steps together.

use super::matrix::Row;
use super::rule::{Adam, Formula, Rmsprop, RmspropWithMomentum, Rule, Sgd, SgdWithMomentum};
use crate::engine::sparse::kernel::lanes::Lanes;
use crate::engine::sparse::kernel::vector::AHEAD;

/// A row, and how many steps it makes.
pub(crate) struct OneByOne<'a> {
    pub(crate) count: u32,
    pub(crate) row: Row<'a>,
}

/// A multiple of the numbers that stay in registers through all steps.
const SIDE_BY_SIDE: usize = 128;

/// Makes the first so many steps of each row, with the gradient that is summed up for it, if any. The rows are of one width, and none
/// makes more steps than the one before it. So many lanes stay in registers through all steps: `WIDE` of a rule that keeps one number
/// for each weight, or `NARROW`.
#[inline(always)]
pub(crate) fn change_one_by_one<L: Lanes, const WIDE: usize, const NARROW: usize>(
    rules: &[Rule],
    rows: &mut [OneByOne<'_>],
) {
    match rules.first() {
        None => {}
        Some(Rule::Adam(_) | Rule::LazyAdam(_)) => change_by::<L, Adam, NARROW>(rules, rows),
        Some(Rule::Rmsprop(_)) => change_by::<L, Rmsprop, WIDE>(rules, rows),
        Some(Rule::RmspropWithMomentum(_)) => change_by::<L, RmspropWithMomentum, NARROW>(rules, rows),
        Some(Rule::Sgd(_)) => change_by::<L, Sgd, WIDE>(rules, rows),
        Some(Rule::SgdWithMomentum(_)) => change_by::<L, SgdWithMomentum, WIDE>(rules, rows),
    }
}

#[inline(always)]
fn change_by<L: Lanes, F: Formula, const COUNT: usize>(rules: &[Rule], rows: &mut [OneByOne<'_>]) {
    const {
        assert!(SIDE_BY_SIDE.is_multiple_of(COUNT * L::COUNT));
    }
    let Some(width) = rows.first().map(|alone| alone.row.weights.len()) else { return };
    let (end, size) = (rows.len() * width, COUNT * L::COUNT);
    let room = end.next_multiple_of(SIDE_BY_SIDE);
    let mut gradients = vec![0.0; room];
    // Weights, and what is kept for them.
    let mut all: [Vec<f32>; 3] = std::array::from_fn(|k| vec![0.0; if k <= F::KEPT { room } else { 0 }]);
    for place in 0..rows.len() {
        if let Some(soon) = rows.get(place + AHEAD) {
            soon.row.fetch();
        }
        let (row, part) = (&mut rows[place].row, place * width..(place + 1) * width);
        copy::<L>(row.sum.as_deref().unwrap_or_default(), &mut gradients[part.clone()]);
        for (all, row) in all[..=F::KEPT].iter_mut().zip(row.numbers()) {
            copy::<L>(row, &mut all[part.clone()]);
        }
    }
    for start in (0..end).step_by(size) {
        let gradient = side_by_side::<L, COUNT>(&gradients, start);
        let mut numbers = [[L::all(0.0); COUNT]; 3];
        (0..=F::KEPT).for_each(|k| numbers[k] = side_by_side(&all[k], start));
        let (mut made, mut left) = (0, end.min(start + size));
        // Rows that have made all their steps are taken out, and their places go on in vain.
        while left > start {
            let mut finished = (left - 1) / width;
            let count = rows[finished].count;
            make::<L, F, COUNT>(&rules[made..count as usize], &gradient, &mut numbers);
            while finished * width > start && rows[finished - 1].count == count {
                finished -= 1;
            }
            for (numbers, all) in numbers[..=F::KEPT].iter().zip(&mut all) {
                for (place, lanes) in (start..).step_by(L::COUNT).zip(numbers) {
                    if place < left && place + L::COUNT > finished * width {
                        lanes.store(&mut all[..left], place);
                    }
                }
            }
            (made, left) = (count as usize, finished * width);
        }
    }
    for (place, OneByOne { row, .. }) in rows.iter_mut().enumerate() {
        for (all, row) in all[..=F::KEPT].iter().zip(row.numbers()) {
            copy::<L>(&all[place * width..(place + 1) * width], row);
        }
    }
}

#[inline(always)]
fn side_by_side<L: Lanes, const COUNT: usize>(numbers: &[f32], start: usize) -> [L; COUNT] {
    std::array::from_fn(|lanes| L::load(numbers, start + lanes * L::COUNT))
}

/// Copies numbers to where there is as much room, without a call for each few of them.
#[inline(always)]
fn copy<L: Lanes>(from: &[f32], to: &mut [f32]) {
    let to = &mut to[..from.len()];
    for place in 0..from.len().div_ceil(L::COUNT) {
        L::load(from, place * L::COUNT).store(to, place * L::COUNT);
    }
}

/// All these steps.
#[inline(always)]
fn make<L: Lanes, F: Formula, const COUNT: usize>(
    rules: &[Rule],
    gradient: &[L; COUNT],
    [weights, first, second]: &mut [[L; COUNT]; 3],
) {
    for formula in rules.iter().filter_map(F::of) {
        for lanes in 0..COUNT {
            let changed = formula.change(gradient[lanes], weights[lanes], [first[lanes], second[lanes]]);
            (weights[lanes], [first[lanes], second[lanes]]) = changed;
        }
    }
}
