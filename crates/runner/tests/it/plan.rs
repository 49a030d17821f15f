//! From an experiment to its trials.

use std::collections::BTreeSet;

use hourglass::overrides::Assignment;
use hourglass::plan::Plan;
use hourglass::spec::Spec;

use crate::sandbox::{Sandbox, TINY, nothing_but_prepared_data, tiny_with};

fn plan(text: &str) -> Plan {
    Plan::new(Spec::parse(text).unwrap()).unwrap()
}

fn labels(text: &str) -> String {
    plan(text).trials.iter().map(|trial| trial.label.clone() + "\n").collect()
}

/// The id of the first trial.
fn id(text: &str) -> String {
    plan(text).trials[0].id.clone()
}

const GRID: &str =
    "[sweep.grid]\n\"model.autoencoder.layers\" = [[2], [4]]\n\"input.fill\" = [\"zero\", { constant = 3 }]\n";

const CASES: &str = "\
    [[sweep.cases]]\n\
    [[sweep.cases]]\n\"input.noise\" = [{ dropout = { rate = 0.1 } }]\n\
    [[sweep.cases]]\n\"input.fill\" = \"user-mean\"\n\"train.epochs\" = 5\n";

#[test]
fn without_a_sweep_there_is_one_trial_a_seed() {
    insta::assert_snapshot!(labels(TINY), @"seed=1");
    insta::assert_snapshot!(labels(&format!("seeds = [3, 1, 2]\n{TINY}")), @r"
    seed=3
    seed=1
    seed=2
    ");
}

#[test]
fn a_grid_is_every_combination_and_its_last_axis_changes_fastest() {
    insta::assert_snapshot!(labels(&format!("{TINY}{GRID}")), @r#"
    input.fill="zero" model.autoencoder.layers=[2] seed=1
    input.fill={ constant = 3 } model.autoencoder.layers=[2] seed=1
    input.fill="zero" model.autoencoder.layers=[4] seed=1
    input.fill={ constant = 3 } model.autoencoder.layers=[4] seed=1
    "#);
}

#[test]
fn cases_are_settings_that_belong_together() {
    insta::assert_snapshot!(labels(&format!("{TINY}{CASES}")), @r#"
    input.fill="zero" input.noise=[] train.epochs=3 seed=1
    input.fill="zero" input.noise=[{ dropout = { rate = 0.1 } }] train.epochs=3 seed=1
    input.fill="user-mean" input.noise=[] train.epochs=5 seed=1
    "#);
}

#[test]
fn grid_cases_and_seeds_multiply() {
    let cases = "[[sweep.cases]]\n[[sweep.cases]]\n\"train.epochs\" = 5\n";
    insta::assert_snapshot!(labels(&format!("seeds = [1, 2]\n{TINY}{GRID}{cases}")), @r#"
    input.fill="zero" model.autoencoder.layers=[2] train.epochs=3 seed=1
    input.fill="zero" model.autoencoder.layers=[2] train.epochs=3 seed=2
    input.fill="zero" model.autoencoder.layers=[2] train.epochs=5 seed=1
    input.fill="zero" model.autoencoder.layers=[2] train.epochs=5 seed=2
    input.fill={ constant = 3 } model.autoencoder.layers=[2] train.epochs=3 seed=1
    input.fill={ constant = 3 } model.autoencoder.layers=[2] train.epochs=3 seed=2
    input.fill={ constant = 3 } model.autoencoder.layers=[2] train.epochs=5 seed=1
    input.fill={ constant = 3 } model.autoencoder.layers=[2] train.epochs=5 seed=2
    input.fill="zero" model.autoencoder.layers=[4] train.epochs=3 seed=1
    input.fill="zero" model.autoencoder.layers=[4] train.epochs=3 seed=2
    input.fill="zero" model.autoencoder.layers=[4] train.epochs=5 seed=1
    input.fill="zero" model.autoencoder.layers=[4] train.epochs=5 seed=2
    input.fill={ constant = 3 } model.autoencoder.layers=[4] train.epochs=3 seed=1
    input.fill={ constant = 3 } model.autoencoder.layers=[4] train.epochs=3 seed=2
    input.fill={ constant = 3 } model.autoencoder.layers=[4] train.epochs=5 seed=1
    input.fill={ constant = 3 } model.autoencoder.layers=[4] train.epochs=5 seed=2
    "#);
}

#[test]
fn an_id_is_blind_to_what_changes_no_number() {
    let (head, tail) = TINY.split_at(TINY.find("[train]").unwrap());
    let (name, middle) = head.split_once('\n').unwrap();
    for (what, text) in [
        ("name", tiny_with("\"tiny\"", "\"other\"")),
        ("description", format!("description = \"why\"\n{TINY}")),
        ("report", format!("{TINY}[report]\nskip_epochs = 2\n")),
        ("reference", format!("{TINY}[reference]\n\"test.rmse\" = {{ value = 0.9, source = \"theirs\" }}\n")),
        ("order of tables", format!("{name}\n{tail}{middle}")),
        ("order of keys", tiny_with("users = 60\nitems = 40", "items = 40\nusers = 60")),
        ("a default that is written out", tiny_with("layers = [4]", "layers = [4]\ndropout = 0.0")),
        ("another way to write a number", tiny_with("ratings_per_user = 15", "ratings_per_user = 1.5e1")),
        ("a comment", tiny_with("[train]", "# why not\n[train]")),
        ("another way to write a fraction", tiny_with("test = 0.2", "test = 2e-1")),
        ("a whole number for a fraction", tiny_with("layers = [4]", "layers = [4]\ndropout = 0")),
        ("a range in a sweep", format!("{TINY}[sweep.grid]\n\"train.epochs\".integer = {{ from = 3, to = 4 }}\n")),
        ("other seeds beside its own", format!("seeds = [1, 2]\n{TINY}")),
        ("how a value came to be swept", format!("{TINY}[sweep.grid]\n\"train.epochs\" = [3, 4]\n")),
    ] {
        assert_eq!(id(&text), id(TINY), "{what}");
    }
}

#[test]
fn an_id_is_changed_by_every_value_that_can_change_a_number() {
    let spec = Spec::parse(TINY).unwrap();
    let mut ids = BTreeSet::from([id(TINY)]);
    for assignment in [
        "seeds=[2]",
        "data.synthetic.users=61",
        "data.synthetic.noise=0.4",
        "data.synthetic.seed=8",
        "split.random.test=0.3",
        "split.random.validation=0.3",
        "split.random.stratify=item",
        "split.random.seed=43",
        "model.autoencoder.layers=[5]",
        "model.autoencoder.activation=tanh",
        "model.autoencoder.output_activation=tanh",
        "model.autoencoder.dropout=0.1",
        "model.autoencoder.hidden_dropout=0.1",
        "model.autoencoder.tied_weights=true",
        "model.autoencoder.k_sparse=2",
        "model.autoencoder.normalisation=layer",
        "input.rows=items",
        "input.fill=user-mean",
        "input.fill={ constant = 3 }",
        "input.fill={ constant = 2 }",
        "input.noise=[{ gaussian = { std = 0.1 } }]",
        "input.noise=[{ gaussian = { std = 0.1, on = 'all' } }]",
        "input.noise=[{ gaussian = { std = 0.1, draw = 'once' } }]",
        "input.side_info.users=['age']",
        "penalty.l2={ weight = 0.1 }",
        "train.epochs=4",
        "train.batch=17",
        "train.optimizer.adam.lr=0.1",
        "train.optimizer.adam.beta1=0.1",
        "train.selection=last",
        "train.selection={ average = { epochs = 2 } }",
        "train.selection={ moving-average = { decay = 0.9 } }",
        "train.monitor=validation.mae",
        "train.order=as-given",
        "train.gradient=never-cleared",
        "train.gradient={ sum-of = 4 }",
        "train.schedule.step={ every = 30, factor = 0.1 }",
        "train.alternate={}",
        "train.early_stopping={ patience = 3 }",
        "train.early_stopping={ patience = 3, min_delta = 0.1 }",
        "evaluation.metrics=['rmse']",
        "evaluation.clip=false",
    ] {
        let mut table = spec.to_table();
        assignment.parse::<Assignment>().unwrap().apply(&mut table).unwrap();
        let changed = Plan::new(Spec::from_table(&table).unwrap()).unwrap();
        assert!(ids.insert(changed.trials[0].id.clone()), "{assignment} left the id as it was");
    }
}

#[test]
fn a_trial_written_as_an_experiment_is_the_same_trial() {
    for trial in plan(&format!("seeds = [1, 2]\n{TINY}{CASES}")).trials {
        let text = toml::to_string_pretty(&trial.config).unwrap();
        let again = plan(&text);
        assert_eq!(again.trials.len(), 1, "{text}");
        assert_eq!(again.trials[0].id, trial.id, "{text}");
        assert_eq!(again.trials[0].config, trial.config, "{text}");
    }
}

#[test]
fn the_program_prints_the_same_plan_each_time() {
    let sandbox = Sandbox::new(&format!("{TINY}{GRID}"));
    // Times are measured, everything else is not.
    let lines = || -> Vec<String> {
        let ended = sandbox.hourglass("plan tiny.toml");
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
        let without_time =
            |line: &str| line.split_whitespace().filter(|word| !word.starts_with('~')).collect::<Vec<_>>().join(" ");
        ended.stdout.lines().take(5).map(without_time).collect()
    };
    let printed = lines();
    assert!(printed[0].starts_with("trial state engine parameters memory"), "{}", printed[0]);
    for (position, setting) in [
        (0, "input.fill=\"zero\" model.autoencoder.layers=[2] seed=1"),
        (3, "input.fill={ constant = 3 } model.autoencoder.layers=[4] seed=1"),
    ] {
        let line = &printed[position + 1];
        assert!(line.starts_with(&format!("{} to run ", sandbox.id(position))), "{line}");
        assert!(line.ends_with(setting), "{line}");
    }
    assert_eq!(lines(), printed);
    assert!(nothing_but_prepared_data(&sandbox.path("results")));
}

#[test]
fn layers_are_shown_once_for_each_network() {
    let sandbox = Sandbox::new(&format!("seeds = [1, 2]\n{TINY}{GRID}"));
    let ended = sandbox.hourglass("plan tiny.toml --layers");
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    let (_, networks) = ended.stdout.split_once("\n\n").unwrap();
    let lines: Vec<String> =
        networks.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    let expected = [
        "The layers of input.fill=\"zero\" model.autoencoder.layers=[2] seed=1",
        "layer output parameters shapes",
        "encoder [batch, 2] 82 weight [40, 2], bias [2]",
        "decoder [batch, 40] 120 weight [40, 2], bias [40]",
        "sum 202",
        "",
        "The layers of input.fill=\"zero\" model.autoencoder.layers=[4] seed=1",
        "layer output parameters shapes",
        "encoder [batch, 4] 164 weight [40, 4], bias [4]",
        "decoder [batch, 40] 200 weight [40, 4], bias [40]",
        "sum 364",
    ];
    assert_eq!(lines, expected);
}
