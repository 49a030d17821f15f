//! The two programs: one that starts at once, and the one with libtorch.

use std::fs;
use std::process::Command;

use hourglass::start::WITH_LIBTORCH;

use crate::sandbox::{assert_says, ended};

const PROGRAM: &str = env!("CARGO_BIN_EXE_hourglass");

#[test]
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn only_one_program_loads_libtorch() {
    let loads = |program: &str| {
        // As it stands among the names of the libraries that a program needs.
        let name = b"\0libtorch_cpu.so\0";
        fs::read(program).unwrap().windows(name.len()).any(|bytes| bytes == name)
    };
    assert!(loads(env!("CARGO_BIN_EXE_hourglass-torch")));
    assert!(!loads(PROGRAM), "a verb that is `Plain` reaches libtorch: `nm -C` tells which `at_` functions are called");
}

#[test]
fn without_the_other_program_records_can_still_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let alone = folder.path().join("hourglass");
    fs::hard_link(PROGRAM, &alone).or_else(|_| fs::copy(PROGRAM, &alone).map(drop)).unwrap();
    let hourglass = |arguments: &[&str]| ended(Command::new(&alone).args(arguments).current_dir(folder.path()));

    let trained = hourglass(&["run", "tiny.toml"]);
    assert_eq!(trained.code, Some(1), "{}", trained.stderr);
    assert_says(&trained.stderr, &["cannot start", WITH_LIBTORCH, "`cargo build` makes both"]);

    let listed = hourglass(&["list"]);
    assert_says(&listed.stderr, &["there is no folder results", "--results FOLDER"]);
}
