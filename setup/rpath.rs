//! The build script of every crate whose programs or tests link libtorch.
//!
//! It writes into them where libtorch lies, so that they start with no environment variable set: first places
//! relative to the program, which still hold when the checkout or the program moves within it, then the absolute
//! one, for a target folder outside the checkout.

#![expect(clippy::print_stdout, reason = "a build script speaks to cargo on standard output")]

use std::{env, path::PathBuf, process};

/// How many folders above a program `third_party` is looked for: `target/debug/deps/` is three deep.
const DEEPEST: usize = 4;

/// libtorch's CUDA part, loaded at run time, lies apart: the build must not depend on whether it is there.
const FOLDERS: [&str; 2] = ["torch", "torch_cuda"];

fn main() {
    println!("cargo::rerun-if-env-changed=LIBTORCH");
    let Some(libtorch) = env::var_os("LIBTORCH").map(PathBuf::from) else {
        stop("LIBTORCH is not set; run cargo inside the checkout, where .cargo/config.toml sets it");
    };
    let library = libtorch.join("lib/libtorch_cpu.so");
    println!("cargo::rerun-if-changed={}", library.display());
    if !library.exists() {
        stop(&format!("libtorch is missing: no file {}; run ./bootstrap.sh setup", library.display()));
    }

    // DT_RPATH, unlike the newer DT_RUNPATH, wins over a stray LD_LIBRARY_PATH and serves what libtorch itself loads.
    println!("cargo::rustc-link-arg=-Wl,--disable-new-dtags");
    for up in (0..=DEEPEST).map(|depth| "../".repeat(depth)) {
        for folder in FOLDERS {
            println!("cargo::rustc-link-arg=-Wl,-rpath,$ORIGIN/{up}third_party/{folder}/lib");
        }
    }
    println!("cargo::rustc-link-arg=-Wl,-rpath,{}", libtorch.join("lib").display());
    println!("cargo::rustc-link-arg=-Wl,-rpath,{}", libtorch.with_file_name("torch_cuda").join("lib").display());

    if env::var_os("CARGO_PKG_NAME").is_some_and(|package| package == "hourglass") {
        // `hourglass` calls nothing of libtorch. Of what it could call in torch-sys, the linker must not export what
        // libtorch has, too; or it would keep that, and load libtorch.
        println!("cargo::rustc-link-arg-bin=hourglass=-Wl,--exclude-libs,ALL");
    }
}

fn stop(problem: &str) -> ! {
    println!("cargo::error={problem}");
    process::exit(1)
}
