//! How the two boundary layers are computed.

pub(crate) mod classes;
pub mod dense;
pub mod shown;
