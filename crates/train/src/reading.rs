//! What steps tell of themselves: the loss, part by part, and whether it and its gradient are numbers.
//!
//! The host reads it after each step, and stops before the optimizer spreads into the weights what is not a number. To read a GPU is
//! to wait until it has nothing to do: there it is read once, at the end of the epoch, and an epoch with such a step in it
//! has not happened. What remains is the checkpoint before.

use tch::{Kind, Tensor};

use crate::Error;
use crate::loss::Part;
use crate::step::{Measured, Moment};

/// What a step has told.
pub(crate) enum Told {
    Read(Vec<Measured>),
    Waits(Reading),
}

/// What a step tells, where it was computed.
pub(crate) struct Reading {
    /// The loss' parts, their sum, and the lowest and the highest number of each gradient `[numbers]`.
    numbers: Tensor,
    /// What each part counts for in a mean.
    weights: Vec<f64>,
    culprit: Culprit,
}

/// Which batch it was.
pub(crate) struct Culprit {
    epoch: usize,
    batch: usize,
    /// The first few of its rows.
    rows: Vec<u32>,
}

impl Culprit {
    pub(crate) fn of(moment: Moment<'_>, rows: &[u32]) -> Self {
        Self { epoch: moment.epoch, batch: moment.batch, rows: rows.iter().copied().take(5).collect() }
    }

    pub(crate) fn refuse_non_finite(&self, loss: f64, extremes: &[f64]) -> Result<(), Error> {
        let Self { epoch, batch, rows } = self;
        let rows = || rows.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
        if !loss.is_finite() {
            return Err(Error::NonFiniteLoss { loss, epoch: *epoch, batch: *batch, rows: rows() });
        }
        if !extremes.iter().all(|extreme| extreme.is_finite()) {
            return Err(Error::NonFiniteGradient { loss, epoch: *epoch, batch: *batch, rows: rows() });
        }
        Ok(())
    }
}

impl Reading {
    /// Of a loss and its gradients.
    pub(crate) fn of(parts: &[Part], total: &Tensor, gradients: &[Tensor], moment: Moment<'_>, rows: &[u32]) -> Self {
        let values = parts.iter().map(|part| &part.value).chain([total]).map(Tensor::detach);
        let extremes = gradients.iter().flat_map(|gradient| <[Tensor; 2]>::from(gradient.aminmax(None, false)));
        let scalars: Vec<Tensor> = values.chain(extremes).collect();
        Self {
            numbers: Tensor::stack(&scalars, 0),
            weights: parts.iter().map(|part| part.weight).collect(),
            culprit: Culprit::of(moment, rows),
        }
    }

    /// The loss and its parts.
    pub(crate) fn read(&self) -> Result<(f64, Vec<Measured>), Error> {
        self.understand(&numbers(&self.numbers))
    }

    fn understand(&self, numbers: &[f64]) -> Result<(f64, Vec<Measured>), Error> {
        let (values, extremes) = numbers.split_at(self.weights.len() + 1);
        let loss = values[self.weights.len()];
        self.culprit.refuse_non_finite(loss, extremes)?;
        let parts = self.weights.iter().zip(values).map(|(&weight, &value)| Measured { value, weight });
        Ok((loss, parts.collect()))
    }
}

fn numbers(tensor: &Tensor) -> Vec<f64> {
    Vec::try_from(tensor.to_kind(Kind::Double)).expect("numbers in one row")
}

/// What the steps of an epoch tell.
pub(crate) struct Readings {
    means: Vec<Mean>,
    /// And whether it counts for the means.
    waiting: Vec<(Reading, bool)>,
}

impl Readings {
    /// Of a loss with so many parts.
    pub(crate) fn new(parts: usize) -> Self {
        Self { means: (0..parts).map(|_| Mean::default()).collect(), waiting: Vec::new() }
    }

    /// A step's loss.
    pub(crate) fn take(&mut self, told: Told) {
        match told {
            Told::Read(parts) => self.add(&parts),
            Told::Waits(reading) => self.waiting.push((reading, true)),
        }
    }

    /// Another loss, which must be a number too.
    pub(crate) fn check(&mut self, told: Told) {
        if let Told::Waits(reading) = told {
            self.waiting.push((reading, false));
        }
    }

    /// The parts of a step's loss.
    pub(crate) fn add(&mut self, parts: &[Measured]) {
        self.means.iter_mut().zip(parts).for_each(|(mean, part)| mean.add(part));
    }

    /// The mean of each part over the steps; reads what waits, all at once.
    ///
    /// # Errors
    /// Names the first step whose loss or gradient is not finite.
    pub(crate) fn means(mut self) -> Result<Vec<f64>, Error> {
        let waiting = std::mem::take(&mut self.waiting);
        if !waiting.is_empty() {
            let all =
                numbers(&Tensor::cat(&waiting.iter().map(|(reading, _)| &reading.numbers).collect::<Vec<_>>(), 0));
            let mut rest = &all[..];
            for (reading, counts) in &waiting {
                let (own, others) = rest.split_at(reading.numbers.numel());
                rest = others;
                let (_, parts) = reading.understand(own)?;
                self.add(if *counts { &parts } else { &[] });
            }
        }
        Ok(self.means.iter().map(Mean::value).collect())
    }
}

/// The mean of a loss' part over the batches of an epoch.
#[derive(Default)]
struct Mean {
    sum: f64,
    weight: f64,
}

impl Mean {
    fn add(&mut self, part: &Measured) {
        self.sum += part.value * part.weight;
        self.weight += part.weight;
    }

    fn value(&self) -> f64 {
        self.sum / self.weight
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alternate::RowPass;

    /// A step whose loss has two parts and weighs as many rows as it has.
    fn reading(batch: usize, values: [f32; 2], gradient: [f32; 2], rows: &[u32]) -> Told {
        let parts = values.map(|value| Part { value: Tensor::from(value), weight: rows.len() as f64 });
        let pass = RowPass { number: 1, learns: None };
        let moment = Moment { epoch: 7, batch, batches: 3, first: 0, pass, partners: None };
        Told::Waits(Reading::of(
            &parts,
            &Tensor::from(values[0] + values[1]),
            &[Tensor::from_slice(&gradient)],
            moment,
            rows,
        ))
    }

    #[test]
    fn what_waits_counts_as_what_is_read_at_once() {
        let mut readings = Readings::new(2);
        readings.take(reading(1, [1.0, 4.0], [0.0, 1.0], &[5, 6, 7]));
        readings.check(reading(1, [100.0, 100.0], [0.0, 1.0], &[5, 6, 7]));
        readings.take(reading(2, [5.0, 0.0], [0.0, 1.0], &[8]));
        assert_eq!(readings.means().unwrap(), [2.0, 3.0]);
    }

    #[test]
    fn the_first_step_that_went_wrong_is_named() {
        for (loss, gradient, expected) in [
            (f32::NAN, 0.0, "the loss became NaN in epoch 7, batch 2 (rows 8, 9, 10, 11, 12)"),
            (f32::INFINITY, f32::NAN, "the loss became inf in epoch 7, batch 2"),
            (2.0, f32::INFINITY, "its gradient became infinite or not a number in epoch 7, batch 2"),
        ] {
            let mut readings = Readings::new(2);
            readings.take(reading(1, [1.0, 4.0], [0.0, 1.0], &[5, 6, 7]));
            readings.check(reading(2, [loss, 0.0], [gradient, 0.0], &[8, 9, 10, 11, 12, 13]));
            readings.take(reading(3, [f32::NAN, 0.0], [0.0, 1.0], &[14]));
            let error = readings.means().unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
