//! Every way to name one run.

use crate::sandbox::{Sandbox, TINY, assert_says};

fn two_trials() -> Sandbox {
    let sandbox = Sandbox::new(&format!("{TINY}[sweep.grid]\n\"model.autoencoder.layers\" = [[2], [4]]\n"));
    sandbox.run_well("");
    sandbox
}

#[test]
fn a_run_is_named_by_id_folder_file_name_or_as_the_best() {
    let sandbox = two_trials();
    let [first, second] = [0, 1].map(|position| sandbox.id(position));
    let measured = [0, 1].map(|position| {
        let record = sandbox.record(position);
        ["validation.rmse", "test.mae"].map(|metric| record.outcome.finished().unwrap().metric(metric).unwrap())
    });
    let best = |metric: usize| if measured[0][metric] <= measured[1][metric] { "2 units" } else { "4 units" };
    for (name, expected) in [
        (first.to_owned(), "2 units"),
        (second[..6].to_owned(), "4 units"),
        (format!("--run {second}"), "4 units"),
        (format!("results/tiny/{first}"), "2 units"),
        (format!("results/tiny/{}", &second[..6]), "4 units"),
        (format!("tiny.toml --only {}", &second[..6]), "4 units"),
        (format!("tiny --only {first}"), "2 units"),
        ("best:results/tiny:validation.rmse".to_owned(), best(0)),
        ("best:tiny:validation.rmse".to_owned(), best(0)),
        ("best:results:test.mae".to_owned(), best(1)),
        (format!("best:{first}:validation.rmse"), "2 units"),
    ] {
        let ended = sandbox.hourglass(&format!("embed {name}"));
        assert_eq!(ended.code, Some(0), "{name}: {}", ended.stderr);
        assert_says(&ended.stdout, &[expected]);
        assert_eq!(ended.stderr.contains("chooses by the test ratings"), name.contains("test."), "{name}");
    }
}

#[test]
fn a_trial_that_stands_in_two_experiments_is_one_run() {
    let sandbox = two_trials();
    let id = sandbox.id(1);
    let again = format!("run tiny.toml --set name=again --only {id}");
    assert_eq!(sandbox.hourglass(&again).code, Some(0));
    let ended = sandbox.hourglass(&format!("embed {id}"));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_says(&ended.stdout, &["4 units"]);
}

#[test]
fn a_name_that_means_no_run_or_several_is_told_with_what_there_is() {
    let sandbox = two_trials();
    let [first, second] = [0, 1].map(|position| sandbox.id(position));
    for (name, pieces) in [
        ("tiny", &["tiny has several finished trials", "--only ID", "best:tiny:validation.rmse", first, second][..]),
        ("tyni", &["`tyni` has no results", "experiments in results: tiny", "did you mean `tiny`?"]),
        ("best:tiny", &["`best:tiny`: expected best:PLACE:METRIC", "best:results/demo:validation.rmse"]),
        ("best:tiny:", &["expected best:PLACE:METRIC"]),
        (
            "best:tiny:validation.rsme",
            &["no finished run of tiny has a value of `validation.rsme`", "did you mean `validation.rmse`?"],
        ),
        ("best:nowhere:validation.rmse", &["`nowhere` has no results"]),
        ("best:tiny:validation.rmse --only 1", &["leave --only out"]),
    ] {
        let ended = sandbox.hourglass(&format!("embed {name}"));
        assert_eq!(ended.code, Some(1), "{name}");
        assert_says(&ended.stderr, pieces);
    }
    for (arguments, piece) in [("embed", "<RUN|--run <RUN>>"), ("embed tiny --run tiny", "cannot be used with")] {
        let ended = sandbox.hourglass(arguments);
        assert_eq!(ended.code, Some(2), "{arguments}");
        assert_says(&ended.stderr, &[piece]);
    }
}
