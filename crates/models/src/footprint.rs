//! What training a network keeps in memory besides its parameters.

/// Numbers of single precision, as [`Architecture::footprint`](crate::Architecture::footprint) tells them before a network is built.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Footprint {
    /// For each row of a batch: what the way back needs of the layers between input and outputs.
    pub row: u64,
    /// Whatever the batch: weights that each step computes from parameters, and what their gradients need.
    pub step: u64,
    /// From beginning to end: weights that are not trained.
    pub always: u64,
    /// The largest of the parameters.
    pub largest: u64,
}

/// Of a hidden unit: its sum, what the activation makes of it, the mask of a dropout, and what is left.
const OF_UNIT: u64 = 4;

impl Footprint {
    /// Of fully connected layers of these widths, from the input to the outputs.
    pub fn of_layers(widths: &[i64]) -> Self {
        let hidden: i64 = widths.iter().skip(1).rev().skip(1).sum();
        let largest = widths.windows(2).map(|pair| pair[0] * pair[1]).max().unwrap_or(0);
        Self { row: OF_UNIT * hidden as u64, largest: largest as u64, ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_keep_their_units_and_the_widest_pair_is_the_largest_matrix() {
        for (widths, row, largest) in [(&[9, 3, 8][..], 12, 27), (&[9, 3, 20, 3, 8], 104, 60), (&[9, 3, 3, 16], 24, 48)]
        {
            assert_eq!(Footprint::of_layers(widths), Footprint { row, largest, ..Footprint::default() }, "{widths:?}");
        }
    }
}
