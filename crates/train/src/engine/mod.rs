//! How the two boundary layers are computed.

pub mod dense;
