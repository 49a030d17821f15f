//! What is said of memory before a trial runs: how much it needs, and what would fit.

use std::fs;

use hourglass::cost::{Needed, refuse_what_cannot_fit};
use hourglass::prepare::{DataCache, Prepared};
use hourglass::spec::Spec;
use tch::Device;

use crate::sandbox::{Sandbox, assert_says, tiny_with};

/// 1,500 users and 12,000 items, and more of the experiment.
fn wide(layers: &str, rest: &str) -> String {
    let data = tiny_with("users = 60\nitems = 40", "users = 1500\nitems = 12000");
    let experiment = data.replace("epochs = 3\nbatch = 16", "epochs = 2").replace("layers = [4]", layers);
    format!("{experiment}{rest}")
}

const FULL_MSE: &str = "engine = \"dense\"\n[objective.full-mse]\n";

/// MiB, as a plan writes them behind the number of parameters.
fn planned(stdout: &str) -> f64 {
    let (header, trial) = stdout.split_once('\n').unwrap();
    let cell = &trial[header.find("memory").unwrap()..];
    let mut words = cell.split_whitespace();
    let (number, unit) = (words.next().unwrap().parse::<f64>().unwrap(), words.next().unwrap());
    number * [("MiB", 1.0), ("GiB", 1024.0)].iter().find(|(name, _)| *name == unit).unwrap().1
}

/// The most MiB that the process held until the end of the last epoch.
fn measured(sandbox: &Sandbox) -> f64 {
    let timing = fs::read_to_string(sandbox.trial(0).timing()).unwrap();
    timing.trim_end().rsplit(',').next().unwrap().parse().unwrap()
}

#[test]
fn the_memory_that_is_planned_is_a_fifth_at_most_from_what_is_measured() {
    for (layers, rest) in [
        ("layers = [400]", ""),
        ("layers = [400]", "engine = \"dense\"\n"),
        ("layers = [100, 40, 100]", "optimizer = { sgd = {} }\nselection = \"last\"\n"),
        ("layers = [20]\noutput_activation = \"selu\"", "batch = 1500\nengine = \"dense\"\n"),
        ("layers = [50]", "batch = 1000\n[objective.full-mse]\n"),
        ("layers = [50]", "batch = 1000\nmonitor = \"validation.loss\"\n[objective.multinomial]\n"),
    ] {
        let sandbox = Sandbox::new(&wide(layers, rest));
        let planned = planned(&sandbox.hourglass("plan tiny.toml").stdout);
        sandbox.run_well("");
        let measured = measured(&sandbox);
        let share = planned / measured;
        assert!((0.8..=1.2).contains(&share), "{layers}, {rest}: {planned} MiB planned, {measured} MiB measured");
    }
}

/// What is said where there are so many MiB; nothing, if that is enough.
fn refusal(experiment: &str, mebibytes: u64) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let config = Spec::parse(experiment).unwrap();
    let mut cache = DataCache::beside(folder.path());
    let data = cache.load(&config).unwrap();
    let prepared = Prepared::new(&config, data).unwrap();
    let task = prepared.task(&config, data, Device::Cpu).unwrap();
    let needed = Needed::of(&task, &prepared, data);
    refuse_what_cannot_fit(&task, &config, needed, Some(mebibytes << 20)).err().map(|error| error.to_string())
}

#[test]
fn what_would_fit_is_said_and_fits() {
    let batch = |batch: usize| wide("layers = [10]", &format!("batch = {batch}\n{FULL_MSE}"));
    let layers = |units: usize| wide(&format!("layers = [{units}]"), "");
    let refused = |experiment: &str, mebibytes| refusal(experiment, mebibytes).unwrap();
    // The number behind a piece of text.
    let number = |text: &str, piece: &str| -> usize {
        let (_, after) = text.split_once(piece).unwrap_or_else(|| panic!("no `{piece}` in {text}"));
        after.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap()
    };

    let text = refused(&batch(1500), 300);
    assert_says(&text, &["needs about", "of memory (a batch ", "300 MiB are available; what would fit: "]);
    let fits = number(&text, "train.batch = ");
    assert_eq!(refusal(&batch(fits), 300), None);
    assert!(refusal(&batch(fits + 1), 300).is_some(), "{fits} is not the largest");

    let text = refused(&layers(2000), 300);
    let fits = number(&text, "model.autoencoder.layers = [");
    assert_eq!(refusal(&layers(fits), 300), None);
    // Layers are made narrower in thousandths.
    assert!(refusal(&layers(fits + 2), 300).is_some(), "{fits} is not the largest");
}

#[test]
fn the_sparse_engine_is_named_with_what_keeps_it_away() {
    for (rest, piece) in [
        ("engine = \"dense\"\n", "train.engine = \"sparse\""),
        ("engine = \"dense\"\nrefeed = 1\n", "the sparse engine, which does not apply as long as"),
        ("refeed = 1\n", "the sparse engine, which does not apply as long as train.refeed shows"),
    ] {
        let text = refusal(&wide("layers = [10]", &format!("batch = 1500\n{rest}")), 190).unwrap();
        assert_says(&text, &[piece]);
    }
}

#[test]
fn where_nothing_smaller_fits_that_is_said() {
    assert_says(
        &refusal(&wide("layers = [10]", ""), 1).unwrap(),
        &["1.0 MiB are available; nothing smaller of the same kind"],
    );
}

#[test]
fn a_trial_that_cannot_fit_is_refused_before_anything_is_written() {
    let million = "layers = [1_000_000, 1_000_000, 1_000_000]";
    let sandbox = Sandbox::new(&tiny_with("layers = [4]", million));
    let planned = sandbox.hourglass("plan tiny.toml --layers");
    assert_eq!(planned.code, Some(1));
    assert_says(&planned.stdout, &["does not fit"]);
    let ran = sandbox.run("");
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    for text in [&planned.stderr, &ran.stderr] {
        assert_says(
            text,
            &["needs about", "weights with what is kept for them", "TiB", "model.autoencoder.layers = ["],
        );
    }
    assert_says(&ran.stderr, &[&format!("refused {}", sandbox.id(0)), "1 failed"]);
    assert!(!sandbox.trial(0).folder().exists());
}
