//! Convolutions that keep the size of what they read: along a text, or over an image.

use tch::{Device, Tensor};

use crate::{Generator, Initialisation, Parameter, Part};

/// `h * K + b`, of any number of dimensions.
#[derive(Debug)]
pub struct Convolution {
    /// `[maps made, maps read, …window]`, as in PyTorch's `nn.Conv1d` and `nn.Conv2d`.
    pub weight: Tensor,
    /// `[maps made]`.
    pub bias: Tensor,
}

impl Convolution {
    /// From so many maps to so many, through a window of odd sides, with fresh weights.
    pub fn start(
        [from, to]: [i64; 2],
        window: &[i64],
        initialisation: Initialisation,
        generator: &mut Generator,
        device: Device,
    ) -> Self {
        let area: i64 = window.iter().product();
        let start = initialisation.start([to, from * area], [from * area, to * area], generator, device);
        let weight = start.weight.detach().view([&[to, from], window].concat().as_slice());
        let bias = start.bias.detach().narrow(0, 0, to).copy();
        Self { weight: weight.set_requires_grad(true), bias: bias.set_requires_grad(true) }
    }

    /// How many numbers are trained.
    pub fn count([from, to]: [i64; 2], window: &[i64]) -> u64 {
        (from * to * window.iter().product::<i64>() + to) as u64
    }

    /// The sums before the activation, from `[batch, maps read, …]` to `[batch, maps made, …]`.
    pub fn sums(&self, h: &Tensor) -> Tensor {
        let window = &self.weight.size()[2..];
        let margins: Vec<i64> = window.iter().map(|side| side / 2).collect();
        let [ones, zeros] = [1, 0].map(|value| vec![value; window.len()]);
        h.convolution(&self.weight, Some(&self.bias), &ones, &margins, &ones, false, &zeros, 1)
    }

    /// Weight and bias.
    pub fn parameters(&self, name: &str, part: Part) -> [Parameter; 2] {
        Parameter::layer(name, part, &self.weight, &self.bias)
    }
}

/// From how many maps to how many each layer goes, where the first one reads so many.
pub fn maps(read: i64, made: &[i64]) -> Vec<[i64; 2]> {
    [&[read], made].concat().windows(2).map(|pair| [pair[0], pair[1]]).collect()
}

/// Images that layers of convolutions halve, each by its pooling.
#[derive(Debug, Clone, Copy)]
pub struct Images<'a> {
    /// Where the experiment speaks of them.
    pub key: &'static str,
    /// Height and width in pixels; a square where nothing is said.
    pub size: Option<[i64; 2]>,
    /// How many maps each layer makes.
    pub channels: &'a [i64],
    /// The height and the width of each kernel.
    pub kernel: i64,
}

impl Images<'_> {
    /// The size of images of so many pixels; nothing, where they are no square and nothing is said.
    pub fn size_of(&self, pixels: i64) -> Option<[i64; 2]> {
        let side = (pixels as f64).sqrt().round() as i64;
        self.size.or(Some([side, side])).filter(|[height, width]| height.checked_mul(*width) == Some(pixels))
    }

    /// Whether rows of so many columns are such images, which can be halved so often.
    ///
    /// # Errors
    /// Names the key, why it does not fit, and what would.
    pub fn check(&self, pixels: i64) -> Result<(), String> {
        let Self { key, size, channels, kernel } = *self;
        if channels.is_empty() || channels.iter().any(|&maps| maps < 1) {
            return Err(format!("{key}.channels = {channels:?}; expected at least one number above 0"));
        }
        check_kernel(key, kernel)?;
        let Some([height, width]) = self.size_of(pixels) else {
            let said = size.map_or("nothing".to_owned(), |size| format!("{size:?}"));
            return Err(format!(
                "{key}.size is {said}, and a row has {pixels} columns, which is no such image; set size = [height, width] so that \
                 their product is {pixels}"
            ));
        };
        let halvings = channels.len() as u32;
        if height.min(width) >> halvings.min(62) < 1 {
            return Err(format!(
                "{key}.channels halves an image of {height} × {width} pixels {halvings} times, which leaves nothing; list fewer"
            ));
        }
        Ok(())
    }
}

/// Whether a window has a middle.
///
/// # Errors
/// Names the key and what is accepted.
pub fn check_kernel(key: &str, kernel: i64) -> Result<(), String> {
    if kernel > 0 && kernel % 2 == 1 {
        return Ok(());
    }
    Err(format!("{key}.kernel = {kernel}; expected an odd number above 0"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_of_three_along_a_text_by_hand() {
        // Two maps read, one made; nothing stands before the first place and behind the last.
        let weight = Tensor::from_slice(&[1f32, 10.0, 100.0, 0.0, 0.5, 0.0]).view([1, 2, 3]);
        let convolution = Convolution { weight, bias: Tensor::from_slice(&[0.25f32]) };
        let h = Tensor::from_slice(&[1f32, 2.0, 3.0, 4.0, 5.0, 6.0]).view([1, 2, 3]);
        let sums = Vec::<f32>::try_from(convolution.sums(&h).view(-1)).unwrap();
        assert_eq!(sums, [210.0 + 2.25, 321.0 + 2.75, 32.0 + 3.25]);
    }
}
