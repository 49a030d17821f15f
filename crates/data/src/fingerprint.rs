//! Short names for data: the same data, the same 16 hexadecimal digits, on every machine.

use crate::Csr;
use sha2::{Digest, Sha256};

/// A SHA-256 that is fed with what the data consists of.
#[derive(Default)]
pub(crate) struct Fingerprint(Sha256);

impl Fingerprint {
    /// Adds a list of texts: their number, and each with its length before it, so that no two lists read alike.
    pub(crate) fn texts(&mut self, texts: impl IntoIterator<Item = impl AsRef<str>, IntoIter: ExactSizeIterator>) {
        let texts = texts.into_iter();
        self.0.update((texts.len() as u64).to_le_bytes());
        for text in texts {
            self.0.update((text.as_ref().len() as u64).to_le_bytes());
            self.0.update(text.as_ref());
        }
    }

    /// Adds a time in seconds.
    pub(crate) fn time(&mut self, time: i64) {
        self.0.update(time.to_le_bytes());
    }

    /// Adds one entry of a matrix.
    pub(crate) fn entry(&mut self, row: u32, column: u32, value: f32) {
        let mut bytes = [0; 12];
        bytes[..4].copy_from_slice(&row.to_le_bytes());
        bytes[4..8].copy_from_slice(&column.to_le_bytes());
        bytes[8..].copy_from_slice(&value.to_le_bytes());
        self.0.update(bytes);
    }

    /// Adds a matrix: its shape, the number of its entries and the entries.
    pub(crate) fn matrix(&mut self, matrix: &Csr) {
        for size in [matrix.rows(), matrix.columns(), matrix.len()] {
            self.0.update((size as u64).to_le_bytes());
        }
        for (row, column, value) in matrix.entries() {
            self.entry(row, column, value);
        }
    }

    /// The first 16 hexadecimal digits.
    pub(crate) fn finish(self) -> String {
        self.0.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }
}
