//! Random points of a sweep.

use std::collections::HashSet;

use anyhow::Result;
use sha2::{Digest, Sha256};

use super::{Axis, Point, Random, Wrong};

/// Points that are drawn, all different.
pub(super) struct Draws {
    seed: u64,
    axes: Vec<Axis>,
    /// Which draws count: those that repeat an earlier one do not.
    numbers: Vec<u32>,
}

impl Draws {
    /// As the file says.
    ///
    /// # Errors
    /// When there are not so many different points.
    pub(super) fn new(random: &Random) -> Result<Self> {
        let Random { trials, seed, values } = random;
        let mut draws = Self { seed: *seed, axes: values.0.clone(), numbers: Vec::new() };
        let size = draws.axes.iter().try_fold(1_usize, |size, axis| size.checked_mul(axis.values.count()?));
        let mut seen = HashSet::new();
        for number in 0..u32::MAX {
            if draws.numbers.len() == trials.get() {
                return Ok(draws);
            }
            // Of few points the last ones are rarely met: somebody who wants nearly all of them wants a grid.
            if size.is_some_and(|size| trials.get() > size) || number as usize > 1000 + 100 * trials.get() {
                break;
            }
            let point = draws.draw(number);
            if seen.insert(point.iter().map(|assignment| format!("{}\n", assignment.value)).collect::<String>()) {
                draws.numbers.push(number);
            }
        }
        let points = size.map_or("too few".to_owned(), |size| size.to_string());
        Err(Wrong::new(
            "trials",
            format!(
                "sweep.random.trials is {trials}, but its values make {points} different points; lower it, or use sweep.grid"
            ),
        )
        .into())
    }

    /// How many.
    pub(super) fn len(&self) -> usize {
        self.numbers.len()
    }

    /// The one at this position.
    pub(super) fn at(&self, index: usize) -> Point {
        self.draw(self.numbers[index])
    }

    fn draw(&self, number: u32) -> Point {
        self.axes.iter().map(|axis| axis.draw(self.unit(number, &axis.path))).collect()
    }

    /// From 0 to below 1: what is drawn for a path depends on the seed, the path and the number of the draw alone, so that another
    /// axis or more trials change nothing of it.
    fn unit(&self, number: u32, path: &str) -> f64 {
        let digest = Sha256::digest(format!("{} {number} {path}", self.seed));
        let bytes = digest.first_chunk().expect("a digest has 32 bytes");
        (u64::from_be_bytes(*bytes) >> 11) as f64 / (1_u64 << 53) as f64
    }
}
