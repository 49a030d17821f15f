//! Noise as the network meets it: where it falls, when it is drawn, and that the target never has any.

use hourglass_data::FillConfig;
use hourglass_models::range::NonNegative;
use hourglass_train::checkpoint;
use hourglass_train::engine::shown::Shown;
use hourglass_train::engine::{Engine, EngineConfig, choose};
use hourglass_train::inputs::RowScale;
use hourglass_train::noise::{Draw, On, Phase, dropout, gaussian, masking};
use hourglass_train::state::State;
use hourglass_train::{NoiseConfig, Task};

use crate::experiment::{Experiment, NONE, rate, table};

fn experiment(noise: NoiseConfig) -> Experiment {
    let ratings = table(&[
        [5.0, NONE, 3.0, NONE, 1.0],
        [NONE, 2.0, NONE, 4.0, 4.0],
        [NONE, NONE, NONE, NONE, NONE],
        [1.0, 2.0, 3.0, 4.0, 5.0],
        [NONE, NONE, NONE, NONE, 2.0],
        [4.0, 4.0, NONE, NONE, 4.0],
    ]);
    Experiment { fill: FillConfig::UserMean, noise: vec![noise], ..Experiment::new(ratings) }
}

fn gaussian(on: On, draw: Draw) -> NoiseConfig {
    NoiseConfig::Gaussian(gaussian::Config { std: NonNegative::try_from(0.4).unwrap(), clamp: None, on, draw })
}

fn dropout(on: On, draw: Draw) -> NoiseConfig {
    NoiseConfig::Dropout(dropout::Config { rate: rate(0.5), on, draw })
}

fn masking(on: On, draw: Draw) -> NoiseConfig {
    NoiseConfig::Masking(masking::Config { rate: rate(0.5), on, draw })
}

fn every_noise() -> Vec<NoiseConfig> {
    let kinds = [gaussian, dropout, masking].into_iter();
    let places = kinds.flat_map(|kind| [On::All, On::Observed].map(|on| (kind, on)));
    places.flat_map(|(kind, on)| [Draw::EachEpoch, Draw::Once].map(|draw| kind(on, draw))).collect()
}

/// The network's input for these rows `[rows][columns]`.
fn shown(task: &Task<'_>, rows: &[u32], phase: Phase) -> Vec<Vec<f32>> {
    Vec::<Vec<f32>>::try_from(Shown::new(task, task.inputs, rows, phase).input()).unwrap()
}

const ALL_ROWS: [u32; 6] = [0, 1, 2, 3, 4, 5];

fn shown_in(noise: NoiseConfig, phase: Phase) -> Vec<Vec<f32>> {
    experiment(noise).with_task(|task| shown(task, &ALL_ROWS, phase))
}

fn clean() -> Vec<Vec<f32>> {
    Experiment { noise: Vec::new(), ..experiment(gaussian(On::All, Draw::Once)) }
        .with_task(|task| shown(task, &ALL_ROWS, Phase::Evaluate))
}

#[test]
fn each_epoch_differs_and_once_does_not() {
    for (noise, anew) in [
        (gaussian(On::All, Draw::EachEpoch), true),
        (gaussian(On::Observed, Draw::EachEpoch), true),
        (dropout(On::All, Draw::EachEpoch), true),
        (dropout(On::Observed, Draw::EachEpoch), true),
        (gaussian(On::All, Draw::Once), false),
        (gaussian(On::Observed, Draw::Once), false),
        (dropout(On::All, Draw::Once), false),
        (dropout(On::Observed, Draw::Once), false),
        (masking(On::All, Draw::EachEpoch), true),
        (masking(On::Observed, Draw::EachEpoch), true),
        (masking(On::All, Draw::Once), false),
        (masking(On::Observed, Draw::Once), false),
    ] {
        let [first, second] = [1, 2].map(|epoch| shown_in(noise.clone(), Phase::Train(epoch)));
        let evaluated = shown_in(noise.clone(), Phase::Evaluate);
        assert_ne!(first, clean(), "{noise:?} changes the input");
        assert_eq!(first != second, anew, "{noise:?} in two epochs");
        assert_eq!(evaluated == clean(), anew, "{noise:?} in evaluation");
        assert_eq!(evaluated == first, !anew, "{noise:?} in evaluation and in training");
    }
}

#[test]
fn observed_means_that_filled_cells_stay_as_they_are() {
    let (clean, ratings) = (clean(), experiment(gaussian(On::All, Draw::Once)).ratings);
    for (noise, changes_fill) in [
        (gaussian(On::Observed, Draw::EachEpoch), false),
        (dropout(On::Observed, Draw::EachEpoch), false),
        (masking(On::Observed, Draw::EachEpoch), false),
        (gaussian(On::All, Draw::EachEpoch), true),
        (dropout(On::All, Draw::EachEpoch), true),
        (masking(On::All, Draw::EachEpoch), true),
    ] {
        let noisy = shown_in(noise.clone(), Phase::Train(1));
        let filled = (0..6).flat_map(|row| {
            let observed = ratings.row(row).columns;
            (0..5).filter(|column| !observed.contains(column)).map(move |column| (row, column as usize))
        });
        let changed = filled.filter(|&(row, column)| noisy[row][column] != clean[row][column]).count();
        assert_eq!(changed > 0, changes_fill, "{noise:?} changed {changed} filled cells");
    }
}

#[test]
fn masking_shows_a_cell_as_it_is_or_not_at_all() {
    for (on, scale) in
        [On::All, On::Observed].into_iter().flat_map(|on| [RowScale::None, RowScale::UnitNorm].map(|s| (on, s)))
    {
        let of = |noise| Experiment { noise, scale, ..experiment(masking(on, Draw::EachEpoch)) };
        let [clean, noisy] = [Vec::new(), vec![masking(on, Draw::EachEpoch)]]
            .map(|noise| of(noise).with_task(|task| shown(task, &ALL_ROWS, Phase::Train(1))).concat());
        let masked = noisy.iter().zip(&clean).filter(|(noisy, clean)| noisy != clean);
        assert!(masked.clone().all(|(&noisy, _)| noisy == 0.0), "{on:?}, {scale:?}: {noisy:?}");
        assert!((3..28).contains(&masked.count()), "{on:?}, {scale:?}: {noisy:?}");
    }
}

#[test]
fn a_row_gets_the_same_noise_in_every_batch() {
    for noise in every_noise() {
        experiment(noise.clone()).with_task(|task| {
            let together = shown(task, &ALL_ROWS, Phase::Train(3));
            for batch in [&[5u32, 3, 1][..], &[0], &[4, 4]] {
                let expected: Vec<_> = batch.iter().map(|&row| together[row as usize].clone()).collect();
                assert_eq!(shown(task, batch, Phase::Train(3)), expected, "{noise:?} in batch {batch:?}");
            }
        });
    }
}

#[test]
fn the_number_of_threads_does_not_matter() {
    let noise = gaussian(On::All, Draw::EachEpoch);
    let [one, four] = [1, 4].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| shown_in(noise.clone(), Phase::Train(1)))
    });
    assert_eq!(one, four);
}

#[test]
fn rows_and_corruptions_draw_apart() {
    let list = vec![gaussian(On::All, Draw::EachEpoch), gaussian(On::All, Draw::EachEpoch)];
    let twice = Experiment { noise: list.clone(), ..experiment(list[0].clone()) };
    let added = |rows: &[Vec<f32>]| -> Vec<Vec<f32>> {
        rows.iter().zip(clean()).map(|(row, clean)| row.iter().zip(clean).map(|(x, c)| x - c).collect()).collect()
    };
    let noise = added(&twice.with_task(|task| shown(task, &ALL_ROWS, Phase::Train(1))));
    for (left, right) in (0..6).flat_map(|left| (0..left).map(move |right| (left, right))) {
        assert_ne!(noise[left], noise[right], "rows {left} and {right}");
    }
    let single = added(&shown_in(list[0].clone(), Phase::Train(1)));
    let doubled = |(both, one): (&f32, &f32)| (both - 2.0 * one).abs() < 1e-5;
    assert!(!noise[0].iter().zip(&single[0]).all(doubled), "both corruptions drew the same");
}

#[test]
fn the_target_stays_clean() {
    // A network with weights of zero sees no input: whatever the noise, its loss is that of the clean ratings.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("zeros.safetensors");
    let first_loss = |experiment: &Experiment| {
        experiment.with_task(|task| {
            let state = State::start(task);
            for (_, mut weight) in state.model.weights() {
                let _ = weight.zero_();
            }
            checkpoint::save(&path, &state).unwrap();
        });
        experiment.train_from(Some(&path)).reports[0].values[0]
    };
    let one_batch = |noise, engine| {
        let mut experiment = experiment(noise);
        experiment.train.batch = 6.try_into().unwrap();
        experiment.train.engine = engine;
        experiment
    };
    let any = gaussian(On::All, Draw::Once);
    let without = |engine| first_loss(&Experiment { noise: Vec::new(), ..one_batch(any.clone(), engine) });
    // Either engine has a last digit of its own.
    let (sparse, dense) = (without(EngineConfig::Sparse), without(EngineConfig::Dense));
    for noise in every_noise() {
        let noisy = one_batch(noise.clone(), EngineConfig::Auto);
        let without = match noisy.with_task(|task| choose(task).engine) {
            Engine::Sparse => sparse,
            Engine::Dense => dense,
        };
        assert_eq!(first_loss(&noisy), without, "{noise:?}");
    }
}

#[test]
fn side_information_stays_clean() {
    for noise in every_noise() {
        let mut experiment = experiment(noise.clone());
        experiment.side = table(&[[1.0], [2.0], [3.0], [4.0], [5.0], [6.0]]);
        let rows = experiment.with_task(|task| shown(task, &ALL_ROWS, Phase::Train(1)));
        let side: Vec<f32> = rows.iter().map(|row| row[5]).collect();
        assert_eq!(side, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], "{noise:?}");
    }
}
