//! The update of a boundary matrix, row by row: a row's gradient is summed up, used by the optimizer's rule, and forgotten. Then
//! the row goes [ahead](super::visits) to its next entry. Weights and moments are read and written once.

use std::cmp::Reverse;

use tch::Tensor;

use super::closed_form::ClosedForm;
use super::gradient::{GradientAtEntries, Gradients, products};
use super::one_by_one::OneByOne;
use super::rule::Rule;
use super::visits::Visit;
use crate::engine::sparse::Compute;
use crate::engine::sparse::kernel::memory::numbers;
use crate::engine::sparse::kernel::vector::{AHEAD, LINE, fetch};
use crate::engine::sparse::loss::all_columns::Everywhere;

/// Rows of weights in one job, at most.
const ROWS: usize = 512;

/// Numbers in one job, unless a single row has more: what is used again in it stays in the nearest caches.
const NUMBERS: usize = 8192;

/// Numbers of weights, at most, that are asked for before their turn, unless a single row has more.
const FETCHED: usize = 512;

/// Rows that come to the same job, where it does not matter which one does them.
const DEALT: usize = 8;

/// Most rows in one job, where their gradient is a product, which is longer in coming.
const ROWS_OF_PRODUCT: usize = 128;

/// A boundary matrix with what belongs to each of its numbers.
pub(crate) struct Matrix<'a> {
    /// `[columns, width]`.
    pub(crate) weights: &'a mut [f32],
    /// What the optimizer keeps, each in the shape of the weights; nothing in place of what it does not.
    pub(crate) kept: [&'a mut [f32]; 2],
    /// The sum of all gradients so far, where they are added up, in the shape of the weights.
    pub(crate) sum: Option<&'a mut [f32]>,
    /// Numbers in a row.
    pub(crate) width: usize,
}

/// The steps of an epoch.
pub(crate) struct Steps<'a> {
    pub(crate) rules: &'a [Rule],
    /// The step that is made; with it, all before are made.
    pub(crate) now: usize,
    /// Times the weights, added to each gradient.
    pub(crate) penalty: f32,
    /// By which gradients are multiplied then.
    pub(crate) scale: f32,
    /// The steps after it as one, for each number of them; nothing, where they never can be, or gradients are added up, so that none
    /// is without.
    pub(crate) closed_form: &'a [Option<ClosedForm>],
}

impl Compute {
    /// A step of a parameter whose gradient, to be multiplied by `scale`, is written out; some optimizers go by rows of so many
    /// numbers.
    pub(crate) fn change(&self, mut matrix: Matrix<'_>, rule: &Rule, gradient: &[f32], scale: f32, row: usize) {
        let size = if rule.is_lazy() { row.max(1) } else { NUMBERS };
        let mut scaled = Vec::new();
        for start in (0..gradient.len()).step_by(size) {
            let part = start..gradient.len().min(start + size);
            let gradient = match &mut matrix.sum {
                _ if scale != 1.0 => {
                    scaled.clear();
                    scaled.extend(gradient[part.clone()].iter().map(|number| number * scale));
                    &scaled[..]
                }
                Some(sum) => {
                    let sum = &mut sum[part.clone()];
                    sum.iter_mut().zip(&gradient[part.clone()]).for_each(|(sum, gradient)| *sum += gradient);
                    sum
                }
                None => &gradient[part.clone()],
            };
            if !rule.skips(gradient) {
                let kept = matrix.kept.each_mut().map(|kept| kept.get_mut(part.clone()).unwrap_or_default());
                self.vector.change(rule, 0.0, gradient, &mut matrix.weights[part], kept);
            }
        }
    }

    /// The step `steps.now` of the rows of these visits, with these gradients; then the steps that they make alone
    /// before their next visits.
    pub(crate) fn learn(&self, matrix: Matrix<'_>, visits: &[Visit], steps: &Steps<'_>, gradients: &Gradients<'_>) {
        let (width, now) = (matrix.width, &steps.rules[steps.now]);
        let at_entries = &gradients.at_entries[..];
        // Then this step has the same gradient as those after it, and is the first of them.
        let adds_up = matrix.sum.is_some();
        let jobs = matrix.in_blocks(visits, gradients);
        self.team.each(jobs, |(everywhere, block): (Vec<Everywhere>, Block<'_>)| {
            let mut fresh = vec![0.0; width];
            let products = products(&everywhere, block.weights);
            let first = block.first;
            let mut rows = block.rows(width);
            let ahead = AHEAD.min(FETCHED / width).max(1);
            for place in 0..rows.len() {
                if let Some((_, soon)) = rows.get(place + ahead) {
                    soon.fetch();
                }
                let (visit, Row { weights, kept, sum }) = &mut rows[place];
                let gradient = match sum {
                    Some(sum) => &mut **sum,
                    None => {
                        fresh.fill(0.0);
                        &mut fresh
                    }
                };
                let place = (visit.column - first) as usize;
                self.add_gradients(at_entries, visit.column as usize, &products, place, gradient);
                if adds_up {
                    continue;
                }
                if steps.scale != 1.0 {
                    gradient.iter_mut().for_each(|number| *number *= steps.scale);
                }
                if !(now.skips(gradient) && steps.penalty == 0.0) {
                    let kept = kept.each_mut().map(|kept| &mut **kept);
                    self.vector.change(now, steps.scale * steps.penalty, gradient, weights, kept);
                }
            }
            let first = if adds_up { steps.now } else { steps.now + 1 };
            self.alone(rows, first, steps.rules, steps.closed_form);
        });
    }

    /// Adds to a row's gradient what its entries say, and the rows in this place of products.
    pub(crate) fn add_gradients(
        &self,
        at_entries: &[GradientAtEntries<'_>],
        row: usize,
        products: &[Tensor],
        place: usize,
        gradient: &mut [f32],
    ) {
        at_entries.iter().for_each(|part| part.add(self.vector, row, gradient));
        for product in products {
            let product = numbers(product).get(place * gradient.len()..).unwrap_or_default();
            gradient.iter_mut().zip(product).for_each(|(gradient, product)| *gradient += product);
        }
    }

    /// The squared length of the gradient of the rows of these visits, with that of a penalty.
    pub(crate) fn squared_length(
        &self,
        matrix: Matrix<'_>,
        visits: &[Visit],
        penalty: f32,
        gradients: &Gradients<'_>,
    ) -> f64 {
        let (width, at_entries) = (matrix.width, &gradients.at_entries[..]);
        let jobs = matrix.in_blocks(visits, gradients);
        let mut sums = vec![0.0; jobs.len()];
        let jobs = jobs.into_iter().zip(&mut sums).collect();
        self.team.each(jobs, |((everywhere, block), sum): ((Vec<Everywhere>, Block<'_>), &mut f64)| {
            let (mut gradient, mut square) = (vec![0.0; width], [0.0]);
            let products = products(&everywhere, block.weights);
            for column in block.visits.iter().map(|visit| visit.column) {
                let place = (column - block.first) as usize;
                gradient.fill(0.0);
                self.add_gradients(at_entries, column as usize, &products, place, &mut gradient);
                self.vector.add_rows(&mut gradient, &block.weights[place * width..], width, &[0], &[penalty]);
                self.vector.dot_rows(&mut square, &gradient, &gradient, &[0]);
                *sum += f64::from(square[0]);
            }
        });
        sums.iter().sum()
    }

    /// So many steps of rows alone, from the first of an epoch, or any if they are all alike.
    pub(crate) fn go_ahead(
        &self,
        matrix: Matrix<'_>,
        visits: &[Visit],
        rules: &[Rule],
        closed_form: &[Option<ClosedForm>],
    ) {
        let width = matrix.width;
        let jobs = visits.len().div_ceil(rows_of_job(width)).next_multiple_of(self.team.len());
        // Rows with few entries, and many steps, often stand near each other.
        let mut dealt: Vec<Vec<Block<'_>>> = (0..jobs).map(|_| Vec::new()).collect();
        for (block, job) in matrix.jobs(visits, DEALT).into_iter().zip((0..jobs).cycle()) {
            dealt[job].push(block);
        }
        self.team.each(dealt, |blocks| {
            let mut rows = Vec::with_capacity(DEALT * blocks.len());
            blocks.into_iter().for_each(|block| rows.extend(block.rows(width)));
            self.alone(rows, 0, rules, closed_form);
        });
    }

    /// The steps of rows alone, from `first` to their next visits: as one where they have no gradient then, and it can be.
    fn alone(&self, rows: Vec<(Visit, Row<'_>)>, first: usize, rules: &[Rule], closed_form: &[Option<ClosedForm>]) {
        let mut waiting = Vec::new();
        for (visit, row) in rows.into_iter().filter(|(visit, _)| visit.next as usize > first) {
            let count = visit.next - first as u32;
            match closed_form.get(count as usize) {
                _ if rules[first].skips(row.sum.as_deref().unwrap_or_default()) => {}
                Some(Some(closed_form)) => self.vector.change_in_closed_form(closed_form, row.weights, row.kept),
                _ => waiting.push(OneByOne { count, row }),
            }
        }
        waiting.sort_by_cached_key(|alone| Reverse(alone.count));
        self.vector.change_one_by_one(&rules[first..], &mut waiting);
    }
}

/// Neighbouring rows of a matrix, from one that is visited to another; all or some of those between are.
struct Block<'a> {
    /// The column of its first row.
    first: u32,
    visits: &'a [Visit],
    weights: &'a mut [f32],
    kept: [&'a mut [f32]; 2],
    sum: Option<&'a mut [f32]>,
}

/// A row of a [`Matrix`], with what is there of it.
pub(crate) struct Row<'a> {
    pub(crate) weights: &'a mut [f32],
    pub(crate) kept: [&'a mut [f32]; 2],
    pub(crate) sum: Option<&'a mut [f32]>,
}

/// Rows of this width in a job.
fn rows_of_job(width: usize) -> usize {
    (NUMBERS / width).clamp(1, ROWS)
}

impl<'a> Matrix<'a> {
    /// The blocks that are visited, each with what all sums say to it.
    fn in_blocks(self, visits: &'a [Visit], gradients: &Gradients<'_>) -> Vec<(Vec<Everywhere>, Block<'a>)> {
        let width = self.width;
        let rows = if gradients.everywhere.is_empty() { rows_of_job(width) } else { ROWS_OF_PRODUCT };
        let of = |block: &Block<'_>| gradients.narrow_everywhere(block.first as usize, block.weights.len() / width);
        self.jobs(visits, rows).into_iter().map(|block| (of(&block), block)).collect()
    }

    /// What is visited, in blocks of so many visits each.
    fn jobs(self, visits: &'a [Visit], rows: usize) -> Vec<Block<'a>> {
        let width = self.width;
        let mut all = Row { weights: self.weights, kept: self.kept, sum: self.sum };
        let mut begin = 0;
        let block = |visits: &'a [Visit]| {
            let (first, end) = (visits[0].column, visits[visits.len() - 1].column + 1);
            all.split_off((first - begin) as usize * width);
            begin = end;
            let Row { weights, kept, sum } = all.split_off((end - first) as usize * width);
            Block { first, visits, weights, kept, sum }
        };
        visits.chunks(rows).map(block).collect()
    }
}

impl<'a> Block<'a> {
    /// What is visited, each with its row of so many numbers.
    fn rows(self, width: usize) -> Vec<(Visit, Row<'a>)> {
        let mut all = Row { weights: self.weights, kept: self.kept, sum: self.sum };
        let mut begin = self.first;
        let row = |&visit: &Visit| {
            all.split_off((visit.column - begin) as usize * width);
            begin = visit.column + 1;
            (visit, all.split_off(width))
        };
        self.visits.iter().map(row).collect()
    }
}

impl<'a> Row<'a> {
    /// The weights, and what is kept for them.
    pub(crate) fn numbers(&mut self) -> [&mut [f32]; 3] {
        let [first, second] = &mut self.kept;
        [self.weights, first, second]
    }

    /// Asks for all numbers, which are needed soon. Those of a long row come by themselves one after the other, but later than they
    /// could, and loads wait for stores to other arrays whose addresses end in the same digits.
    #[inline(always)]
    pub(crate) fn fetch(&self) {
        let [first, second] = &self.kept;
        for numbers in [&*self.weights, first, second].into_iter().chain(self.sum.as_deref()) {
            numbers.chunks(LINE).for_each(|line| fetch(line.as_ptr()));
        }
    }

    /// Takes away the first so many numbers.
    fn split_off(&mut self, count: usize) -> Self {
        // There are none of what is not kept.
        let part = |rest: &mut &'a mut [f32]| rest.split_off_mut(..count).unwrap_or_default();
        Self {
            weights: part(&mut self.weights),
            kept: self.kept.each_mut().map(part),
            sum: self.sum.as_mut().map(part),
        }
    }
}

#[cfg(test)]
mod tests {
    use hourglass_data::Csr;

    use super::*;
    use crate::OptimizerConfig;
    use crate::engine::sparse::batch::entries::{Columns, Rows};
    use crate::engine::sparse::kernel::aligned::AlignedRows;
    use crate::engine::sparse::update::visits::Visits;

    const WIDTH: usize = 37;
    const COLUMNS: usize = 70;
    const STEPS: usize = 70;

    /// Weights and what is kept for them after some steps, in each of which a few rows have a gradient.
    fn trained(optimizer: &OptimizerConfig, kept: usize, adds_up: bool, visits: impl Fn(Visits) -> Visits) -> Vec<f32> {
        let compute = Compute::new();
        let number = |place: usize| (place as f32 * 0.7).sin();
        let column = |step: usize, k: usize| ((step * step * 7 + k * 19) % 60) as u32;
        let entries = (0..STEPS).flat_map(|step| (0..4).map(move |k| ((4 * step + k) as u32, column(step, k), 0.5)));
        let ratings = Csr::from_entries(4 * STEPS, COLUMNS, entries);
        let batches: Vec<Vec<u32>> = (0..STEPS as u32).map(|step| (4 * step..4 * step + 4).collect()).collect();
        let visits = visits(Visits::of(&[&ratings], &batches.iter().map(|rows| &rows[..]).collect::<Vec<_>>(), true));
        let rules: Vec<Rule> = (1..=STEPS as u64).map(|step| Rule::of(optimizer, step, 1.0)).collect();
        let mut weights: Vec<f32> = (0..COLUMNS * WIDTH).map(number).collect();
        let mut kept = vec![vec![0.0; weights.len()]; kept];
        let mut sum = adds_up.then(|| vec![0.0; weights.len()]);
        let none = vec![None; STEPS + 1];
        for (now, rows) in batches.iter().enumerate() {
            compute.go_ahead(matrix_of(&mut weights, &mut kept, &mut sum), visits.due(now), &rules, &none);
            let rows = Rows::of(&ratings, rows);
            let columns = Columns::of(&rows, COLUMNS);
            let vectors: Vec<f32> = (0..4 * WIDTH).map(|place| number(place + now)).collect();
            let gradient = GradientAtEntries {
                columns: &columns,
                factors: columns.sorted(&rows.values),
                vectors: AlignedRows::of(&vectors, WIDTH),
                fill: None,
            };
            let steps = Steps { rules: &rules, now, penalty: 0.0, scale: 1.0, closed_form: &none };
            let gradients = Gradients { at_entries: vec![gradient], everywhere: Vec::new() };
            compute.learn(matrix_of(&mut weights, &mut kept, &mut sum), &visits.batch(now), &steps, &gradients);
        }
        compute.go_ahead(matrix_of(&mut weights, &mut kept, &mut sum), visits.due(STEPS), &rules, &none);
        [vec![weights], kept].concat().concat()
    }

    fn matrix_of<'a>(weights: &'a mut [f32], kept: &'a mut [Vec<f32>], sum: &'a mut Option<Vec<f32>>) -> Matrix<'a> {
        let mut kept = kept.iter_mut().map(|kept| &mut kept[..]);
        let kept = std::array::from_fn(|_| kept.next().unwrap_or_default());
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
            (r#"{"lazy-adam": {}}"#, 2),
        ] {
            let optimizer: OptimizerConfig = serde_json::from_str(written).unwrap();
            assert_eq!(optimizer.state_per_parameter(), kept as u64);
            let is_one_rule = !written.contains("adam");
            for adds_up in [false, true] {
                let trained = |visits: &dyn Fn(Visits) -> Visits| trained(&optimizer, kept, adds_up, visits);
                let bits = |trained: Vec<f32>| trained.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
                let expected = bits(trained(&|_| Visits::Always { columns: COLUMNS as u32 }));
                assert_eq!(bits(trained(&|visits| visits)), expected, "{written}, gradients added up: {adds_up}");
                if is_one_rule {
                    let put_off = bits(trained(&|visits| visits.put_off(adds_up)));
                    assert_eq!(put_off, expected, "{written}, put off, gradients added up: {adds_up}");
                }
            }
        }
    }
}
