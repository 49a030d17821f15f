//! The last layer for every column: `y_rc = b_c + Σ_k h_rk W_ck`.
//!
//! Weights lie in panels of neighbouring columns, unit by unit, so that the outputs of a panel are added up side by side, each
//! over k = 0, 1, … by itself. Rows only share the fetching of weights: no bit of an output depends on which rows are computed
//! together, as it does with the products of a library, which choose their order of adding by the sizes of the matrices.

use std::ops::Range;

use crate::engine::sparse::kernel::team::Team;
use crate::engine::sparse::kernel::vector::{Vector, lanes_of, multiply_add};

/// Columns of a panel.
pub(crate) const PANEL: usize = 64;

/// The weights and offsets of a last layer, laid out anew.
#[derive(Debug)]
pub(crate) struct Panels {
    /// `[panels, 1 + width, PANEL]`: the offsets, then the weights of each unit; 0 behind the last column.
    numbers: Vec<f32>,
    width: usize,
}

impl Panels {
    /// Of weights `[columns, width]` and offsets `[columns]`.
    pub(crate) fn of(weight: &[f32], bias: &[f32], team: &Team) -> Self {
        let width = weight.len() / bias.len().max(1);
        let mut numbers = vec![0.0; bias.len().div_ceil(PANEL) * (1 + width) * PANEL];
        let panels = numbers.chunks_mut((1 + width) * PANEL).zip(bias.chunks(PANEL)).enumerate();
        team.each(panels.collect(), |(panel, (numbers, bias))| {
            numbers[..bias.len()].copy_from_slice(bias);
            for column in 0..bias.len() {
                let of_column = &weight[(panel * PANEL + column) * width..][..width];
                let places = numbers[PANEL + column..].iter_mut().step_by(PANEL);
                places.zip(of_column).for_each(|(place, &weight)| *place = weight);
            }
        });
        Self { numbers, width }
    }

    /// The sums of some columns, of which the first begins a panel, from `[rows × width]` to `[rows × columns]`.
    pub(crate) fn multiply(&self, vector: Vector, last: &[f32], columns: Range<usize>, sums: &mut [f32]) {
        assert!(columns.start.is_multiple_of(PANEL), "column {} begins no panel", columns.start);
        let size = (1 + self.width) * PANEL;
        for first in columns.clone().step_by(PANEL) {
            let panel = &self.numbers[first / PANEL * size..][..size];
            let count = PANEL.min(columns.end - first);
            vector.multiply_panel(&mut sums[first - columns.start..], columns.len(), count, panel, last, self.width);
        }
    }
}

/// The first `count` sums of a panel for each row of `last` `[rows × width]`, to where the row's sums begin every `stride`
/// numbers.
#[inline(always)]
pub(crate) fn multiply_panel<const FUSED: bool, const LANES: usize>(
    sums: &mut [f32],
    stride: usize,
    count: usize,
    panel: &[f32],
    last: &[f32],
    width: usize,
) {
    // As many sums as stay in registers beside the weights that they share.
    match LANES {
        256 => multiply_rows::<FUSED, 64, 6>(sums, stride, count, panel, last, width),
        64 => multiply_rows::<FUSED, 16, 6>(sums, stride, count, panel, last, width),
        _ => multiply_rows::<FUSED, 8, 3>(sums, stride, count, panel, last, width),
    }
}

#[inline(always)]
fn multiply_rows<const FUSED: bool, const LANES: usize, const ROWS: usize>(
    sums: &mut [f32],
    stride: usize,
    count: usize,
    panel: &[f32],
    last: &[f32],
    width: usize,
) {
    let (all, together) = (last.len() / width, last.len() / width / ROWS * ROWS);
    for row in (0..together).step_by(ROWS) {
        let last = &last[row * width..][..ROWS * width];
        multiply_together::<FUSED, LANES, ROWS>(&mut sums[row * stride..], stride, count, panel, last, width);
    }
    for row in together..all {
        let last = &last[row * width..][..width];
        multiply_together::<FUSED, LANES, 1>(&mut sums[row * stride..], stride, count, panel, last, width);
    }
}

#[inline(always)]
fn multiply_together<const FUSED: bool, const LANES: usize, const ROWS: usize>(
    sums: &mut [f32],
    stride: usize,
    count: usize,
    panel: &[f32],
    last: &[f32],
    width: usize,
) {
    let rows: [&[f32]; ROWS] = std::array::from_fn(|row| &last[row * width..][..width]);
    for start in (0..count).step_by(LANES) {
        let mut lanes: [[f32; LANES]; ROWS] = [*lanes_of(panel, start); ROWS];
        for unit in 0..width {
            let weights: &[f32; LANES] = lanes_of(panel, (1 + unit) * PANEL + start);
            for (lanes, row) in lanes.iter_mut().zip(rows) {
                let factor = row[unit];
                for (lane, &weight) in lanes.iter_mut().zip(weights) {
                    *lane = multiply_add::<FUSED>(factor, weight, *lane);
                }
            }
        }
        let count = LANES.min(count - start);
        for (row, lanes) in lanes.iter().enumerate() {
            sums[row * stride + start..][..count].copy_from_slice(&lanes[..count]);
        }
    }
}
