//! The update of a boundary matrix, row by row: a row's gradient is summed up, used by the optimizer's rule, and forgotten. Weights
//! and moments are read and written once a step.
//!
//! A row without an entry in the batch has no gradient, but most optimizers change it all the same: by what is left of its
//! momentum, by weight decay. Where few rows have entries, the others wait; when one is needed, the steps that it missed are
//! made up for, one after the other and each as it would have been, so that waiting changes no bit.

use super::Compute;
use super::batch::{Columns, Fill};
use super::rule::Rule;
use super::vector::Vector;

/// Rows of weights in one job.
const ROWS: usize = 32;

/// A difference of two numbers that is smaller than this share of them says nothing in single precision.
const ROUNDING: f32 = 1e-6;

/// A boundary matrix with what its optimizer keeps for it.
pub(super) struct Matrix<'a> {
    /// `[columns, width]`.
    pub(super) weights: &'a mut [f32],
    /// In the shape of the weights; as many as the optimizer keeps.
    pub(super) kept: Vec<&'a mut [f32]>,
    /// Steps behind each row, of those in the list of rules `[columns]`.
    pub(super) done: &'a mut [u32],
    /// Numbers in a row.
    pub(super) width: usize,
}

/// What rows learn from a layer that they are the weights of: the sum over a column's entries of `factor · vector of the entry's
/// row`.
pub(super) struct Lesson<'a> {
    pub(super) columns: &'a Columns,
    /// In the order of `columns` `[entries]`.
    pub(super) factors: Vec<f32>,
    /// `[batch, width]`.
    pub(super) vectors: &'a [f32],
    /// What comes besides from a fill.
    pub(super) fill: Option<FillLesson<'a>>,
}

/// With a fill, each column of ratings learns `Σ_r row[r] · vector_r + column[c] Σ_r vector_r`.
pub(super) struct FillLesson<'a> {
    fill: &'a Fill<'a>,
    of_row: Vec<f32>,
    of_column: Vec<f32>,
}

/// Which rows.
#[derive(Clone, Copy)]
pub(super) enum Which<'a> {
    All,
    /// Ascending.
    These(&'a [u32]),
}

impl<'a> FillLesson<'a> {
    /// For vectors `[batch, width]`.
    pub(super) fn of(vector: Vector, fill: &'a Fill<'a>, vectors: &[f32]) -> Self {
        let batch = fill.row.len();
        let (rows, ones) = ((0..batch as u32).collect::<Vec<_>>(), vec![1.0; batch]);
        let sum = |factors: &[f32]| {
            let mut sums = vec![0.0; vectors.len() / batch];
            vector.add_rows(&mut sums, vectors, vectors.len() / batch, &rows, factors);
            sums
        };
        Self { fill, of_row: sum(&fill.row), of_column: sum(&ones) }
    }
}

impl Lesson<'_> {
    /// Adds the gradient of a row of weights.
    fn add(&self, vector: Vector, row: usize, gradient: &mut [f32]) {
        let (width, places) = (gradient.len(), self.columns.column(row));
        let (rows, factors) = (&self.columns.rows[places.clone()], &self.factors[places]);
        let Some(FillLesson { fill, of_row, of_column }) =
            self.fill.as_ref().filter(|lesson| row < lesson.fill.columns)
        else {
            return vector.add_rows(gradient, self.vectors, width, rows, factors);
        };
        let column = fill.column.map_or(0.0, |column| column[row]);
        if rows.len() == fill.row.len() {
            // No row shows its fill here. Put in and taken out again, it would leave a rounding error where the inputs are 0, and
            // optimizers that divide a gradient by its size would make a whole step of that.
            let inputs = rows.iter().zip(factors).map(|(&row, factor)| factor + (fill.row[row as usize] + column));
            return vector.add_rows(gradient, self.vectors, width, rows, &inputs.collect::<Vec<_>>());
        }
        let of_fill = || of_row.iter().zip(of_column).map(|(of_row, of_column)| of_row + column * of_column);
        gradient.iter_mut().zip(of_fill()).for_each(|(gradient, of_fill)| *gradient += of_fill);
        vector.add_rows(gradient, self.vectors, width, rows, factors);
        for (gradient, of_fill) in gradient.iter_mut().zip(of_fill()) {
            // The same for single units: where dropout leaves but rows whose input is 0.
            if gradient.abs() < ROUNDING * of_fill.abs() {
                *gradient = 0.0;
            }
        }
    }
}

impl Compute {
    /// The last of `rules`, with the gradient of a lesson and `penalty` times the weights; first the steps that a row missed.
    pub(super) fn learn(
        &self,
        matrix: Matrix<'_>,
        which: Which<'_>,
        rules: &[Rule],
        lesson: &Lesson<'_>,
        penalty: f32,
    ) {
        let (now, before) = rules.split_last().expect("a step has a rule");
        let width = matrix.width;
        self.team.each(matrix.jobs(which), |mut block: Block<'_>| {
            let (mut gradient, mut unused) = (vec![0.0; width], vec![0.0; 2 * width]);
            for row in block.rows.clone() {
                let (weights, mut kept, done) = block.row(row, width, &mut unused);
                if (*done as usize) < before.len() {
                    self.vector.change_alone(&before[*done as usize..], weights, reborrow(&mut kept));
                }
                gradient.fill(0.0);
                lesson.add(self.vector, row, &mut gradient);
                self.vector.change(now, penalty, &gradient, weights, kept);
                *done = rules.len() as u32;
            }
        });
    }

    /// The steps that these rows missed.
    pub(super) fn catch_up(&self, matrix: Matrix<'_>, which: Which<'_>, rules: &[Rule]) {
        let behind = |row: usize| (matrix.done[row] as usize) < rules.len();
        let any_behind = match which {
            Which::All => (0..matrix.done.len()).any(behind),
            Which::These(rows) => rows.iter().any(|&row| behind(row as usize)),
        };
        if !any_behind {
            return;
        }
        let width = matrix.width;
        self.team.each(matrix.jobs(which), |mut block: Block<'_>| {
            let mut unused = vec![0.0; 2 * width];
            for row in block.rows.clone() {
                let (weights, kept, done) = block.row(row, width, &mut unused);
                self.vector.change_alone(&rules[*done as usize..], weights, kept);
                *done = rules.len() as u32;
            }
        });
    }
}

fn reborrow<'a>([first, second]: &'a mut [&mut [f32]; 2]) -> [&'a mut [f32]; 2] {
    [first, second]
}

/// Neighbouring rows of a matrix, some or all of which are to be done.
struct Block<'a> {
    first: usize,
    rows: Rows<'a>,
    weights: &'a mut [f32],
    kept: Vec<&'a mut [f32]>,
    done: &'a mut [u32],
}

/// The numbers of some rows.
#[derive(Clone)]
enum Rows<'a> {
    All(std::ops::Range<usize>),
    These(std::slice::Iter<'a, u32>),
}

impl Iterator for Rows<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        match self {
            Self::All(rows) => rows.next(),
            Self::These(rows) => rows.next().map(|&row| row as usize),
        }
    }
}

impl<'a> Matrix<'a> {
    /// The blocks that have a row to do.
    fn jobs(self, which: Which<'a>) -> Vec<Block<'a>> {
        let size = ROWS * self.width;
        let mut kept: Vec<_> = self.kept.into_iter().map(|kept| kept.chunks_mut(size)).collect();
        let mut rest = match which {
            Which::All => &[],
            Which::These(rows) => rows,
        };
        let blocks = self.weights.chunks_mut(size).zip(self.done.chunks_mut(ROWS)).enumerate();
        let blocks = blocks.filter_map(|(number, (weights, done))| {
            let kept = kept.iter_mut().map(|kept| kept.next().expect("in the shape of the weights")).collect();
            let (first, end) = (number * ROWS, number * ROWS + done.len());
            let rows = match which {
                Which::All => Rows::All(first..end),
                Which::These(_) => {
                    let (here, after) =
                        rest.split_at(rest.partition_point(|&row| (row as usize) < end).min(rest.len()));
                    rest = after;
                    Rows::These(here.iter())
                }
            };
            rows.clone().next().map(|_| Block { first, rows, weights, kept, done })
        });
        blocks.collect()
    }
}

impl Block<'_> {
    /// A row's weights, what is kept for them, and its count of steps. Where less is kept, `unused` stands in.
    fn row<'b>(
        &'b mut self,
        row: usize,
        width: usize,
        unused: &'b mut [f32],
    ) -> (&'b mut [f32], [&'b mut [f32]; 2], &'b mut u32) {
        let place = row - self.first;
        let numbers = place * width..(place + 1) * width;
        let (first_unused, second_unused) = unused.split_at_mut(width);
        let kept = match &mut self.kept[..] {
            [] => [first_unused, second_unused],
            [first] => [&mut first[numbers.clone()], second_unused],
            [first, second] => [&mut first[numbers.clone()], &mut second[numbers.clone()]],
            more => unreachable!("no rule keeps {} numbers a weight", more.len()),
        };
        (&mut self.weights[numbers], kept, &mut self.done[place])
    }
}

#[cfg(test)]
mod tests {
    use super::super::batch::Rows;
    use super::*;
    use crate::OptimizerConfig;

    const WIDTH: usize = 37;
    const ROWS_OF_WEIGHTS: usize = 70;

    /// Weights and what is kept for them after some steps, in each of which a few rows have a gradient.
    fn trained(optimizer: &OptimizerConfig, kept: usize, wait: bool) -> Vec<Vec<f32>> {
        let compute = Compute::new();
        let number = |place: usize| (place as f32 * 0.7).sin();
        let mut weights: Vec<f32> = (0..ROWS_OF_WEIGHTS * WIDTH).map(number).collect();
        let mut kept = vec![vec![0.0; weights.len()]; kept];
        let (mut done, mut rules) = (vec![0; ROWS_OF_WEIGHTS], Vec::new());
        for step in 1..12_u32 {
            let columns: Vec<u32> = (0..4).map(|k| (step * step * 7 + k * 19) % 60).collect();
            let matrix =
                hourglass_data::Csr::from_entries(4, ROWS_OF_WEIGHTS, (0..4).map(|k| (k, columns[k as usize], 0.5)));
            let rows = Rows::of(&matrix, &[0, 1, 2, 3]);
            let columns = Columns::of(&rows, ROWS_OF_WEIGHTS);
            let vectors: Vec<f32> = (0..4 * WIDTH).map(|place| number(place + step as usize)).collect();
            let lesson =
                Lesson { columns: &columns, factors: columns.sorted(&rows.values), vectors: &vectors, fill: None };
            let which = if wait { Which::These(&columns.touched) } else { Which::All };
            compute.catch_up(matrix_of(&mut weights, &mut kept, &mut done), which, &rules);
            rules.push(Rule::of(optimizer, u64::from(step), 1.0));
            compute.learn(matrix_of(&mut weights, &mut kept, &mut done), which, &rules, &lesson, 0.0);
        }
        compute.catch_up(matrix_of(&mut weights, &mut kept, &mut done), Which::All, &rules);
        [vec![weights], kept].concat()
    }

    fn matrix_of<'a>(weights: &'a mut [f32], kept: &'a mut [Vec<f32>], done: &'a mut [u32]) -> Matrix<'a> {
        Matrix { weights, kept: kept.iter_mut().map(|kept| &mut kept[..]).collect(), done, width: WIDTH }
    }

    #[test]
    fn rows_that_wait_end_in_the_same_bits() {
        for (written, kept) in [
            (r#"{"sgd": {"weight_decay": 0.1}}"#, 0),
            (r#"{"sgd": {"momentum": 0.9, "nesterov": true}}"#, 1),
            (r#"{"rmsprop": {"weight_decay": 0.1}}"#, 1),
            (r#"{"rmsprop": {"momentum": 0.5}}"#, 2),
            (r#"{"adam": {}}"#, 2),
            (r#"{"adamw": {}}"#, 2),
        ] {
            let optimizer: OptimizerConfig = serde_json::from_str(written).unwrap();
            assert_eq!(optimizer.state_per_parameter(), kept as u64);
            let bits = |wait| trained(&optimizer, kept, wait).concat().iter().map(|x| x.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(true), bits(false), "{written}");
        }
    }
}
