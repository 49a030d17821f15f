//! What a baseline learns, as it is kept in files.

use tch::{Kind, Tensor};

/// Numbers with a shape and a name.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    /// Stable: it is written into files.
    pub name: &'static str,
    /// The lengths of its dimensions.
    pub shape: Vec<usize>,
    /// The last dimension's numbers lie beside each other.
    pub values: Vec<f32>,
}

impl Array {
    /// All zero.
    pub fn zeros(name: &'static str, shape: &[usize]) -> Self {
        Self { name, shape: shape.to_vec(), values: vec![0.0; shape.iter().product()] }
    }

    /// The numbers at this place of the first dimension.
    pub fn row(&self, place: usize) -> &[f32] {
        let width = self.width();
        &self.values[place * width..][..width]
    }

    /// The same, to be changed.
    pub fn row_mut(&mut self, place: usize) -> &mut [f32] {
        let width = self.width();
        &mut self.values[place * width..][..width]
    }

    /// The numbers of a row.
    pub fn width(&self) -> usize {
        self.shape[1..].iter().product()
    }

    /// A copy as a tensor.
    pub(crate) fn named_tensor(&self) -> (String, Tensor) {
        let shape: Vec<i64> = self.shape.iter().map(|&length| length as i64).collect();
        (self.name.to_owned(), Tensor::from_slice(&self.values).view(&shape[..]))
    }

    /// Takes over the numbers of a tensor of the same shape.
    pub(crate) fn copy(&mut self, tensor: &Tensor) {
        let numbers = tensor.to_kind(Kind::Float).contiguous().view(-1);
        numbers.copy_data(&mut self.values, self.shape.iter().product());
    }
}
