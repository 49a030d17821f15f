//! The sparse engine where the objective compares all outputs: as the dense one, whatever the setting.

use hourglass_data::{Axis, Csr, FillConfig};
use hourglass_train::engine::{Engine, EngineConfig, choose};
use hourglass_train::inputs::{RowScale, Target};
use hourglass_train::{Flow, GradientConfig, OptimizerConfig, checkpoint};

use crate::engines::{
    OPTIMIZERS, assert_both_engines_agree, assert_close, fills, noises, optimizer, ratings, side, train, validation,
    wide, with_engine,
};
use crate::experiment::{Experiment, assert_same_weights, l2};

/// An objective, the output activation that it goes with, and whether its ratings are chances or counts.
const OBJECTIVES: [(&str, &str, bool); 6] = [
    (r#"{"multinomial": {}}"#, "linear", true),
    (r#"{"bce": {"on": "all"}}"#, "sigmoid", true),
    (r#"{"bce-with-logits": {"on": "all"}}"#, "linear", true),
    (r#"{"full-mse": {}}"#, "linear", false),
    (r#"{"full-mse": {}}"#, "tanh", false),
    (r#"{"cross-entropy": {}}"#, "linear", false),
];

const MODELS: [&str; 6] = [
    r#"{"autoencoder": {"layers": [5], "dropout": 0.3, "output_activation": "OUTPUT"}}"#,
    r#"{"autoencoder": {"layers": [4, 3, 4], "normalisation": "batch", "output_activation": "OUTPUT"}}"#,
    r#"{"autoencoder": {"layers": [6, 4, 6], "tied_weights": true, "output_activation": "OUTPUT"}}"#,
    r#"{"cdae": {"layers": [4], "output_activation": "OUTPUT"}}"#,
    r#"{"cfn": {"layers": [4, 3, 4], "output_activation": "OUTPUT"}}"#,
    r#"{"variational": {"layers": [5, 3, 5], "beta": 0.5, "warmup": 2, "output_activation": "OUTPUT"}}"#,
];

/// With its usual epsilon, an optimizer that divides a gradient by its size would show rounding errors of those nearly 0.
fn steady(written: &str) -> OptimizerConfig {
    let last = if written.contains("{}") { r#""epsilon": 1e-3}}"# } else { r#", "epsilon": 1e-3}}"# };
    if written.contains("sgd") { optimizer(written) } else { optimizer(&written.replace("}}", last)) }
}

/// Ratings above 2 as 1, others as 0.
fn likes(ratings: &Csr) -> Csr {
    let entries = ratings.entries().map(|(row, column, rating)| (row, column, f32::from(rating > 2.0)));
    Csr::from_entries(ratings.rows(), ratings.columns(), entries)
}

fn with_objective(
    experiment: Experiment,
    (objective, output, likes_only): (&str, &str, bool),
    model: &str,
) -> Experiment {
    let likes_of = |ratings: &Csr| if likes_only { likes(ratings) } else { ratings.clone() };
    Experiment {
        ratings: likes_of(&experiment.ratings),
        validation: likes_of(&experiment.validation),
        objective: serde_json::from_str(objective).expect(objective),
        model: serde_json::from_str(&model.replace("OUTPUT", output)).expect(model),
        ..experiment
    }
}

#[test]
fn both_engines_agree_on_every_model_fill_noise_and_objective() {
    let mut case = 0;
    for (objective, model) in OBJECTIVES.into_iter().flat_map(|one| MODELS.map(|model| (one, model))) {
        if objective.0.contains("cross-entropy") && model.contains("tied") {
            continue;
        }
        for (fill, noise) in fills().into_iter().flat_map(|fill| noises().map(|noise| (fill, noise))) {
            // What is combined with all of these goes round at paces without a common divisor.
            let rows = [Axis::Users, Axis::Items][case % 2];
            let mut experiment = Experiment { validation: validation(), rows, fill, ..Experiment::new(ratings()) };
            experiment = with_objective(experiment, objective, model);
            let squares = objective.0.contains("mse");
            experiment.target =
                if squares && !noise.is_empty() && case % 3 == 0 { Target::Noisy } else { Target::Clean };
            experiment.scale = match experiment.target {
                Target::Clean if case % 7 == 0 => RowScale::UnitNorm,
                Target::Clean | Target::Noisy => RowScale::None,
            };
            experiment.noise = noise;
            let beside = case % 5 < 2 || model.contains("cfn");
            experiment.side = match (beside, rows) {
                (true, _) => side(rows),
                (false, Axis::Users) => experiment.side,
                (false, Axis::Items) => Csr::empty(7, 0),
            };
            let adds_up = case % 11 == 0;
            experiment.train.gradient = if adds_up { GradientConfig::NeverCleared } else { GradientConfig::OfBatch };
            let penalty = if adds_up || case % 4 > 0 { 0.0 } else { 0.01 };
            experiment.penalty = if penalty == 0.0 { experiment.penalty } else { l2(penalty) };
            // The mean that batch normalisation takes away leaves gradients that are rounding errors, which momentum adds up.
            let choices = if model.contains("batch") { &OPTIMIZERS[..1] } else { &OPTIMIZERS[..] };
            let chosen = choices[case % choices.len()];
            // Sums of gradients that also have momentum run away, and rounding errors with them.
            let chosen = if adds_up && chosen.contains("momentum") { OPTIMIZERS[0] } else { chosen };
            // With a fill, whether all of a row's gradient is exactly 0, so that it makes no step, is a matter of rounding.
            let chosen = if fill == FillConfig::Zero { chosen.to_owned() } else { chosen.replace("lazy-adam", "adam") };
            experiment.train.optimizer = steady(&chosen);
            // And of two rows that are nearly the same it makes two that are far apart, rounding errors included.
            let sizes = if model.contains("batch") { [100, 5, 6, 100] } else { [2, 1, 3, 100] };
            experiment.train.batch = sizes[case % 13 % 4].try_into().unwrap();
            assert_both_engines_agree(&experiment, &format!("case {case}: {experiment:?}"));
            case += 1;
        }
    }
    assert_eq!(case, (6 * 6 - 1) * 6 * 9);
}

/// More rows and outputs than a block or a job holds.
fn large(objective: (&str, &str, bool)) -> Experiment {
    let model = r#"{"variational": {"layers": [300, 40, 300], "output_activation": "OUTPUT"}}"#;
    let mut experiment = with_objective(wide(), objective, model);
    experiment.validation = experiment.ratings.clone();
    experiment.train.batch = 70.try_into().unwrap();
    experiment
}

#[test]
fn both_engines_agree_on_more_rows_and_columns_than_a_block_has() {
    for objective in OBJECTIVES {
        let mut experiment = large(objective);
        experiment.train.optimizer = steady(r#"{"adam": {}}"#);
        assert_both_engines_agree(&experiment, &format!("{objective:?}"));
    }
}

/// With few units beside rows and columns, so that squared errors of all cells are computed without outputs. What is asked for is
/// shown in part.
fn narrow(model: &str) -> Experiment {
    let experiment = wide();
    let columns = experiment.ratings.columns();
    let next = |column: u32| (column + 5) % columns as u32;
    let mut asked: Vec<_> =
        experiment.ratings.entries().map(|(row, column, value)| (row, next(column), value)).collect();
    asked.sort_by_key(|&(row, column, _)| (row, column));
    let validation = Csr::from_entries(experiment.ratings.rows(), columns, asked.into_iter());
    with_objective(Experiment { validation, ..experiment }, OBJECTIVES[3], model)
}

#[test]
fn both_engines_agree_where_no_output_is_computed() {
    // A divergence of a hundredth is a difference of numbers near 1, and no bound for what sums of another order make of it.
    for (place, model) in MODELS.map(|model| model.replace("\"beta\": 0.5", "\"beta\": 0")).iter().enumerate() {
        for (case, (fill, noise)) in
            fills().into_iter().flat_map(|fill| noises().map(|noise| (fill, noise))).enumerate()
        {
            let mut experiment = Experiment { fill, ..narrow(model) };
            experiment.target = if noise.is_empty() { Target::Clean } else { [Target::Noisy, Target::Clean][case % 2] };
            experiment.noise = noise;
            if case % 3 == 0 || model.contains("cfn") {
                let entries = (0..90).filter(|row| row % 4 > 0).map(|row| (row, row % 3, 0.5));
                experiment.side = Csr::from_entries(90, 3, entries);
            }
            experiment.penalty = if case % 4 == 0 { l2(0.01) } else { experiment.penalty };
            experiment.train.optimizer = steady(OPTIMIZERS[(case + place) % OPTIMIZERS.len()]);
            let choice = experiment.with_task(choose);
            // What noise on all cells makes of a row is no fill that a few numbers tell.
            let compares_cells = experiment.target == Target::Noisy && case % 9 > 4;
            let reason = if compares_cells { "the first layer reads" } else { "squared errors of all cells follow" };
            assert!(choice.reason.starts_with(reason), "{}", choice.reason);
            assert_both_engines_agree(&experiment, &format!("{model}, case {case}, {fill:?}"));
        }
    }
}

#[test]
fn no_bit_depends_on_the_number_of_threads() {
    for experiment in OBJECTIVES.map(large).into_iter().chain([narrow(MODELS[0])]) {
        let objective = &experiment.objective;
        let trained = |threads| train(&Experiment { threads, ..experiment.clone() }, EngineConfig::Sparse);
        let alone = trained(1);
        for threads in [2, 3, 4] {
            let together = trained(threads);
            assert_eq!(together.reports, alone.reports, "{objective:?}, {threads} threads");
            assert_same_weights(&together.weights, &alone.weights, &format!("{objective:?}, {threads} threads"));
        }
    }
}

#[test]
fn going_on_ends_in_the_same_bits_and_either_engine_can() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.safetensors");
    let experiment = large(OBJECTIVES[0]);
    let [sparse, dense] = [EngineConfig::Sparse, EngineConfig::Dense].map(|engine| with_engine(&experiment, engine));
    let whole = sparse.train();
    sparse
        .fit(None, |_, state| {
            checkpoint::save(&path, state).unwrap();
            Flow::Stop
        })
        .map(drop)
        .unwrap();
    let rest = sparse.train_from(Some(&path));
    assert_eq!(rest.reports, whole.reports[1..]);
    assert_same_weights(&rest.weights, &whole.weights, "the same engine");
    assert_close(&dense.train_from(Some(&path)).weights, &whole.weights, "the other engine");
}

#[test]
fn it_is_chosen_and_says_what_it_does() {
    for objective in OBJECTIVES {
        let choice = large(objective).with_task(choose);
        assert_eq!(choice.engine, Engine::Sparse);
        assert!(choice.reason.contains("though the objective needs every output"), "{}", choice.reason);
    }
    let machine = Experiment {
        model: serde_json::from_str(r#"{"rbm": {}}"#).unwrap(),
        objective: serde_json::from_str(r#"{"contrastive-divergence": {}}"#).unwrap(),
        ..Experiment::new(ratings())
    };
    let choice = machine.with_task(choose);
    assert_eq!(choice.engine, Engine::Dense, "{}", choice.reason);
}
