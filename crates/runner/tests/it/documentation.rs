//! What the documentation shows can be typed.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use clap::Parser;
use hourglass::cli::{Cli, Command, ExportCommand, Plain, Torch};
use hourglass::plan::Plan;
use hourglass::spec::Spec;
use hourglass_report::Filter;
use toml::{Table, Value};

use crate::sandbox::TINY;

const PAGES: [(&str, &str, usize); 9] = [
    ("baselines", include_str!("../../../../docs/baselines.md"), 8),
    ("blending", include_str!("../../../../docs/blending.md"), 1),
    ("checking", include_str!("../../../../docs/checking.md"), 1),
    ("data", include_str!("../../../../docs/data.md"), 20),
    ("evaluation", include_str!("../../../../docs/evaluation.md"), 1),
    ("models", include_str!("../../../../docs/models.md"), 9),
    ("reports", include_str!("../../../../docs/reports.md"), 1),
    ("sweeps", include_str!("../../../../docs/sweeps.md"), 10),
    ("training", include_str!("../../../../docs/training.md"), 7),
];

/// The TOML blocks of a page.
fn blocks(page: &str) -> Vec<&str> {
    page.split("```toml\n").skip(1).map(|rest| rest.split_once("```").expect("a block ends").0).collect()
}

#[test]
fn every_block_is_part_of_an_experiment() {
    for (page, text, fewest) in PAGES {
        let blocks = blocks(text);
        assert!(blocks.len() >= fewest, "{page}: {} blocks", blocks.len());
        blocks.into_iter().for_each(check);
    }
}

fn check(block: &str) {
    let mut experiment: Table = TINY.parse().unwrap();
    let part: Table = block.parse().unwrap_or_else(|error| panic!("{block}\n{error}"));
    experiment.extend(part.clone());
    let spec = Spec::from_table(&experiment).unwrap_or_else(|error| panic!("{block}\n{error:#}"));
    Plan::new(spec.clone()).unwrap_or_else(|error| panic!("{block}\n{error:#}"));
    // What is read is what is written: nothing of the block is dropped.
    let resolved = spec.to_table();
    for (section, written) in &part {
        assert_holds(&resolved[section], written, block);
    }
}

#[test]
fn every_experiment_that_is_shipped_can_be_planned() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments");
    let folders = ["", "seeds", "papers", "baselines"].map(|name| folder.join(name));
    let entries = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap());
    let files: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .collect();
    assert!(files.len() >= 20, "{} experiments", files.len());
    let mut names = BTreeSet::new();
    for file in files {
        let plan = Spec::read(&file, &[]).and_then(Plan::new).unwrap_or_else(|error| panic!("{error:#}"));
        assert!(names.insert(plan.spec.name.as_str().to_owned()), "{} has the name of another", file.display());
    }
}

/// The commands on a page that begin with `hourglass`, parsed; what is in quotes is one argument.
fn commands(page: &str) -> Vec<(&str, Command)> {
    let blocks = page.split("```sh\n").skip(1).map(|rest| rest.split_once("```").expect("a block ends").0);
    let lines = blocks.flat_map(str::lines).filter(|line| line.starts_with("hourglass "));
    let parsed = lines.map(|line| {
        let pieces = line.split('"').enumerate();
        let arguments = pieces.flat_map(|(place, piece)| match place % 2 {
            0 => piece.split_whitespace().collect(),
            _ => vec![piece],
        });
        (line, Cli::try_parse_from(arguments).unwrap_or_else(|error| panic!("{line}\n{error}")).command)
    });
    parsed.collect()
}

#[track_caller]
fn check_filter(line: &str, filter: Option<String>) {
    filter.map(|text| Filter::parse(&text).unwrap_or_else(|error| panic!("{line}\n{error}")));
}

#[test]
fn every_command_on_comparing_is_understood() {
    let commands = commands(include_str!("../../../../docs/comparing.md"));
    assert!(commands.len() >= 6, "{} commands", commands.len());
    for (line, command) in commands {
        match command {
            Command::Plain(Plain::List(list)) => check_filter(line, list.filter),
            Command::Plain(Plain::Compare(compare)) => check_filter(line, compare.filter),
            other => panic!("{line}\n{other:?}"),
        }
    }
}

#[test]
fn every_command_on_traps_is_understood() {
    let commands = commands(include_str!("../../../../docs/traps.md"));
    assert!(commands.len() >= 3, "{} commands", commands.len());
    for (line, command) in commands {
        assert!(matches!(command, Command::Torch(Torch::Doctor(_))), "{line}\n{command:?}");
    }
}

#[test]
fn every_command_on_exporting_is_understood() {
    let commands = commands(include_str!("../../../../docs/exporting.md"));
    assert!(commands.len() >= 8, "{} commands", commands.len());
    for (line, command) in commands {
        match command {
            Command::Plain(Plain::Export(export)) => match export.command {
                ExportCommand::Tensorboard(to) | ExportCommand::Dvc(to) | ExportCommand::Parquet(to) => {
                    check_filter(line, to.exported.filter)
                }
                ExportCommand::Mlflow(mlflow) => check_filter(line, mlflow.exported.filter),
            },
            Command::Plain(Plain::Watch(_)) => {}
            other => panic!("{line}\n{other:?}"),
        }
    }
}

#[test]
fn every_command_on_recommending_is_understood() {
    let commands = commands(include_str!("../../../../docs/recommending.md"));
    assert!(commands.len() >= 7, "{} commands", commands.len());
    for (line, command) in commands {
        assert!(
            matches!(command, Command::Torch(Torch::Recommend(_)) | Command::Torch(Torch::Similar(_))),
            "{line}\n{command:?}"
        );
    }
}

#[test]
fn every_command_on_blending_is_understood() {
    let commands = commands(include_str!("../../../../docs/blending.md"));
    assert!(commands.len() >= 3, "{} commands", commands.len());
    for (line, command) in commands {
        match command {
            Command::Torch(Torch::Blend(blend)) => check_filter(line, blend.filter),
            other => panic!("{line}\n{other:?}"),
        }
    }
}

#[test]
fn every_command_on_serving_is_understood() {
    let commands = commands(include_str!("../../../../docs/serving.md"));
    assert!(commands.len() >= 3, "{} commands", commands.len());
    for (line, command) in commands {
        assert!(matches!(command, Command::Torch(Torch::Serve(_))), "{line}\n{command:?}");
    }
}

/// Fails unless every key that is written is there.
fn assert_holds(resolved: &Value, written: &Value, block: &str) {
    if let (Value::Table(resolved), Value::Table(written)) = (resolved, written) {
        for (key, written) in written {
            let resolved = resolved.get(key).unwrap_or_else(|| panic!("{block}\n{key} is dropped"));
            assert_holds(resolved, written, block);
        }
    }
}
