//! The most memory that the process of a trial holds.

use hourglass_data::Dataset;
use hourglass_report::format;
use hourglass_train::Task;
use hourglass_train::memory::Memory;
use tch::Device;

use crate::prepare::Prepared;

/// Of the program and libtorch after the first epoch of the smallest training; measured (benches/README.md).
const PROGRAM: u64 = 156 << 20;

/// The estimate for a trial, in bytes. benches/README.md compares it with what was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needed {
    /// The ratings of all parts, and what is made of them.
    pub ratings: u64,
    /// The tensors.
    pub training: Memory,
    /// Whether these are in main memory.
    pub on_processor: bool,
}

impl Needed {
    /// For a training with this data.
    pub fn of(task: &Task<'_>, prepared: &Prepared, data: &Dataset) -> Self {
        Self {
            ratings: prepared.heap_bytes(data),
            training: Memory::of(task),
            on_processor: task.device == Device::Cpu,
        }
    }

    /// At most, in main memory. On a GPU, tensors are in its own.
    pub fn total(&self) -> u64 {
        PROGRAM + self.ratings + if self.on_processor { self.training.peak() } else { 0 }
    }

    /// What a GPU has to hold, for people; of its free memory nothing is known.
    pub fn elsewhere(&self) -> Option<String> {
        let bytes = format::bytes(self.training.peak());
        (!self.on_processor)
            .then(|| format!("tensors take up to {bytes} of the GPU, whose free memory is not checked\n"))
    }

    /// The parts, largest first, for people.
    pub fn parts(&self) -> String {
        let moment = self.training.moment;
        let mut parts = [
            ("weights with what is kept for them", self.training.weights),
            (moment.what.name(), moment.bytes),
            ("ratings", self.ratings),
            ("program", PROGRAM),
        ];
        parts.sort_by_key(|&(_, bytes)| std::cmp::Reverse(bytes));
        parts.map(|(name, bytes)| format!("{name} {}", format::bytes(bytes))).join(", ")
    }
}
