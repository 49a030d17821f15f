//! What is built, counted and refused.

use rand::SeedableRng;
use tch::{Device, Kind, Tensor};

use super::*;
use crate::{Widths, forward};

/// Six rows of 16 ratings, which are images of 4 × 4 too, three columns of side information, and texts of nine tokens.
const DIMS: Dims = Dims { rows: 6, inputs: 19, side: 3, outputs: 16, groups: 0, vocabulary: 9 };

fn widths(list: &[i64]) -> Widths {
    Widths::try_from(list.to_vec()).unwrap()
}

/// Of all sources.
fn all() -> Config {
    Config {
        ratings: Some(ratings::Config { layers: widths(&[5, 4]), ..Default::default() }),
        side_info: Some(side_info::Config { layers: widths(&[3]) }),
        text: Some(text::Config { channels: widths(&[6, 5]), ..Default::default() }),
        image: Some(image::Config { channels: vec![2, 3], ..Default::default() }),
        code: NonZeroU32::new(7).unwrap(),
        decoder: vec![NonZeroU32::new(8).unwrap()],
        ..Default::default()
    }
}

#[test]
fn any_subset_of_sources_makes_one_code() {
    for subset in 1..16 {
        let [ratings, side_info, text, image] = [1, 2, 4, 8].map(|place| subset & place > 0);
        let config = Config {
            ratings: all().ratings.filter(|_| ratings),
            side_info: all().side_info.filter(|_| side_info),
            text: all().text.filter(|_| text),
            image: all().image.filter(|_| image),
            ..all()
        };
        let side = if side_info { DIMS.side } else { 0 };
        let dims = Dims { inputs: 16 + side, side, vocabulary: if text { 9 } else { 0 }, ..DIMS };
        assert_eq!(config.check(dims), Ok(()), "{config:?}");
        assert_eq!((config.reads_ratings(), config.reads_text()), (ratings || image, text));
        let model = config.build(dims, &mut Generator::seed_from_u64(1), Device::Cpu);
        let held: usize = model.parameters().iter().map(|parameter| parameter.tensor.numel()).sum();
        assert_eq!(config.parameter_count(dims), held as u64, "{config:?}");
        let batch = Batch {
            rows: Tensor::from_slice(&[4i64, 2]),
            side: side_info.then(|| Tensor::ones([2, 3], (Kind::Float, Device::Cpu))),
            groups: None,
            text: text.then(|| Tensor::from_slice2(&[[2i64, 8, 1, 0], [0, 0, 0, 0]])),
        };
        let x = Tensor::ones([2, dims.inputs], (Kind::Float, Device::Cpu));
        let forward = forward(&model, &x, &batch, &mut Mode::Evaluate);
        assert_eq!((forward.pass.code.size(), forward.outputs.size()), (vec![2, 7], vec![2, 16]), "{config:?}");
    }
}

#[test]
fn what_does_not_fit_is_refused_with_the_reason() {
    let text = |kernel| Config { text: Some(text::Config { kernel, ..Default::default() }), ..all() };
    let image = |image| Config { image: Some(image), ..all() };
    let plain = image::Config::default;
    for (config, dims, complaint) in [
        (all(), DIMS, None),
        (Config::default(), DIMS, Some("model.multi-source reads nothing")),
        (
            Config { side_info: None, ..all() },
            DIMS,
            Some("input.side_info is listed, but model.multi-source does not read it"),
        ),
        (all(), Dims { inputs: 16, side: 0, ..DIMS }, Some("reads input.side_info, which lists nothing")),
        (all(), Dims { vocabulary: 0, ..DIMS }, Some("model.multi-source.text reads input.text, which is not there")),
        (text(2), DIMS, Some("model.multi-source.text.kernel = 2; expected an odd number")),
        (
            image(image::Config { size: Some([3, 5]), ..plain() }),
            DIMS,
            Some("model.multi-source.image.size is [3, 5], and a row has 16 columns"),
        ),
        (
            image(image::Config { channels: vec![1; 3], ..plain() }),
            DIMS,
            Some("model.multi-source.image.channels halves an image of 4 × 4 pixels 3 times"),
        ),
        (image(image::Config { channels: vec![], ..plain() }), DIMS, Some("at least one number")),
    ] {
        match (config.check(dims), complaint) {
            (Ok(()), None) => {}
            (Err(error), Some(complaint)) => assert!(error.contains(complaint), "{error}"),
            (found, expected) => panic!("{config:?}: {found:?} instead of {expected:?}"),
        }
    }
}
