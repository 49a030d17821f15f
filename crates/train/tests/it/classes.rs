//! Ratings as classes: cross-entropy, the RBM and contrastive divergence. `fixtures/classes.py` made the numbers.

use std::path::PathBuf;

use hourglass_data::{Csr, FillConfig};
use hourglass_models::Activation::{Linear, Sigmoid};
use hourglass_models::rbm::{self, free_energy};
use hourglass_models::{Generator, Mode, Model};
use hourglass_train::engine::dense::{self, Entries, gather};
use hourglass_train::engine::feed::Feed;
use hourglass_train::inputs::HeldOut;
use hourglass_train::noise::Phase;
use hourglass_train::objective::contrastive_divergence;
use hourglass_train::{Levels, ModelConfig, ObjectiveConfig, State, check};
use rand::SeedableRng;
use serde::Deserialize;
use tch::{Kind, Tensor};

use crate::experiment::{Experiment, NONE, adam, l2, model, table, training};

#[derive(Deserialize)]
struct Fixture {
    /// `[users, items]`.
    ratings: Vec<Vec<Option<f32>>>,
    sampled: Vec<Vec<Option<f32>>>,
    cross_entropy: CrossEntropy,
    contrastive_divergence: Divergence,
}

#[derive(Deserialize)]
struct CrossEntropy {
    /// `[users, items · levels]`.
    outputs: Vec<Vec<f32>>,
    loss: f64,
    gradient: Vec<Vec<f32>>,
    /// At observed entries.
    means: Vec<f32>,
    modes: Vec<f32>,
}

#[derive(Deserialize)]
struct Divergence {
    weight: Vec<Vec<f32>>,
    hidden: Vec<f32>,
    visible: Vec<f32>,
    gradients: Gradients,
}

#[derive(Deserialize)]
struct Gradients {
    weight: Vec<Vec<f32>>,
    hidden: Vec<f32>,
    visible: Vec<f32>,
}

fn fixture() -> Fixture {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/classes.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// The observed cells of a dense matrix.
fn sparse(rows: &[Vec<Option<f32>>]) -> Csr {
    let cells = (0..).zip(rows).flat_map(|(r, row)| (0..).zip(row).filter_map(move |(c, &v)| Some((r, c, v?))));
    Csr::from_entries(rows.len(), rows[0].len(), cells)
}

fn objective(text: &str) -> ObjectiveConfig {
    serde_json::from_str(text).expect(text)
}

const CROSS_ENTROPY: &str = r#"{"cross-entropy": {}}"#;
const DIVERGENCE: &str = r#"{"contrastive-divergence": {}}"#;

fn machine(hidden: i64) -> ModelConfig {
    ModelConfig::Rbm(rbm::Config { hidden })
}

fn assert_near(found: &Tensor, expected: &Tensor, tolerance: f64, what: &str) {
    assert_eq!(found.size(), expected.size(), "{what}");
    assert!(found.allclose(expected, tolerance, 0.1 * tolerance, false), "{what}: {found} instead of {expected}");
}

#[test]
fn cross_entropy_and_its_gradient_and_its_predictions_equal_the_reference() {
    let Fixture { ratings, cross_entropy: reference, .. } = fixture();
    let ratings = sparse(&ratings);
    let experiment = Experiment { objective: objective(CROSS_ENTROPY), ..Experiment::new(ratings.clone()) };
    let outputs = Tensor::from_slice2(&reference.outputs).set_requires_grad(true);
    let rows: Vec<u32> = (0..ratings.rows() as u32).collect();
    let fit = experiment.with_task(|task| {
        assert_eq!(task.dims().outputs, outputs.size()[1]);
        dense::fit(task, &outputs, HeldOut { inputs: task.inputs, ratings: &ratings, by_members: &[] }, &rows, None)
    });
    let loss = fit.sum / fit.count;
    assert!((loss.double_value(&[]) / reference.loss - 1.0).abs() < 1e-5, "{loss} instead of {}", reference.loss);
    let gradient = Tensor::run_backward(&[&loss], &[&outputs], false, false).remove(0);
    assert_near(&gradient, &Tensor::from_slice2(&reference.gradient), 1e-5, "gradient");
    let observed = gather(&outputs, &Entries::of(&ratings, &rows)).detach();
    for (predict, expected) in [("mean", &reference.means), ("mode", &reference.modes)] {
        let config = objective(&CROSS_ENTROPY.replace("{}", &format!("{{\"predict\": \"{predict}\"}}")));
        let predicted = config.prediction(&observed, &Levels::of(&ratings));
        assert_near(&predicted, &Tensor::from_slice(expected), 1e-5, predict);
    }
}

/// Every cell of a class, `[rows, items · levels]`, of the rows that have a rating.
fn cells(rows: &[Vec<Option<f32>>], levels: &[f32]) -> Tensor {
    let cell = |rating: Option<f32>| levels.iter().map(move |&level| f32::from(u8::from(rating == Some(level))));
    let rated = rows.iter().filter(|row| row.iter().any(Option::is_some));
    let rows: Vec<Vec<f32>> = rated.map(|row| row.iter().flat_map(|&rating| cell(rating)).collect()).collect();
    Tensor::from_slice2(&rows)
}

/// Gives an RBM these weights.
fn set(model: &dyn Model, values: [&Tensor; 3]) {
    for (parameter, value) in model.parameters().iter().zip(values) {
        parameter.tensor.detach().copy_(value);
    }
}

#[test]
fn the_gradient_of_contrastive_divergence_is_the_difference_of_counts() {
    let Fixture { ratings, sampled, contrastive_divergence: reference, .. } = fixture();
    let levels = [0.5, 2.0, 3.0, 5.0];
    let experiment =
        Experiment { model: machine(3), objective: objective(DIVERGENCE), ..Experiment::new(sparse(&ratings)) };
    let state = experiment.with_task(State::start);
    let weight = Tensor::from_slice2(&reference.weight);
    set(state.network(), [&weight, &Tensor::from_slice(&reference.hidden), &Tensor::from_slice(&reference.visible)]);
    let (encoder, decoder) = (state.network().encoder().unwrap(), state.network().decoder().unwrap());
    let energy = |visible: &Tensor| free_energy(visible, &encoder.encode(visible), &decoder.bias);
    let (shown, sampled) = (cells(&ratings, &levels), cells(&sampled, &levels));
    let loss = (energy(&shown) - energy(&sampled)).mean(Kind::Float);
    let parameters = state.network().parameters();
    let tensors: Vec<&Tensor> = parameters.iter().map(|parameter| &parameter.tensor).collect();
    let gradients = Tensor::run_backward(&[&loss], &tensors, false, false);
    let Gradients { weight, hidden, visible } = &reference.gradients;
    let expected = [Tensor::from_slice2(weight), Tensor::from_slice(hidden), Tensor::from_slice(visible)];
    for ((found, expected), parameter) in gradients.iter().zip(&expected).zip(&parameters) {
        assert_near(found, expected, 1e-5, &parameter.name);
    }
}

/// A chain of Gibbs samples over two items of two classes with two hidden units, enumerated.
struct Chain {
    weight: Tensor,
    hidden: Tensor,
    visible: Tensor,
}

impl Chain {
    /// The four pairs of classes `[4, 4]`, and the four states of the hidden units `[4, 2]`.
    fn states() -> [Tensor; 2] {
        let visible = [[1f64, 0., 1., 0.], [1., 0., 0., 1.], [0., 1., 1., 0.], [0., 1., 0., 1.]];
        [Tensor::from_slice2(&visible), Tensor::from_slice2(&[[0f64, 0.], [0., 1.], [1., 0.], [1., 1.]])]
    }

    /// exp(−E) of each visible and each hidden state, `[4, 4]`.
    fn weights(&self) -> Tensor {
        let [v, h] = Self::states();
        let energy = v.matmul(&self.weight).matmul(&h.transpose(0, 1)) + v.mv(&self.visible).unsqueeze(1);
        (energy + h.mv(&self.hidden).unsqueeze(0)).exp()
    }

    /// The chances of each visible state so many steps after the second one.
    fn after(&self, steps: usize) -> Tensor {
        let weights = self.weights();
        let towards = &weights / weights.sum_dim_intlist(1, true, Kind::Double);
        let back = &weights / weights.sum_dim_intlist(0, true, Kind::Double);
        let step = towards.matmul(&back.transpose(0, 1));
        let start = Tensor::from_slice(&[0f64, 1., 0., 0.]).view([1, 4]);
        (0..steps).fold(start, |chances, _| chances.matmul(&step)).view(-1)
    }

    /// The mean over visible states with these chances of v h `[4, 2]`.
    fn counts(&self, chances: &Tensor) -> Tensor {
        let [v, _] = Self::states();
        let h = (v.matmul(&self.weight) + &self.hidden).sigmoid();
        (&v * chances.unsqueeze(1)).transpose(0, 1).matmul(&h)
    }
}

#[test]
fn samples_are_those_of_the_enumerated_chain_and_lead_to_the_likelihood_gradient() {
    let chain = Chain {
        weight: Tensor::from_slice2(&[[0.5, -1.0], [0.25, 2.0], [-0.75, 0.3], [1.5, -0.2]]),
        hidden: Tensor::from_slice(&[0.1, -0.4]),
        visible: Tensor::from_slice(&[0.2, -0.3, 0.7, 0.05]),
    };
    let of_model = chain.weights().sum_dim_intlist(1, false, Kind::Double);
    let of_model = &of_model / of_model.sum(Kind::Double);
    assert_near(&chain.after(200), &of_model, 1e-9, "the chain ends in the model's distribution");
    // Many users with the same ratings are many draws; the third item is rated by none of them and must stay out.
    let users = 20_000;
    let ratings = Csr::from_entries(users, 3, (0..users as u32).flat_map(|user| [(user, 0, 1.0), (user, 1, 2.0)]));
    let experiment = Experiment { model: machine(2), objective: objective(DIVERGENCE), ..Experiment::new(ratings) };
    let rows: Vec<u32> = (0..users as u32).collect();
    for (steps, chances) in [(1, chain.after(1)), (2, chain.after(2)), (25, of_model)] {
        let config = contrastive_divergence::Config { steps: steps.try_into().unwrap(), ..Default::default() };
        let gradient = experiment.with_task(|task| {
            let state = State::start(task);
            let [weight, visible] = [&chain.weight, &chain.visible.view([4, 1])]
                .map(|of_rated| Tensor::cat(&[of_rated, &of_rated.narrow(0, 0, 2)], 0).to_kind(Kind::Float));
            set(state.network(), [&weight, &chain.hidden, &visible.view(-1)]);
            let mut generator = Generator::seed_from_u64(3);
            let model = state.network();
            let forward = dense::forward(task, model, task.inputs, &rows, Phase::Evaluate, &mut Mode::Evaluate);
            let feed = Feed::of(task, task.inputs, &rows);
            let fit = config.fit(task, model, &forward, &feed, &mut generator);
            let parameters = model.parameters();
            Tensor::run_backward(&[&(fit.sum / fit.count)], &[&parameters[0].tensor], false, false).remove(0)
        });
        let expected = chain.counts(&chances) - chain.counts(&chain.after(0));
        let difference = (gradient.narrow(0, 0, 4).to_kind(Kind::Double) - expected).abs().max().double_value(&[]);
        assert!(difference < 0.015, "{steps} steps: off by {difference}");
        assert_eq!(gradient.narrow(0, 4, 2).abs().max().double_value(&[]), 0.0, "{steps} steps: an unrated item");
    }
}

#[test]
fn a_small_matrix_is_learnt_by_heart() {
    let ratings = table(&[
        [5.0, 1.0, NONE, 2.0, 4.0],
        [NONE, 3.0, 4.0, 1.0, 5.0],
        [2.0, NONE, 5.0, 4.0, 1.0],
        [1.0, 4.0, 2.0, NONE, 3.0],
    ]);
    for (model, objective_text, error) in [
        (machine(20), CROSS_ENTROPY, 0.05),
        (machine(20), DIVERGENCE, 0.2),
        (model(&[8], Sigmoid, Linear), CROSS_ENTROPY, 0.05),
    ] {
        let (model, objective) = (model.clone(), objective(objective_text));
        let mut experiment = Experiment { model, objective, ..Experiment::new(ratings.clone()) };
        experiment.train.epochs = 400.try_into().unwrap();
        experiment.train.batch = 5.try_into().unwrap();
        experiment.train.optimizer = adam(0.05);
        let reports = experiment.train().reports;
        // Loss, its only part, the validation loss, then the metrics in turn: train.mae is the first.
        let (begun, ended) = (reports[0].values[3].unwrap(), reports[399].values[3].unwrap());
        assert!(begun > 1.0 && ended < error, "{objective_text}: from {begun} to {ended}");
    }
}

#[test]
fn rows_with_no_rating_or_one_are_learnt_from_and_predicted() {
    let ratings = table(&[[5.0, 1.0, NONE], [NONE, NONE, NONE], [NONE, 3.0, NONE], [2.0, NONE, 1.0]]);
    // 4 is no training rating's value.
    let validation = table(&[[NONE, NONE, 2.0], [3.0, NONE, NONE], [4.0, NONE, NONE], [NONE, NONE, NONE]]);
    for (model, objective_text) in
        [(machine(4), CROSS_ENTROPY), (machine(4), DIVERGENCE), (model(&[3], Sigmoid, Linear), CROSS_ENTROPY)]
    {
        let plain = Experiment { validation: validation.clone(), ..Experiment::new(ratings.clone()) };
        let experiment = Experiment { model, objective: objective(objective_text), penalty: l2(0.01), ..plain };
        for report in experiment.train().reports {
            for (place, value) in report.values.iter().enumerate() {
                // A divergence cannot be measured on held-out ratings.
                let measured = objective_text != DIVERGENCE || place != 3;
                assert_eq!(value.is_some_and(f64::is_finite), measured, "{objective_text}: {report:?}");
            }
        }
    }
}

#[test]
fn side_information_moves_the_hidden_units_alone() {
    let ratings = table(&[[5.0, 1.0, NONE], [NONE, 5.0, 5.0], [1.0, 3.0, NONE], [3.0, NONE, 1.0]]);
    let side = table(&[[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.0, 1.0]]);
    let plain = Experiment { side, model: machine(4), ..Experiment::new(ratings) };
    for text in [CROSS_ENTROPY, DIVERGENCE] {
        let trained = Experiment { objective: objective(text), ..plain.clone() }.train();
        let sizes: Vec<_> = trained.weights.iter().map(|(_, tensor)| tensor.size()).collect();
        assert_eq!(
            sizes,
            [vec![11, 4], vec![4], vec![9]],
            "three items of three values, and two columns of side information"
        );
    }
}

#[test]
fn what_cannot_be_classes_is_refused_with_the_reason() {
    let ratings = table(&[[5.0, 1.0, NONE], [NONE, 5.0, 5.0]]);
    let noise = |text: &str| vec![serde_json::from_str(text).expect(text)];
    let plain = Experiment { model: machine(4), objective: objective(DIVERGENCE), ..Experiment::new(ratings.clone()) };
    let (gaussian, masking) = (r#"{"gaussian": {"std": 0.1}}"#, r#"{"masking": {"rate": 0.1}}"#);
    let dropout = r#"{"dropout": {"rate": 0.1}}"#;
    let many = table(&[std::array::from_fn::<f32, 40, _>(|place| place as f32 / 8.0)]);
    let network = |output| model(&[4], Sigmoid, output);
    for (experiment, complaint) in [
        (plain.clone(), None),
        (Experiment { objective: objective(CROSS_ENTROPY), noise: noise(masking), ..plain.clone() }, None),
        (Experiment { objective: objective(CROSS_ENTROPY), model: network(Linear), ..plain.clone() }, None),
        (
            Experiment { objective: ObjectiveConfig::default(), ..plain.clone() },
            Some("objective.masked-mse asks for one number"),
        ),
        (Experiment { model: network(Linear), ..plain.clone() }, Some("use [model.rbm], or [objective.cross-entropy]")),
        (
            Experiment { objective: objective(CROSS_ENTROPY), model: network(Sigmoid), ..plain.clone() },
            Some("the model's output_activation is another"),
        ),
        (Experiment { noise: noise(masking), ..plain.clone() }, Some("leave input.noise out")),
        (
            Experiment { objective: objective(CROSS_ENTROPY), noise: noise(dropout), ..plain.clone() },
            Some("use { masking = { rate = 0.1 } }"),
        ),
        (
            Experiment { objective: objective(CROSS_ENTROPY), noise: noise(gaussian), ..plain.clone() },
            Some("input.noise can hide ratings, but not change them"),
        ),
        (Experiment { fill: FillConfig::ItemMean, ..plain.clone() }, Some("set input.fill = \"zero\"")),
        (Experiment { model: machine(0), ..plain.clone() }, Some("model.rbm.hidden is 0; expected 1 to 1000000")),
        (Experiment { ratings: table(&[[5.0, 5.0, NONE]]), ..plain.clone() }, Some("have fewer than two values")),
        (Experiment { ratings: many, ..plain.clone() }, Some("have more than 32 values, among them 0 and 4")),
    ] {
        let experiment = Experiment { side: Csr::empty(experiment.ratings.rows(), 0), ..experiment };
        match (experiment.with_task(check), complaint) {
            (Ok(()), None) => {}
            (Err(error), Some(complaint)) => assert!(error.to_string().contains(complaint), "{error}"),
            (found, _) => panic!("{found:?} instead of {complaint:?}"),
        }
    }
}

#[test]
fn hidden_ratings_are_drawn_anew_in_each_epoch() {
    let ratings = table(&[[5.0, 1.0, 2.0], [2.0, 5.0, 5.0]]);
    let mut experiment =
        Experiment { model: machine(4), objective: objective(CROSS_ENTROPY), ..Experiment::new(ratings) };
    experiment.noise = vec![serde_json::from_str(r#"{"masking": {"rate": 0.5}}"#).unwrap()];
    experiment.train.epochs = training(1, 1).epochs;
    experiment.with_task(|task| {
        let state = State::start(task);
        let ones = Tensor::ones_like(&state.network().parameters()[0].tensor);
        set(
            state.network(),
            [
                &ones,
                &Tensor::zeros_like(&state.network().parameters()[1].tensor),
                &Tensor::zeros_like(&state.network().parameters()[2].tensor),
            ],
        );
        let first = |phase| {
            let forward = dense::forward(task, state.network(), task.inputs, &[0, 1], phase, &mut Mode::Evaluate);
            Vec::<f32>::try_from(forward.first.detach().select(1, 0)).unwrap()
        };
        assert_eq!(first(Phase::Evaluate), [3.0, 3.0]);
        let drawn: Vec<f32> = (1..30).flat_map(|epoch| first(Phase::Train(epoch))).collect();
        assert!(drawn.iter().all(|sum| [0.0, 1.0, 2.0, 3.0].contains(sum)), "{drawn:?}");
        assert!([0.0, 1.0, 2.0, 3.0].iter().all(|sum| drawn.contains(sum)), "{drawn:?}");
    });
}
