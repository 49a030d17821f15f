//! On what a trial runs, for its record.

use std::process::Command;

use hourglass_report::Environment;
use tch::Device;

/// The version of libtorch that this program was made for, and that set-up installs.
const LIBTORCH: &str = "2.11.0";

/// As it is now.
pub fn environment(device: Device) -> Environment {
    Environment {
        hourglass: env!("CARGO_PKG_VERSION").to_owned(),
        libtorch: LIBTORCH.to_owned(),
        device: device_name(device),
        threads: tch::get_num_threads() as usize,
        git_commit: git(&["rev-parse", "HEAD"]),
        git_dirty: git(&["status", "--porcelain"]).map(|changes| !changes.is_empty()),
        started: jiff::Timestamp::now().round(jiff::Unit::Second).unwrap_or_default().to_string(),
        os: std::env::consts::OS.to_owned(),
        arch: std::env::consts::ARCH.to_owned(),
    }
}

fn device_name(device: Device) -> String {
    match device {
        Device::Cuda(number) => format!("cuda:{number}"),
        _ => "cpu".to_owned(),
    }
}

/// What git says, or nothing where there is no git or no repository.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The most memory this process has held so far, in MiB, where the system tells.
pub fn peak_memory() -> Option<f64> {
    status("VmHWM:").map(|kibibytes| kibibytes as f64 / 1024.0)
}

/// The memory that this process holds now, in bytes, where the system tells.
pub fn resident_memory() -> Option<u64> {
    status("VmRSS:").map(|kibibytes| kibibytes << 10)
}

/// KiB.
fn status(name: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}
