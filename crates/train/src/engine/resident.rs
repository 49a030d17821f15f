//! A training's numbers on a device that is not the host: uploaded once, and put in the order of each pass over the rows there, so
//! that a batch is a slice of what the device has. Nothing is uploaded or waited for meanwhile.

use std::ops::Range;

use hourglass_data::Csr;
use hourglass_models::upload;
use rayon::prelude::*;
use tch::{Device, Kind, Tensor};

use super::entries::Entries;
use super::feed::{Feed, Noisy, tokens};
use crate::inputs::RowScale;
use crate::noise::{Noise, Phase};
use crate::{Inputs, Levels, Task};

/// What a network is shown, all rows of it.
#[derive(Debug)]
pub(crate) struct Resident {
    ratings: Matrix,
    side: Option<Matrix>,
    /// `[rows]`.
    row_fill: Tensor,
    /// `[columns]`.
    column_fill: Option<Tensor>,
    /// `[rows]`.
    factors: Option<Tensor>,
    /// As 64-bit integers `[rows]`.
    groups: Option<Tensor>,
    /// Tokens, as 64-bit integers `[rows, length]`.
    text: Option<Tensor>,
}

/// A sparse matrix.
#[derive(Debug)]
struct Matrix {
    /// Where each row's entries begin, and how many there are, as 64-bit integers `[rows]`.
    starts: Tensor,
    lengths: Tensor,
    /// As 32-bit integers `[entries]`.
    columns: Tensor,
    /// `[entries]`.
    values: Tensor,
    /// As 64-bit integers `[entries]`, where ratings are taken for classes.
    classes: Option<Tensor>,
}

/// All numbers in the order in which a pass visits the rows.
#[derive(Debug)]
pub(crate) struct Pass {
    rows: Tensor,
    ratings: Ordered,
    side: Option<Ordered>,
    row_fill: Tensor,
    column_fill: Option<Tensor>,
    factors: Option<Tensor>,
    groups: Option<Tensor>,
    text: Option<Tensor>,
    noisy: Option<Noisy>,
}

/// A sparse matrix' entries in such an order, their positions those in their batch.
#[derive(Debug)]
struct Ordered {
    /// Where each row's entries begin, and where the last one's end, on the host `[rows + 1]`.
    starts: Vec<usize>,
    entries: Entries,
}

impl Resident {
    pub(crate) fn of(task: &Task<'_>) -> Self {
        let (inputs, device) = (task.inputs, task.device);
        let rows = 0..inputs.ratings.rows();
        let all: Vec<u32> = rows.clone().map(|row| row as u32).collect();
        let groups =
            |of_row: &[u32]| upload(&of_row.iter().map(|&group| i64::from(group)).collect::<Vec<i64>>(), device);
        Self {
            ratings: Matrix::of(&inputs.ratings, task.classes(), device),
            side: inputs.side.as_ref().map(|side| Matrix::of(side, None, device)),
            row_fill: upload(&inputs.fill.row, device),
            column_fill: inputs.fill.column.as_ref().map(|column| upload(column, device)),
            factors: match inputs.scale {
                RowScale::None => None,
                RowScale::UnitNorm => Some(upload(&rows.map(|row| inputs.factor(row)).collect::<Vec<f32>>(), device)),
            },
            groups: inputs.groups.as_ref().map(|groups_of| groups(&groups_of.of_row)),
            text: inputs.texts.as_ref().map(|texts| tokens(texts, &all, device)),
        }
    }

    /// For a pass over these rows, in batches of the task's size.
    pub(crate) fn pass(&self, task: &Task<'_>, order: &[u32], phase: Phase) -> Pass {
        let numbers: Vec<i64> = order.iter().map(|&row| i64::from(row)).collect();
        let rows = upload(&numbers, task.device);
        let of_rows = |tensor: &Tensor| tensor.index_select(0, &rows);
        let batch = task.train.batch.get();
        let in_order = |matrix: &Matrix, host: &Csr| matrix.in_order(host, order, &rows, batch);
        let noise = task.noise();
        let is_drawn = noise.applies(phase) && !noise.reaches_unobserved(phase) && !task.model.reads_classes();
        Pass {
            ratings: in_order(&self.ratings, &task.inputs.ratings),
            side: self.side.as_ref().zip(task.inputs.side.as_ref()).map(|(side, host)| in_order(side, host)),
            row_fill: of_rows(&self.row_fill),
            column_fill: self.column_fill.as_ref().map(Tensor::shallow_clone),
            factors: self.factors.as_ref().map(of_rows),
            groups: self.groups.as_ref().map(of_rows),
            text: self.text.as_ref().map(of_rows),
            noisy: is_drawn.then(|| corrupted(task.inputs, order, &noise, phase, task.device)),
            rows,
        }
    }
}

impl Matrix {
    fn of(matrix: &Csr, levels: Option<&Levels>, device: Device) -> Self {
        let rows = || (0..matrix.rows()).map(|row| matrix.row(row));
        let lengths: Vec<i64> = rows().map(|row| row.len() as i64).collect();
        let starts = lengths.iter().scan(0, |next, length| Some(std::mem::replace(next, *next + length)));
        let columns: Vec<i32> = rows().flat_map(|row| row.columns.iter().map(|&column| column as i32)).collect();
        let values: Vec<f32> = rows().flat_map(|row| row.values.iter().copied()).collect();
        Self {
            starts: upload(&starts.collect::<Vec<i64>>(), device),
            lengths: upload(&lengths, device),
            columns: upload(&columns, device),
            classes: levels.map(|levels| upload(&levels.classes(&values), device)),
            values: upload(&values, device),
        }
    }

    /// `on_device` are the rows of the order, `host` is the same matrix: it knows how many entries there will be, so that nobody
    /// has to ask the device.
    fn in_order(&self, host: &Csr, order: &[u32], on_device: &Tensor, batch: usize) -> Ordered {
        let row_lengths: Vec<usize> = order.iter().map(|&row| host.row(row as usize).len()).collect();
        let ends = row_lengths.iter().scan(0, |end, length| {
            *end += length;
            Some(*end)
        });
        let starts: Vec<usize> = [0].into_iter().chain(ends).collect();
        let count = starts[order.len()] as i64;
        let lengths = self.lengths.index_select(0, on_device);
        let before = self.starts.index_select(0, on_device) - (lengths.cumsum(0, Kind::Int64) - &lengths);
        let row = Tensor::repeat_interleave(&lengths, count);
        let places = before.index_select(0, &row) + Tensor::arange(count, (Kind::Int64, row.device()));
        let pick = |of_entries: &Tensor| of_entries.index_select(0, &places);
        let entries = Entries {
            positions: row.remainder(batch as i64) * host.columns() as i64 + pick(&self.columns),
            values: pick(&self.values),
            classes: self.classes.as_ref().map(pick),
            shares: Some(lengths.to_kind(Kind::Float).reciprocal().index_select(0, &row)),
            row_lengths,
            columns: host.columns(),
        };
        Ordered { starts, entries }
    }
}

impl Ordered {
    /// Those of the rows at these places in the order, which are a batch.
    fn batch(&self, rows: Range<usize>) -> Entries {
        let all = &self.entries;
        let slice = |tensor: &Tensor| self.slice(tensor, &rows);
        Entries {
            positions: slice(&all.positions),
            values: slice(&all.values),
            classes: all.classes.as_ref().map(slice),
            shares: all.shares.as_ref().map(slice),
            row_lengths: all.row_lengths[rows.clone()].to_vec(),
            columns: all.columns,
        }
    }

    /// From numbers of all entries to those of some rows.
    fn slice(&self, of_entries: &Tensor, rows: &Range<usize>) -> Tensor {
        let (start, end) = (self.starts[rows.start], self.starts[rows.end]);
        of_entries.narrow(0, start as i64, (end - start) as i64)
    }
}

impl Pass {
    /// The rows at these places in the order, which are a batch.
    pub(crate) fn feed(&self, rows: Range<usize>) -> Feed {
        let of_rows = |tensor: &Tensor| tensor.narrow(0, rows.start as i64, rows.len() as i64);
        let noisy = |noisy: &Noisy| {
            let [values, corrupted] = [&noisy.values, &noisy.corrupted].map(|all| self.ratings.slice(all, &rows));
            Noisy { values, corrupted }
        };
        Feed {
            rows: of_rows(&self.rows),
            ratings: self.ratings.batch(rows.clone()),
            row_fill: of_rows(&self.row_fill),
            column_fill: self.column_fill.as_ref().map(Tensor::shallow_clone),
            factors: self.factors.as_ref().map(of_rows),
            side: self.side.as_ref().map(|side| side.batch(rows.clone())),
            groups: self.groups.as_ref().map(of_rows),
            text: self.text.as_ref().map(of_rows),
            noisy: self.noisy.as_ref().map(noisy),
        }
    }
}

/// What noise makes of the ratings of these rows: drawn on the host, so that it is the same on every device, and uploaded at once.
fn corrupted(inputs: &Inputs, order: &[u32], noise: &Noise<'_>, phase: Phase, device: Device) -> Noisy {
    let of_row = |&row: &u32| {
        let row = row as usize;
        let factor = inputs.factor(row);
        let mut values: Vec<f32> = inputs.ratings.row(row).values.iter().map(|value| value * factor).collect();
        let mut marks = vec![0f32; values.len()];
        noise.corrupt_observed(row, phase, &mut values, |place| marks[place] = 1.0);
        (values, marks)
    };
    let (values, marks): (Vec<Vec<f32>>, Vec<Vec<f32>>) = order.par_iter().map(of_row).unzip();
    Noisy { values: upload(&values.concat(), device), corrupted: upload(&marks.concat(), device) }
}

#[cfg(test)]
mod tests {
    use crate::ModelConfig;
    use hourglass_data::{Axis, Scale};

    use super::*;
    use crate::engine::dense::{self, Asked, fit_to, gather};
    use crate::engine::shown::Shown;
    use crate::engine::{Running, Source};
    use crate::epoch::epoch;
    use crate::inputs::{Fill, HeldOut, RowGroups, Target};
    use crate::state::State;
    use crate::{EvaluationConfig, Flow, NoiseConfig, ObjectiveConfig, PenaltyConfig, TrainConfig};

    /// Five rows, one of them empty, one with a rating of 0.
    fn ratings() -> Csr {
        let entries = [(0, 0, 5.0), (0, 3, 1.0), (1, 1, 3.0), (3, 0, 2.0), (3, 1, 0.0), (3, 2, 4.0), (4, 3, 3.5)];
        Csr::from_entries(5, 4, entries.into_iter())
    }

    /// What can differ between two trainings, as in an experiment.
    #[derive(Clone, Copy)]
    struct Case {
        model: &'static str,
        objective: &'static str,
        noise: &'static str,
        filled: bool,
        side: bool,
        scale: RowScale,
        target: Target,
    }

    const PLAIN: Case = Case {
        model: r#"{"autoencoder": {"layers": [3], "dropout": 0.3}}"#,
        objective: r#"{"masked-mse": {}}"#,
        noise: "[]",
        filled: false,
        side: false,
        scale: RowScale::None,
        target: Target::Clean,
    };
    const DENOISING: Case = Case {
        noise: r#"[{"dropout": {"rate": 0.4}}, {"gaussian": {"std": 0.5, "draw": "once"}}]"#,
        objective: r#"{"masked-mse": {"corrupted": 2, "kept": 0.5}}"#,
        ..PLAIN
    };
    const CLASSES: Case = Case { model: r#"{"rbm": {"hidden": 3}}"#, objective: r#"{"cross-entropy": {}}"#, ..PLAIN };

    const CASES: [Case; 12] = [
        PLAIN,
        Case { filled: true, ..PLAIN },
        Case { side: true, ..PLAIN },
        Case { filled: true, side: true, scale: RowScale::UnitNorm, ..PLAIN },
        Case { objective: r#"{"multinomial": {}}"#, ..PLAIN },
        Case { objective: r#"{"full-mse": {}}"#, filled: true, ..PLAIN },
        DENOISING,
        Case { filled: true, side: true, scale: RowScale::UnitNorm, ..DENOISING },
        Case { target: Target::Noisy, filled: true, ..DENOISING },
        Case { noise: r#"[{"gaussian": {"std": 0.5, "on": "all"}}]"#, filled: true, ..PLAIN },
        CLASSES,
        Case { objective: r#"{"contrastive-divergence": {}}"#, side: true, noise: DENOISING.noise, ..CLASSES },
    ];

    impl Case {
        fn with_task<T>(&self, work: impl FnOnce(&Task<'_>) -> T) -> T {
            let ratings = ratings();
            let row = [1.0, 0.5, 2.0, 0.0, 3.0].map(|fill: f32| if self.filled { fill } else { 0.0 });
            let column = self.filled.then(|| vec![0.25, 0.0, -1.0, 0.5]);
            let inputs = Inputs {
                fill: Fill { row: row.to_vec(), column },
                side: self.side.then(|| Csr::from_entries(5, 2, [(1, 0, 1.0), (3, 1, 0.5), (4, 0, 2.0)].into_iter())),
                scale: self.scale,
                groups: Some(RowGroups { of_row: vec![1, 0, 1, 0, 2], count: 3 }),
                texts: None,
                numbers: None,
                ratings,
            };
            let model: ModelConfig = serde_json::from_str(self.model).expect(self.model);
            let objective: ObjectiveConfig = serde_json::from_str(self.objective).expect(self.objective);
            let noise: Vec<NoiseConfig> = serde_json::from_str(self.noise).expect(self.noise);
            work(&Task {
                members: crate::OfMembers::default(),
                context: crate::Context::default(),
                validation: HeldOut { inputs: &inputs, ratings: &Csr::empty(5, 4), by_members: &[] },
                rows: Axis::Users,
                scale: Scale { minimum: 0.0, maximum: 5.0 },
                levels: &Levels::of(&inputs.ratings),
                range: None,
                model: &model,
                noise: &noise,
                target: self.target,
                objective: &objective,
                penalty: &PenaltyConfig::default(),
                train: &TrainConfig { batch: 2.try_into().unwrap(), ..TrainConfig::default() },
                evaluation: &EvaluationConfig::default(),
                seed: 3,
                device: Device::Cpu,
                inputs: &inputs,
            })
        }
    }

    fn assert_same(found: &Tensor, expected: &Tensor, what: &str) {
        assert_eq!((found.kind(), found.size()), (expected.kind(), expected.size()), "{what}");
        assert!(found.equal(expected), "{what}: {found} instead of {expected}");
    }

    fn assert_same_entries(found: &Entries, expected: &Entries, what: &str) {
        let of = |entries: &Entries| {
            let predicted = gather(&Tensor::ones([entries.rows(), 4], (Kind::Float, Device::Cpu)), entries);
            let observed = dense::observed(predicted, entries);
            assert_eq!(observed.columns, 4);
            (observed.rows, [observed.target, observed.share, entries.positions.shallow_clone()])
        };
        let (found_rows, found_tensors) = of(found);
        let (rows, tensors) = of(expected);
        assert_eq!(found_rows, rows, "{what}");
        found_tensors.iter().zip(&tensors).for_each(|(found, expected)| assert_same(found, expected, what));
        assert_eq!(found.classes.is_some(), expected.classes.is_some(), "{what}");
        found.classes.iter().zip(&expected.classes).for_each(|(found, expected)| assert_same(found, expected, what));
    }

    #[test]
    fn a_batch_is_the_same_from_the_device_and_from_the_host() {
        for (number, case) in CASES.iter().enumerate() {
            case.with_task(|task| {
                let resident = Resident::of(task);
                for (epoch, order) in [vec![3, 0, 2, 4, 1], vec![1, 4], vec![0, 1, 3]].iter().enumerate() {
                    for phase in [Phase::Train(epoch + 1), Phase::Evaluate] {
                        let pass = resident.pass(task, order, phase);
                        for (place, rows) in order.chunks(2).enumerate() {
                            let what = format!("case {number}, {phase:?}, rows {rows:?}");
                            let feed = pass.feed(place * 2..place * 2 + rows.len());
                            let of_host = Feed::of(task, task.inputs, rows);
                            assert_same_entries(&feed.ratings, &of_host.ratings, &what);
                            let found = Shown::fed(task, task.inputs, &feed, rows, phase);
                            let expected = Shown::new(task, task.inputs, rows, phase);
                            assert_same(&found.input(), &expected.input(), &what);
                            assert_same(&found.batch.rows, &expected.batch.rows, &what);
                            let groups =
                                |shown: &Shown| shown.batch.groups.as_ref().map(Tensor::shallow_clone).unwrap();
                            assert_same(&groups(&found), &groups(&expected), &what);
                            assert_eq!(found.corrupted.is_some(), expected.corrupted.is_some(), "{what}");
                            let marks = found.corrupted.iter().zip(&expected.corrupted);
                            marks.for_each(|(found, expected)| assert_same(found, expected, &what));
                        }
                    }
                }
            });
        }
    }

    #[test]
    fn trainings_from_the_device_and_from_the_host_end_in_the_same_bits() {
        for (number, case) in CASES.iter().enumerate() {
            let trained = |source: &dyn Fn(&Task<'_>) -> Source| {
                case.with_task(|task| {
                    let mut state = State::start(task);
                    let mut engine = Running::Dense(source(task));
                    let losses: Vec<Vec<f64>> = (1..=3)
                        .map(|number| {
                            epoch(task, &mut engine, &mut state, number, &mut |_| Ok(Flow::Continue)).unwrap()
                        })
                        .collect();
                    let weights = state.model.weights();
                    (losses, weights.into_iter().map(|(_, weight)| weight).collect::<Vec<Tensor>>())
                })
            };
            let (found, expected) = (trained(&|task| Source::device(task)), trained(&|_| Source::Host));
            assert_eq!(found.0, expected.0, "case {number}");
            for (found, expected) in found.1.iter().zip(&expected.1) {
                assert_same(found, expected, &format!("case {number}"));
            }
        }
    }

    #[test]
    fn ratings_that_are_asked_for_leave_out_what_is_shown() {
        Case { objective: r#"{"full-mse": {}}"#, ..PLAIN }.with_task(|task| {
            let asked = Csr::from_entries(5, 4, [(0, 1, 2.0), (3, 0, 2.0)].into_iter());
            let asked = Asked::of(task, HeldOut { inputs: task.inputs, ratings: &asked, by_members: &[] }, &[0, 3]);
            // Rows 0 and 3 are shown in columns 0 and 3, and 0, 1, 2; one of these is asked for again.
            let left_out = asked.left_out.as_ref().unwrap();
            assert_eq!(Vec::<i64>::try_from(left_out).unwrap(), [0, 3, 5, 6]);
            let outputs = Tensor::ones([2, 4], (Kind::Float, Device::Cpu));
            let fit = fit_to(task, &outputs, &asked.entries, Some(left_out), None);
            assert_eq!((fit.sum.double_value(&[]), fit.count), (4.0, 4.0), "1 twice for a 2, and 1 for two zeros");
            assert!(Asked::of(task, task.learned(), &[0, 3]).left_out.is_none());
        });
    }
}
