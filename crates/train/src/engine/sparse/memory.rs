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
pub(super) fn numbers(tensor: &Tensor) -> &[f32] {
    check(tensor);
    if tensor.numel() == 0 {
        return &[];
    }
    // SAFETY: checked above; the slice borrows the tensor, and nobody writes meanwhile (see the module's invariants).
    unsafe { slice::from_raw_parts(tensor.data_ptr().cast::<f32>(), tensor.numel()) }
}

/// The same, to be changed.
pub(crate) fn numbers_mut(tensor: &mut Tensor) -> &mut [f32] {
    check(tensor);
    if tensor.numel() == 0 {
        return &mut [];
    }
    // SAFETY: checked above; the slice borrows the tensor, and nobody else uses its array (see the module's invariants).
    unsafe { slice::from_raw_parts_mut(tensor.data_ptr().cast::<f32>(), tensor.numel()) }
}

fn check(tensor: &Tensor) {
    assert!(
        tensor.kind() == Kind::Float && tensor.device() == Device::Cpu && tensor.is_contiguous(),
        "the sparse engine needs contiguous single-precision tensors in main memory"
    );
    assert!(tensor.numel() == 0 || !tensor.data_ptr().is_null(), "a tensor without memory");
}
