//! What is closest to the machine: inner loops for what the processor can do, numbers of tensors as slices, threads. All `unsafe` of
//! the engine is here.

pub(super) mod aligned;
pub(super) mod lanes;
pub(super) mod memory;
pub(super) mod team;
pub(super) mod vector;
