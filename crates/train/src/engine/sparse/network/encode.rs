//! The first layer's sums, from the observed entries alone. With the fill `row[r] + factor[r] column[c]`,
//!
//! ```text
//! (x W)ᵣ = Σ_{c observed} (x_rc − fill_rc) W_c + row[r] Σ_c W_c + factor[r] Σ_c column[c] W_c
//! ```
//!
//! so that a fill costs one pass over the weights a batch, whatever it is.
//!
//! Weights come from far: what takes long is to fetch them, not to compute with them. Threads therefore share out the width, so
//! that each number of the weights is fetched by one of them.

use std::ops::Range;

use hourglass_models::Boundary;
use tch::{Device, Kind, Tensor};

use crate::engine::sparse::Compute;
use crate::engine::sparse::batch::entries::Rows;
use crate::engine::sparse::batch::input::{Fill, Input};
use crate::engine::sparse::kernel::memory::numbers;
use crate::engine::sparse::kernel::team::OneTensorThread;

/// Fewest rows of a batch in one job: enough that a job is longer than handing it out.
const ROWS: usize = 16;

/// Fewest numbers of a row of weights in one job: several lines of the cache, which processors fetch in one go.
const PART: usize = 128;

/// Numbers of weights that stay in a processor's own cache while rows of a batch use them.
const CACHED: usize = 1 << 17;

/// Units whose sums of all cells are one job's.
const UNITS: i64 = 128;

/// Rows of weights summed up in one job.
const COLUMNS: usize = 64;

/// A part of the width of some rows.
struct Block<'a> {
    /// Of the batch.
    rows: Range<usize>,
    /// Where it begins in the width.
    left: usize,
    /// Of each row.
    sums: Vec<&'a mut [f32]>,
}

impl Compute {
    /// `x W + b` of an input, `[batch, first]`.
    pub(crate) fn encode(&self, encoder: &Boundary, input: &Input<'_>) -> Vec<f32> {
        if let Some(cells) = &input.cells {
            return self.encode_cells(encoder, cells);
        }
        let (weight, bias) = (numbers(&encoder.weight), numbers(&encoder.bias));
        let Some(fill) = &input.fill else {
            return self.weighted_sums(weight, bias.len(), &input.entries, &input.entries.values, |_, part, sums| {
                sums.copy_from_slice(&bias[part]);
            });
        };
        let [of_row, of_column] = self.fill_sums(weight, bias.len(), fill);
        self.weighted_sums(weight, bias.len(), &input.entries, &input.entries.values, |row, part, sums| {
            let (of_this, factor) = (fill.row[row], fill.factor[row]);
            for (sum, place) in sums.iter_mut().zip(part) {
                *sum = bias[place] + of_this * of_row[place] + factor * of_column[place];
            }
        })
    }

    /// The same of cells `[batch, inputs]`, for some units at a time.
    fn encode_cells(&self, encoder: &Boundary, cells: &Tensor) -> Vec<f32> {
        let width = encoder.bias.size()[0];
        let sums = Tensor::empty([cells.size()[0], width], (Kind::Float, Device::Cpu));
        let part = |start: i64| {
            let narrowed = |tensor: &Tensor, axis| tensor.narrow(axis, start, (width - start).min(UNITS));
            let layer = Boundary { weight: narrowed(&encoder.weight, 1), bias: narrowed(&encoder.bias, 0) };
            (layer.detached(), cells.shallow_clone(), narrowed(&sums, 1))
        };
        let jobs = (0..width).step_by(UNITS as usize).map(part).collect();
        self.team.each(jobs, |(layer, cells, mut sums): (Boundary, Tensor, Tensor)| {
            let _tensors = OneTensorThread::new();
            tch::no_grad(|| sums.copy_(&layer.encode(&cells)));
        });
        numbers(&sums).to_vec()
    }

    /// For each row of the batch, what `start` writes into a part of it, and the sum of the weight rows of its entries, each times
    /// the entry's value: `[batch, width]`.
    pub(crate) fn weighted_sums(
        &self,
        weight: &[f32],
        width: usize,
        entries: &Rows,
        values: &[f32],
        start: impl Fn(usize, Range<usize>, &mut [f32]) + Send + Sync,
    ) -> Vec<f32> {
        let mut sums = vec![0.0; entries.len() * width];
        let size = width.div_ceil(self.team.len()).max(PART);
        let jobs = self.blocks(&mut sums, width, size);
        self.team.each(jobs, |Block { rows, left, mut sums }| {
            for (row, sums) in rows.clone().zip(&mut sums) {
                start(row, left..left + sums.len(), sums);
            }
            let first = rows.start;
            entries.visit(rows, neighbours(size), |row, places| {
                let (columns, values) = (&entries.columns[places.clone()], &values[places]);
                self.vector.add_rows(sums[row - first], &weight[left..], width, columns, values);
            });
        });
        sums
    }

    /// Parts of the width, each of all rows or, if these are too few for all threads, of some.
    fn blocks<'a>(&self, sums: &'a mut [f32], width: usize, size: usize) -> Vec<Block<'a>> {
        let (batch, parts) = (sums.len() / width, width.div_ceil(size));
        let rows = batch.div_ceil(self.team.len().div_ceil(parts)).max(ROWS);
        let of_rows = |(number, sums): (usize, &'a mut [f32])| {
            let rows = number * rows..number * rows + sums.len() / width;
            let block = |part| Block { rows: rows.clone(), left: part * size, sums: Vec::with_capacity(rows.len()) };
            let mut blocks: Vec<Block<'a>> = (0..parts).map(block).collect();
            for row in sums.chunks_mut(width) {
                blocks.iter_mut().zip(row.chunks_mut(size)).for_each(|(block, part)| block.sums.push(part));
            }
            blocks
        };
        sums.chunks_mut(rows * width).enumerate().flat_map(of_rows).collect()
    }

    /// `Σ_c W_c` and `Σ_c column[c] W_c` over the columns of ratings.
    pub(crate) fn fill_sums(&self, weight: &[f32], width: usize, fill: &Fill<'_>) -> [Vec<f32>; 2] {
        let blocks = fill.columns.div_ceil(COLUMNS);
        let mut partial = vec![0.0; blocks * 2 * width];
        let (ones, all) = (vec![1.0; COLUMNS], (0..fill.columns as u32).collect::<Vec<_>>());
        let jobs = partial.chunks_mut(2 * width).zip(all.chunks(COLUMNS)).collect();
        self.team.each(jobs, |(sums, columns): (&mut [f32], &[u32])| {
            let (of_row, of_column) = sums.split_at_mut(width);
            self.vector.add_rows(of_row, weight, width, columns, &ones[..columns.len()]);
            if let Some(fill) = fill.column {
                let first = columns[0] as usize;
                self.vector.add_rows(of_column, weight, width, columns, &fill[first..first + columns.len()]);
            }
        });
        let mut sums = [vec![0.0; width], vec![0.0; width]];
        for partial in partial.chunks(2 * width) {
            for (sum, partial) in sums.iter_mut().flatten().zip(partial) {
                *sum += partial;
            }
        }
        sums
    }
}

/// How many neighbouring rows of weights stay in the cache.
pub(crate) fn neighbours(width: usize) -> usize {
    CACHED.div_ceil(width)
}
