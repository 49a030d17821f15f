//! On what a trial runs, for its record.

use std::num::NonZeroUsize;
use std::process::Command;
use std::sync::OnceLock;
use std::{fs, thread};

use hourglass_report::{Environment, Holder};
use tch::Device;

/// The version of libtorch that this program was made for, and that set-up installs.
const LIBTORCH: &str = "2.11.0";

/// As it is now.
pub fn environment(device: Device) -> Environment {
    let (git_commit, git_dirty) = checkout().clone();
    Environment {
        hourglass: env!("CARGO_PKG_VERSION").to_owned(),
        libtorch: LIBTORCH.to_owned(),
        device: device_name(device),
        threads: tch::get_num_threads() as usize,
        git_commit,
        git_dirty,
        started: now(),
        os: std::env::consts::OS.to_owned(),
        arch: std::env::consts::ARCH.to_owned(),
        host: Some(Holder::this_process().host.clone()),
        cpu: fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| cpu(&text)),
        cpus: thread::available_parallelism().ok().map(NonZeroUsize::get),
    }
}

/// As RFC 3339 text, in whole seconds.
pub fn now() -> String {
    jiff::Timestamp::now().round(jiff::Unit::Second).unwrap_or_default().to_string()
}

fn device_name(device: Device) -> String {
    match device {
        Device::Cuda(number) => format!("cuda:{number}"),
        _ => "cpu".to_owned(),
    }
}

/// The `model name` of `/proc/cpuinfo`.
fn cpu(text: &str) -> Option<String> {
    let line = text.lines().find_map(|line| line.strip_prefix("model name"))?;
    Some(line.trim_start_matches([' ', '\t', ':']).to_owned())
}

/// The commit, and whether something is not committed, when this process first asked: git takes longer than a small trial.
fn checkout() -> &'static (Option<String>, Option<bool>) {
    static CHECKOUT: OnceLock<(Option<String>, Option<bool>)> = OnceLock::new();
    CHECKOUT.get_or_init(|| {
        (git(&["rev-parse", "HEAD"]), git(&["status", "--porcelain"]).map(|changes| !changes.is_empty()))
    })
}

/// What git says, or nothing where there is no git or no repository.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The most memory this process has held since [`forget_peak_memory`], in MiB, where the system tells.
pub fn peak_memory() -> Option<f64> {
    status("VmHWM:").map(|kibibytes| kibibytes as f64 / 1024.0)
}

/// From now on [`peak_memory`] is about what follows, where the system can do that: one process trains many trials.
pub fn forget_peak_memory() {
    // Elsewhere the peak is that of all trials of this process.
    let _ = fs::write("/proc/self/clear_refs", "5");
}

/// The memory that this process holds now, in bytes, where the system tells.
pub fn resident_memory() -> Option<u64> {
    status("VmRSS:").map(|kibibytes| kibibytes << 10)
}

/// Seconds that processors have spent on this process, all threads together.
pub fn cpu_seconds() -> Option<f64> {
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the call fills the structure that it is given and keeps no pointer to it; all of its bytes may be zero.
    let usage = unsafe { (libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr()) == 0).then(|| usage.assume_init()) }?;
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 * 1e-6;
    Some(seconds(usage.ru_utime) + seconds(usage.ru_stime))
}

/// KiB.
fn status(name: &str) -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_of_a_processor_is_found() {
        let text =
            "processor\t: 0\nmodel name\t: Some CPU @ 3.00GHz\nprocessor\t: 1\nmodel name\t: Some CPU @ 3.00GHz\n";
        assert_eq!(cpu(text).as_deref(), Some("Some CPU @ 3.00GHz"));
        assert_eq!(cpu("processor\t: 0\n"), None);
    }

    #[test]
    fn processor_time_is_told_and_never_runs_back() {
        let before = cpu_seconds().unwrap();
        let work = (0..1_000_000u64).fold(1u64, |number, factor| std::hint::black_box(number.wrapping_mul(factor)));
        let after = cpu_seconds().unwrap();
        assert!(0.0 < before && before <= after, "{before} s before {work}, {after} s after it");
    }
}
