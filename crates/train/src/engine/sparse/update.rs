//! The update of a boundary matrix, row by row: a row's gradient is summed up, used by the optimizer's rule, and forgotten. Then
//! the row goes [ahead](super::ahead) to its next entry. Weights and moments are read and written once.

use super::Compute;
use super::ahead::Visit;
use super::alone::Alone;
use super::batch::Fill;
use super::entries::Columns;
use super::memory::numbers;
use super::rule::Rule;
use super::together::Together;
use super::vector::Vector;
use tch::Tensor;

/// Rows of weights in one job, at most.
const ROWS: usize = 32;

/// Numbers in one job, unless a single row has more: what is used again in it stays in the nearest caches.
const NUMBERS: usize = 8192;

/// A difference of two numbers that is smaller than this share of them says nothing in single precision.
const ROUNDING: f32 = 1e-6;

/// A boundary matrix with what belongs to each of its numbers.
pub(super) struct Matrix<'a> {
    /// `[columns, width]`.
    pub(super) weights: &'a mut [f32],
    /// What the optimizer keeps, in the shape of the weights.
    pub(super) kept: Vec<&'a mut [f32]>,
    /// The sum of all gradients so far, where they are added up, in the shape of the weights.
    pub(super) sum: Option<&'a mut [f32]>,
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

/// With a fill, each column of ratings learns `Σ_r row[r] · vector_r + column[c] Σ_r factor[r] · vector_r`.
pub(super) struct FillLesson<'a> {
    fill: &'a Fill<'a>,
    of_row: Vec<f32>,
    of_column: Vec<f32>,
}

/// The steps of an epoch.
pub(super) struct Steps<'a> {
    pub(super) rules: &'a [Rule],
    /// The step that is made; with it, all before are made.
    pub(super) now: usize,
    /// Times the weights, added to each gradient.
    pub(super) penalty: f32,
    /// The steps after it as one, for each number of them.
    pub(super) together: &'a [Option<Together>],
}

impl<'a> FillLesson<'a> {
    /// For vectors `[batch, width]`.
    pub(super) fn of(vector: Vector, fill: &'a Fill<'a>, vectors: &[f32]) -> Self {
        let batch = fill.row.len();
        let rows: Vec<u32> = (0..batch as u32).collect();
        let sum = |factors: &[f32]| {
            let mut sums = vec![0.0; vectors.len() / batch];
            vector.add_rows(&mut sums, vectors, vectors.len() / batch, &rows, factors);
            sums
        };
        Self { fill, of_row: sum(&fill.row), of_column: sum(&fill.factor) }
    }
}

impl Lesson<'_> {
    /// Adds the gradient of a row of weights.
    fn add(&self, vector: Vector, row: usize, gradient: &mut [f32]) {
        if row >= self.columns.len() {
            return;
        }
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
            let inputs = rows.iter().zip(factors).map(|(&r, factor)| factor + fill.at(r as usize, row as u32));
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
    /// A step of a parameter whose gradient is written out.
    pub(super) fn change(&self, mut matrix: Matrix<'_>, rule: &Rule, gradient: &Tensor) {
        let gradient = gradient.contiguous();
        let gradient = match &mut matrix.sum {
            Some(sum) => {
                sum.iter_mut().zip(numbers(&gradient)).for_each(|(sum, gradient)| *sum += gradient);
                &**sum
            }
            None => numbers(&gradient),
        };
        let mut unused = vec![0.0; if matrix.kept.len() < 2 { 2 * gradient.len() } else { 0 }];
        let kept = two(matrix.kept.iter_mut().map(|kept| &mut **kept), &mut unused);
        self.vector.change(rule, 0.0, gradient, matrix.weights, kept);
    }

    /// The step `steps.now` of the rows of these visits, with the gradient that lessons give; then the steps that they make alone
    /// before their next visits.
    pub(super) fn learn(&self, matrix: Matrix<'_>, visits: &[Visit], steps: &Steps<'_>, lessons: &[Lesson<'_>]) {
        let (width, now) = (matrix.width, &steps.rules[steps.now]);
        self.team.each(matrix.jobs(visits), |mut block: Block<'_>| {
            let (mut unused, mut fresh) = (vec![0.0; 2 * width], vec![0.0; width]);
            for visit in block.visits {
                let Row { weights, kept, sum } = block.row(visit.column, width, &mut unused);
                let gradient = sum.unwrap_or_else(|| {
                    fresh.fill(0.0);
                    &mut fresh
                });
                lessons.iter().for_each(|lesson| lesson.add(self.vector, visit.column as usize, gradient));
                self.vector.change(now, steps.penalty, gradient, weights, kept);
            }
            self.alone(block, width, steps.now + 1, steps.rules, steps.together);
        });
    }

    /// The steps that rows make alone before these visits.
    pub(super) fn go_ahead(&self, matrix: Matrix<'_>, visits: &[Visit], rules: &[Rule], together: &[Option<Together>]) {
        let width = matrix.width;
        self.team.each(matrix.jobs(visits), |block| self.alone(block, width, 0, rules, together));
    }

    /// The steps of rows alone, from `first` to their next visits: as one where they have no gradient then, and it can be.
    fn alone(&self, mut block: Block<'_>, width: usize, first: usize, rules: &[Rule], together: &[Option<Together>]) {
        let mut unused = vec![0.0; 2 * width];
        let mut waiting: Vec<(u32, u32)> = Vec::new();
        for visit in block.visits.iter().filter(|visit| visit.next as usize > first) {
            let count = visit.next - first as u32;
            let Row { weights, kept, sum } = block.row(visit.column, width, &mut unused);
            match &together[count as usize] {
                Some(together) if sum.is_none() => self.vector.change_together(together, weights, kept),
                _ => waiting.push((count, visit.column)),
            }
        }
        waiting.sort_by_key(|&(count, _)| std::cmp::Reverse(count));
        let mut alone = Alone::default();
        for &(count, column) in &waiting {
            let Row { weights, kept: [one, two], sum } = block.row(column, width, &mut unused);
            alone.push(count, sum.as_deref(), weights, [one, two]);
        }
        alone.change(self.vector, &rules[first..]);
        for (place, &(_, column)) in waiting.iter().enumerate() {
            let Row { weights, kept, .. } = block.row(column, width, &mut unused);
            alone.take(place, weights, kept);
        }
    }
}

/// What is kept, and unused numbers in place of what is not.
fn two<'a>(kept: impl Iterator<Item = &'a mut [f32]>, unused: &'a mut [f32]) -> [&'a mut [f32]; 2] {
    let (first_unused, second_unused) = unused.split_at_mut(unused.len() / 2);
    let mut kept = kept.chain([first_unused, second_unused]);
    [kept.next(), kept.next()].map(|kept| kept.expect("two stand in"))
}

/// Neighbouring rows of a matrix, from one that is visited to another; all or some of those between are.
struct Block<'a> {
    /// The column of its first row.
    first: u32,
    visits: &'a [Visit],
    weights: &'a mut [f32],
    kept: Vec<&'a mut [f32]>,
    sum: Option<&'a mut [f32]>,
}

/// A row of a matrix.
struct Row<'a> {
    weights: &'a mut [f32],
    /// Where the optimizer keeps less, unused numbers stand in.
    kept: [&'a mut [f32]; 2],
    sum: Option<&'a mut [f32]>,
}

impl<'a> Matrix<'a> {
    /// What is visited, in blocks of some visits each.
    fn jobs(self, visits: &'a [Visit]) -> Vec<Block<'a>> {
        let Self { mut weights, mut kept, mut sum, width } = self;
        let mut begin = 0;
        let block = |visits: &'a [Visit]| {
            let (first, end) = (visits[0].column, visits[visits.len() - 1].column + 1);
            let (skip, take) = ((first - begin) as usize * width, (end - first) as usize * width);
            begin = end;
            let mut part = |rest: &mut &'a mut [f32]| {
                rest.split_off_mut(..skip).expect("columns ascend");
                rest.split_off_mut(..take).expect("columns are rows of the matrix")
            };
            let (weights, kept) = (part(&mut weights), kept.iter_mut().map(&mut part).collect());
            Block { first, visits, weights, kept, sum: sum.as_mut().map(part) }
        };
        visits.chunks((NUMBERS / width).clamp(1, ROWS)).map(block).collect()
    }
}

impl Block<'_> {
    fn row<'b>(&'b mut self, row: u32, width: usize, unused: &'b mut [f32]) -> Row<'b> {
        let place = (row - self.first) as usize;
        let numbers = place * width..(place + 1) * width;
        let kept = two(self.kept.iter_mut().map(|kept| &mut kept[numbers.clone()]), unused);
        let sum = self.sum.as_mut().map(|sum| &mut sum[numbers.clone()]);
        Row { weights: &mut self.weights[numbers], kept, sum }
    }
}

#[cfg(test)]
mod tests {
    use hourglass_data::Csr;

    use super::super::ahead::Visits;
    use super::super::entries::Rows;
    use super::*;
    use crate::OptimizerConfig;

    const WIDTH: usize = 37;
    const COLUMNS: usize = 70;
    const STEPS: usize = 11;

    /// Weights and what is kept for them after some steps, in each of which a few rows have a gradient.
    fn trained(optimizer: &OptimizerConfig, kept: usize, adds_up: bool, ahead: bool) -> Vec<Vec<f32>> {
        let compute = Compute::new();
        let number = |place: usize| (place as f32 * 0.7).sin();
        let column = |step: usize, k: usize| ((step * step * 7 + k * 19) % 60) as u32;
        let entries = (0..STEPS).flat_map(|step| (0..4).map(move |k| ((4 * step + k) as u32, column(step, k), 0.5)));
        let ratings = Csr::from_entries(4 * STEPS, COLUMNS, entries);
        let batches: Vec<Vec<u32>> = (0..STEPS as u32).map(|step| (4 * step..4 * step + 4).collect()).collect();
        let visits = match ahead {
            true => Visits::of(&[&ratings], &batches.iter().map(|rows| &rows[..]).collect::<Vec<_>>()),
            false => Visits::Always { columns: COLUMNS as u32 },
        };
        let rules: Vec<Rule> = (1..=STEPS as u64).map(|step| Rule::of(optimizer, step, 1.0)).collect();
        let mut weights: Vec<f32> = (0..COLUMNS * WIDTH).map(number).collect();
        let mut kept = vec![vec![0.0; weights.len()]; kept];
        let mut sum = adds_up.then(|| vec![0.0; weights.len()]);
        let none = vec![None; STEPS + 1];
        let first = visits.first(true);
        compute.go_ahead(matrix_of(&mut weights, &mut kept, &mut sum), &first, &rules, &none);
        for (now, rows) in batches.iter().enumerate() {
            let rows = Rows::of(&ratings, rows);
            let columns = Columns::of(&rows, COLUMNS);
            let vectors: Vec<f32> = (0..4 * WIDTH).map(|place| number(place + now)).collect();
            let lesson =
                Lesson { columns: &columns, factors: columns.sorted(&rows.values), vectors: &vectors, fill: None };
            let steps = Steps { rules: &rules, now, penalty: 0.0, together: &none };
            compute.learn(matrix_of(&mut weights, &mut kept, &mut sum), &visits.batch(now), &steps, &[lesson]);
        }
        [vec![weights], kept].concat()
    }

    fn matrix_of<'a>(weights: &'a mut [f32], kept: &'a mut [Vec<f32>], sum: &'a mut Option<Vec<f32>>) -> Matrix<'a> {
        let kept = kept.iter_mut().map(|kept| &mut kept[..]).collect();
        Matrix { weights, kept, sum: sum.as_deref_mut(), width: WIDTH }
    }

    #[test]
    fn rows_that_go_ahead_step_by_step_end_in_the_same_bits() {
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
            for adds_up in [false, true] {
                let trained = |ahead| trained(&optimizer, kept, adds_up, ahead).concat();
                let bits = |ahead| trained(ahead).iter().map(|x| x.to_bits()).collect::<Vec<_>>();
                assert_eq!(bits(true), bits(false), "{written}, gradients added up: {adds_up}");
            }
        }
    }
}
