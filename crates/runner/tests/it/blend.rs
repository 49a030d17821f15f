//! Blends of finished runs, by command and by experiment file.

use std::collections::BTreeMap;
use std::fs;

use clap::Parser;
use hourglass::cli::{Cli, Command, Torch};
use hourglass::trained::Trained;
use hourglass_report::{Finished, Layout, RunRecord};
use hourglass_train::evaluate::{predict, users_and_items};

use crate::sandbox::{Sandbox, assert_says, tiny_with};

/// A network with rows of users, one with rows of items and another fill, and a baseline.
fn members() -> Sandbox {
    let metrics = "[evaluation]\nmetrics = [\"rmse\", \"unclipped-rmse\", \"ndcg@5\"]\n\n[train]\nepochs = 60";
    let cases = r#"
[[sweep.cases]]
"model" = { autoencoder = { layers = [4] } }
"train.batch" = 16

[[sweep.cases]]
"model" = { autoencoder = { layers = [3] } }
"train.batch" = 8
"input" = { rows = "items", fill = { constant = 3 } }

[[sweep.cases]]
"model" = { biases = {} }
"#;
    let text = tiny_with("[train]\nepochs = 3\nbatch = 16", metrics) + cases;
    let sandbox = Sandbox::new(&text.replace("[model.autoencoder]\nlayers = [4]", "[model.biases]"));
    sandbox.run_well("");
    sandbox
}

/// What the only trial of an experiment measured.
fn finished(sandbox: &Sandbox, experiment: &str) -> (String, Finished) {
    let folder = sandbox.path("results").join(experiment);
    let ids: Vec<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| folder.join(name).join("run.json").is_file())
        .collect();
    let [id] = &ids[..] else { panic!("{ids:?}") };
    let record = RunRecord::load(&Layout::new(folder).trial(id).record()).unwrap();
    (id.clone(), record.outcome.finished().unwrap().clone())
}

/// Test ratings and what a member predicts for them, by user and item.
fn predicted(sandbox: &Sandbox, position: usize) -> BTreeMap<(u32, u32), (f32, f32)> {
    let folder = sandbox.trial(position).folder().to_owned();
    let line = ["hourglass", "embed", folder.to_str().unwrap(), "--device", "cpu"];
    let Command::Torch(Torch::Embed(embed)) = Cli::parse_from(line).command else { unreachable!() };
    let run = Trained::open(&embed.trial).unwrap();
    let (task, test) = (run.task().unwrap(), run.prepared.test());
    let values = predict(&task, &run.model, &[test]).remove(0).values;
    let [users, items] = users_and_items(test.ratings, task.rows);
    let ratings = test.ratings.entries().map(|(_, _, rating)| rating);
    users.into_iter().zip(items).zip(ratings.zip(values)).collect()
}

#[test]
fn a_blend_predicts_the_mean_of_its_members() {
    let sandbox = members();
    let ended = sandbox.hourglass("blend tiny --weights equal --name mean");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_says(&ended.stdout, &["validation rmse", "0.3333", "offset +0.0000", "mean", sandbox.id(1)]);
    let (_, found) = finished(&sandbox, "mean");
    let of_members: Vec<_> = (0..3).map(|position| predicted(&sandbox, position)).collect();
    let squared = |(place, (rating, _)): (&(u32, u32), &(f32, f32))| {
        let mean = of_members.iter().map(|member| f64::from(member[place].1)).sum::<f64>() / 3.0;
        (mean.clamp(1.0, 5.0) - f64::from(*rating)).powi(2)
    };
    let errors: Vec<f64> = of_members[0].iter().map(squared).collect();
    let expected = (errors.iter().sum::<f64>() / errors.len() as f64).sqrt();
    let measured = found.metric("test.rmse").unwrap();
    assert!((measured - expected).abs() < 1e-6, "{measured}, not {expected}");
    assert!(found.metric("train.rmse").is_some() && !found.test.contains_key("ndcg@5"), "{found:?}");
}

#[test]
fn fitted_weights_are_no_worse_on_validation_than_any_member() {
    let sandbox = members();
    let validation =
        |position| sandbox.record(position).outcome.finished().unwrap().metric("validation.unclipped-rmse").unwrap();
    let best = (0..3).map(validation).fold(f64::INFINITY, f64::min);
    for weights in ["ridge", "non-negative"] {
        let ended = sandbox.hourglass(&format!("blend tiny --weights {weights} --name {weights} --to {weights}.toml"));
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        let (id, found) = finished(&sandbox, weights);
        let measured = found.metric("validation.unclipped-rmse").unwrap();
        assert!(measured < best, "{weights}: {measured}, and {best} alone");
        // The file is an experiment like any other, and this one is done.
        let again = sandbox.hourglass(&format!("run {weights}.toml"));
        assert_says(&again.stderr, &["1 finished before"]);
        let compared = sandbox.hourglass(&format!("compare tiny {weights} --by test.rmse"));
        assert_says(&compared.stdout, &[weights]);
        for (verb, said) in [
            ("recommend {} --user 1", "is a blend, which predicts held-out ratings alone"),
            ("similar {} --item 1", "is a blend"),
            ("embed {}", "a baseline, which has no layers and no code"),
        ] {
            let ended = sandbox.hourglass(&verb.replace("{}", &id));
            assert_eq!(ended.code, Some(1), "{verb}");
            assert_says(&ended.stderr, &[said]);
        }
    }
}

/// What a blend has learned.
fn learned(sandbox: &Sandbox, experiment: &str) -> BTreeMap<String, Vec<f32>> {
    let (id, _) = finished(sandbox, experiment);
    let folder = Layout::new(sandbox.path("results").join(experiment)).trial(&id);
    let stored = tch::Tensor::read_safetensors(folder.weights()).unwrap();
    stored.into_iter().map(|(name, tensor)| (name, Vec::try_from(tensor).unwrap())).collect()
}

#[test]
fn members_that_learn_from_all_ratings_take_over_weights_of_those_that_learned_from_a_part() {
    let sandbox = members();
    let all = fs::read_to_string(sandbox.path("tiny.toml")).unwrap();
    let all = all.replace("validation = 0.2", "validation = 0").replace("\"tiny\"", "\"all\"");
    fs::write(sandbox.path("all.toml"), all.replace("[train]", "[train]\nselection = \"last\"")).unwrap();
    let ended = sandbox.hourglass("run all.toml");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    for weights in ["ridge", "feature-weighted"] {
        let ended = sandbox.hourglass(&format!("blend tiny --weights {weights} --name {weights}"));
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        let like = format!("blend all --weights {weights} --like results/{weights} --name all-{weights}");
        let ended = sandbox.hourglass(&like);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert_eq!(learned(&sandbox, &format!("all-{weights}")), learned(&sandbox, weights));
    }
    let like = "blend all --weights non-negative --like results/ridge --name other";
    assert_says(&sandbox.hourglass(like).stderr, &["model.blend.like: ", "its weights are fitted in another way"]);
    let like = "blend all --weights ridge --like best:tiny:validation.rmse --name other";
    assert_says(&sandbox.hourglass(like).stderr, &["--like", "it is no blend"]);
    let like = "blend all --where model~biases --weights ridge --like results/ridge --name other";
    assert_says(&sandbox.hourglass(like).stderr, &["no run is of the [model] and [input] of its member"]);
}

#[test]
fn weights_that_may_know_the_test_are_not_taken_over() {
    let sandbox = members();
    let ended = sandbox.hourglass("blend tiny --weights ridge --name ridge");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let (id, _) = finished(&sandbox, "ridge");
    let text = fs::read_to_string(sandbox.path("results/ridge/blend.toml")).unwrap();
    let file: toml::Table = toml::from_str(&text).unwrap();
    let with = |like: &str, reversed: bool| {
        let mut file = file.clone();
        file["name"] = "like".into();
        let blend = file["model"]["blend"].as_table_mut().unwrap();
        blend.insert("like".to_owned(), like.into());
        if reversed {
            blend["members"].as_array_mut().unwrap().reverse();
        }
        toml::to_string(&file).unwrap()
    };
    for (text, code, said) in [
        (with(&id, false), 0, &["finished"][..]),
        (
            with(&id, false).replace("test = 0.2", "test = 0.3"),
            3,
            &["refused", "fitted to what this blend is tested on"],
        ),
        (with(&id, true), 3, &["refused", "whose [model] or [input] is another"]),
        (with(sandbox.id(0), false), 3, &["refused", "it is no blend"]),
        (with("0123abcd", false), 3, &["refused", "model.blend.like: 0123abcd"]),
        (with("ridge", false), 1, &["`ridge` is not the id of a trial"]),
        (with(&id, false).replace("weights = \"ridge\"", "weights = \"equal\""), 3, &["equal weights are not fitted"]),
    ] {
        fs::write(sandbox.path("like.toml"), &text).unwrap();
        let ended = sandbox.hourglass("run like.toml");
        assert_eq!(ended.code, Some(code), "{text}\n{}", ended.stderr);
        assert_says(&ended.stderr, said);
    }
}

#[test]
fn a_blend_of_one_is_that_one() {
    let sandbox = members();
    let ended = sandbox.hourglass("blend best:tiny:validation.rmse --weights equal --name one");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let (_, blend) = finished(&sandbox, "one");
    let same = |position: usize| sandbox.record(position).outcome.finished().unwrap().metric("test.rmse");
    assert!((0..3).any(|position| same(position) == blend.metric("test.rmse")), "{blend:?}");
}

#[test]
fn what_cannot_be_blended_is_refused() {
    let sandbox = members();
    let (network, other) = (sandbox.id(0).to_owned(), "0123abcd".to_owned());
    let blend = |members: &str, rest: &str| {
        tiny_with("[model.autoencoder]\nlayers = [4]\n", &format!("[model.blend]\nmembers = [{members}]\n{rest}\n"))
            .replace("[train]\nepochs = 3\nbatch = 16\n", "")
            .replace("\"tiny\"", "\"blended\"")
    };
    let own = format!("\"{network}\"");
    let fitted = "weights = \"ridge\"";
    for (text, code, said) in [
        (blend(&own, fitted), 0, &["finished"][..]),
        (blend(&format!("{own}, \"{other}\""), ""), 3, &["refused", "model.blend.members: 0123abcd"]),
        (
            blend("\"best:tiny:validation.rmse\"", ""),
            1,
            &["`best:tiny:validation.rmse` is not the id", "hourglass blend"],
        ),
        (blend("", ""), 1, &["no member"]),
        (blend(&format!("{own}, {own}"), ""), 1, &["listed twice"]),
        (
            blend(&own, fitted).replace("test = 0.2", "test = 0.3"),
            3,
            &["refused", "blend runs with the same [data], [ratings] and [split]"],
        ),
        (
            blend(&own, fitted).replace("validation = 0.2", "validation = 0"),
            3,
            &["model.blend.weights are fitted to validation ratings"],
        ),
        (blend(&own, fitted).replace("rows = \"users\"", "rows = \"items\""), 3, &["reads rows of users"]),
        (
            blend(&own, fitted).replace("rows = \"users\"", "rows = \"users\"\nrange = [0, 1]"),
            3,
            &["input.range says nothing of model.blend"],
        ),
        (blend(&own, fitted) + "\n[evaluation]\nmetrics = [\"ndcg@5\"]\n", 3, &["ndcg@5", "leave it out"]),
    ] {
        fs::write(sandbox.path("blended.toml"), &text).unwrap();
        let ended = sandbox.hourglass("run blended.toml");
        assert_eq!(ended.code, Some(code), "{text}\n{}", ended.stderr);
        assert_says(&ended.stderr, said);
    }
    let (id, _) = finished(&sandbox, "blended");
    fs::write(sandbox.path("blended.toml"), blend(&format!("\"{id}\""), "")).unwrap();
    let ended = sandbox.hourglass("run blended.toml");
    assert_says(&ended.stderr, &["refused", "it is a blend itself"]);
    let ended = sandbox.hourglass_with(&["blend", "tiny", "--where", "test.rmse < 9", "--name", "chosen"]);
    assert_says(&ended.stderr, &["--where chooses members by the test ratings"]);
    let ended = sandbox.hourglass("blend tiny --name ../x");
    assert_says(&ended.stderr, &["cannot name a folder of results"]);
}
