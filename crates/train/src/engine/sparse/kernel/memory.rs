//! The numbers of a tensor as a slice: the sparse engine changes weights and moments where they lie.
//!
//! What makes this sound:
//! - a tensor here is single precision, contiguous and on the processor (asserted), so that its numbers are one array of
//!   `numel` floats at `data_ptr`, which lives as long as the tensor;
//! - while a slice lives, nobody else uses that array: the engine takes slices of different parameters and moments only, keeps
//!   them within one function, and calls no tensor operation on these tensors meanwhile. A training has one engine.

use std::slice;

use tch::{Device, Kind, Tensor};

/// The numbers of a tensor, row by row.
pub(crate) fn numbers(tensor: &Tensor) -> &[f32] {
    match checked(tensor) {
        (_, 0) => &[],
        // SAFETY: checked; the slice borrows the tensor, and nobody writes meanwhile (see the module's invariants).
        (first, count) => unsafe { slice::from_raw_parts(first, count) },
    }
}

/// The same, to be changed.
pub(crate) fn numbers_mut(tensor: &mut Tensor) -> &mut [f32] {
    match checked(tensor) {
        (_, 0) => &mut [],
        // SAFETY: checked; the slice borrows the tensor, and nobody else uses its array (see the module's invariants).
        (first, count) => unsafe { slice::from_raw_parts_mut(first, count) },
    }
}

/// Where the numbers of a tensor begin, and how many there are.
fn checked(tensor: &Tensor) -> (*mut f32, usize) {
    assert!(
        tensor.kind() == Kind::Float && tensor.device() == Device::Cpu && tensor.is_contiguous(),
        "the sparse engine needs contiguous single-precision tensors in main memory"
    );
    let (first, count) = (tensor.data_ptr().cast::<f32>(), tensor.numel());
    assert!(count == 0 || !first.is_null(), "a tensor without memory");
    (first, count)
}
