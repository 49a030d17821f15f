//! A list of numbers that is owned, or that lies in a memory-mapped file.

use bytemuck::Pod;
use memmap2::Mmap;
use std::fmt;
use std::ops::{Deref, Range};
use std::sync::Arc;

/// Numbers in memory, or in a file that the operating system loads as they are read and shares between processes.
#[derive(Clone)]
pub(crate) enum Array<T> {
    Owned(Vec<T>),
    Mapped(Mapped),
}

/// Bytes of a mapped file that hold whole, aligned numbers of the array's type.
#[derive(Clone)]
pub(crate) struct Mapped {
    file: Arc<Mmap>,
    bytes: Range<usize>,
}

impl<T: Pod> Array<T> {
    /// The numbers in these bytes of a file; `None` where they are not whole and aligned numbers.
    pub(crate) fn mapped(file: &Arc<Mmap>, bytes: Range<usize>) -> Option<Self> {
        bytemuck::try_cast_slice::<u8, T>(file.get(bytes.clone())?).ok()?;
        Some(Self::Mapped(Mapped { file: Arc::clone(file), bytes }))
    }
}

impl<T: Pod> Deref for Array<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match self {
            Self::Owned(numbers) => numbers,
            Self::Mapped(Mapped { file, bytes }) => bytemuck::cast_slice(&file[bytes.clone()]),
        }
    }
}

impl<T> From<Vec<T>> for Array<T> {
    fn from(numbers: Vec<T>) -> Self {
        Self::Owned(numbers)
    }
}

impl<T: Pod + PartialEq> PartialEq for Array<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: Pod + fmt::Debug> fmt::Debug for Array<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(formatter)
    }
}
