//! What the documentation shows can be typed.

use hourglass::spec::Spec;
use toml::{Table, Value};

use crate::sandbox::TINY;

const DATA: &str = include_str!("../../../../docs/data.md");

/// The TOML blocks of a page.
fn blocks(page: &str) -> Vec<&str> {
    page.split("```toml\n").skip(1).map(|rest| rest.split_once("```").expect("a block ends").0).collect()
}

#[test]
fn every_block_about_data_is_part_of_an_experiment() {
    let blocks = blocks(DATA);
    assert!(blocks.len() >= 20, "{} blocks", blocks.len());
    for block in blocks {
        let mut experiment: Table = TINY.parse().unwrap();
        let part: Table = block.parse().unwrap_or_else(|error| panic!("{block}\n{error}"));
        experiment.extend(part.clone());
        let spec = Spec::from_table(&experiment).unwrap_or_else(|error| panic!("{block}\n{error:#}"));
        // What is read is what is written: nothing of the block is dropped.
        let resolved = spec.to_table();
        for (section, written) in &part {
            assert_holds(&resolved[section], written, block);
        }
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
