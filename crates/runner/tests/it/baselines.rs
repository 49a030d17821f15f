//! Baselines in experiments: planned, run, recorded, compared and resumed like networks, and refused where there would have to be layers.

use std::fs;

use hourglass_report::Outcome;

use crate::sandbox::{Sandbox, TINY, assert_says, tiny_with};

/// The tiny experiment with this model in place of its network, and this training.
fn with(model: &str, train: &str) -> String {
    let network = "[model.autoencoder]\nlayers = [4]\n";
    let text = tiny_with(network, &format!("{model}\n"));
    text.replace("[train]\nepochs = 3\nbatch = 16\n", train)
}

/// A sweep over a network and baselines of each kind.
fn sweep() -> String {
    let cases = r#"
[[sweep.cases]]
"model" = { autoencoder = { layers = [4] } }
"train" = { epochs = 3, batch = 16 }

[[sweep.cases]]
"model" = { biases = {} }

[[sweep.cases]]
"model" = { ease = { l2 = 10 } }

[[sweep.cases]]
"model" = { als = { factors = 3 } }
"train.epochs" = 4
"#;
    with("[model.biases]", "[evaluation]\nmetrics = [\"rmse\", \"ndcg@5\"]\n") + cases
}

/// Users rate 12 of 20 films in two sessions, years apart: in one they like everything, in the other nothing.
fn rated_in_sessions() -> String {
    let pair = |user: u32, turn: u32| {
        let item = (user * 5 + turn * 7) % 20;
        let session = (user * 31 + turn * turn * 17 + user * turn) / 3 % 2;
        format!("{user}::{item}::{}::{}\n", 2 + 2 * session, 900_000_000 + session * 90_000_000 + turn * 20)
    };
    (1..=30).flat_map(|user| (0..12).map(move |turn| pair(user, turn))).collect()
}

#[test]
fn what_a_session_shares_and_what_is_known_of_items_is_learned() {
    let data = "[data.synthetic]\nusers = 60\nitems = 40\nratings_per_user = 15";
    let text = with("[model.linear-variational]", "[train]\nepochs = 2\nselection = \"last\"\n")
        .replace(data, "[data.movielens]\npath = \"ratings\"");
    let cases = r#"
[[sweep.cases]]

[[sweep.cases]]
"model.linear-variational.session" = { share = 9, seconds = 3600 }

[[sweep.cases]]
"model.linear-variational.alike" = 0.3
"input.side_info.items" = [{ multi-hot = { attribute = "genres" } }]
"#;
    let sandbox = Sandbox::new(&(text + cases));
    fs::create_dir(sandbox.path("ratings")).unwrap();
    fs::write(sandbox.path("ratings/ratings.dat"), rated_in_sessions()).unwrap();
    let films: String =
        (0..20).map(|item| format!("{item}::Film {item} (1990)::{}\n", ["Drama", "Comedy"][item % 2])).collect();
    fs::write(sandbox.path("ratings/movies.dat"), films).unwrap();
    sandbox.run_well("");
    let rmse = |place: usize| sandbox.record(place).outcome.finished().unwrap().test["rmse"].unwrap();
    let [ratings, sessions, genres] = [0, 1, 2].map(rmse);
    assert!(sessions < 0.5 * ratings, "{sessions} with times, {ratings} without");
    assert_ne!(genres, ratings);
    // At a time to come, nothing is known of the session.
    let trial = sandbox.trial(1).folder().display().to_string();
    let recommended = sandbox.hourglass(&format!("recommend {trial} --user 3"));
    assert_eq!(recommended.code, Some(0), "{}", recommended.stderr);
    assert_says(&recommended.stdout, &["Film"]);
}

#[test]
fn a_sweep_compares_networks_with_baselines() {
    let sandbox = Sandbox::new(&sweep());
    let planned = sandbox.hourglass("plan tiny.toml --layers");
    assert_eq!(planned.code, Some(0), "{}", planned.stderr);
    assert_says(
        &planned.stdout,
        &["sparse", "baseline", "model.ease is a baseline without layers: 1,600 numbers are learned"],
    );
    sandbox.run_well("");
    for (position, (epochs, has_rmse)) in [(3, true), (1, true), (1, false), (4, true)].into_iter().enumerate() {
        let record = sandbox.record(position);
        let finished = record.outcome.finished().expect("finished");
        assert_eq!(finished.epochs, epochs, "trial {position}");
        assert_eq!(
            (finished.test["rmse"].is_some(), finished.test["ndcg@5"].is_some()),
            (has_rmse, true),
            "{position}"
        );
        assert!(record.parameters > 0);
        assert_eq!(sandbox.trial(position).predictions().exists(), has_rmse, "trial {position}");
    }
    let again = sandbox.run_well("");
    assert_says(&again.stderr, &["4 finished before"]);
}

#[test]
fn two_runs_give_the_same_bits() {
    for model in ["[model.als]\nfactors = 4", "[model.matrix-factorisation]\nimplicit = true", "[model.ease]"] {
        let text = with(model, "[train]\nepochs = 4\nselection = \"last\"\n");
        let bits = || {
            let sandbox = Sandbox::new(&text);
            sandbox.run_well("--checkpoint-every 0");
            sandbox.bits(0)
        };
        assert_eq!(bits(), bits(), "{model}");
    }
}

#[test]
fn what_has_no_layers_says_so() {
    let sandbox = Sandbox::new(&with("[model.ease]", ""));
    sandbox.run_well("");
    assert!(matches!(sandbox.record(0).outcome, Outcome::Finished(_)));
    for command in ["embed tiny.toml", "draw weights tiny.toml"] {
        let ended = sandbox.hourglass(command);
        assert_eq!(ended.code, Some(1), "{command}");
        assert_says(
            &ended.stderr,
            &["model.ease", "a baseline, which has no layers and no code", "a trial of a network"],
        );
    }
}

#[test]
fn held_out_users_need_a_model_that_folds_them_in() {
    let held_out = |model| {
        let split = "[split.random]\ntest = 0.2\nvalidation = 0.2\n";
        Sandbox::new(&with(model, "").replace(split, "[split.held-out-users]\n"))
    };
    held_out("[model.als]").run_well("--set train.epochs=2");
    let ended = held_out("[model.matrix-factorisation]").run("");
    assert_eq!(ended.code, Some(3));
    assert_says(&ended.stderr, &["model.matrix-factorisation has learned nothing of", "model.als", "another split"]);
}

#[test]
fn what_says_nothing_of_a_baseline_is_refused() {
    let sandbox = Sandbox::new(&TINY.replace("[model.autoencoder]\nlayers = [4]", "[model.biases]"));
    let ended = sandbox.hourglass("plan tiny.toml");
    assert_eq!(ended.code, Some(1));
    assert_says(&ended.stderr, &["model.biases is a baseline", "train.batch = 16", "leave them out"]);
}
