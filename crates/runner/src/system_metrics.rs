//! What a trial takes of its machine while it runs: `system.csv`, a row every few seconds, where `--system-metrics` asks for it.
//!
//! Another thread writes it: the training knows nothing of it. What a system does not tell is an empty cell.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use hourglass_report::TrialFolder;
use tch::Device;

use crate::environment::{cpu_seconds, now, resident_memory};

/// `cpu`: processors this process used on average since the row before; `machine_cpu`: the share of all processors' time that
/// anybody used. Memory is in MiB, utilisation in percent.
const HEADER: &str = "time,cpu,machine_cpu,memory_mib,machine_memory_free_mib,gpu_utilisation,gpu_memory_mib\n";

/// Writes rows until it is dropped.
pub struct SystemMetrics {
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl SystemMetrics {
    /// A row after each `every`, and one at the end. Rows of earlier sessions stay.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn start(folder: &TrialFolder, device: Device, every: Duration) -> Result<Self> {
        let path = folder.folder().join("system.csv");
        let failed = || format!("cannot write {}; free some space or permit writing, then run again", path.display());
        let mut file = OpenOptions::new().create(true).append(true).open(&path).with_context(failed)?;
        if file.metadata().with_context(failed)?.len() == 0 {
            file.write_all(HEADER.as_bytes()).with_context(failed)?;
        }
        let (end, ended) = channel::<()>();
        let thread = thread::spawn(move || {
            let mut before = Moment::now();
            loop {
                let wait = ended.recv_timeout(every);
                // A row that cannot be written is missing; the training's own files say so if the disk is full.
                let _ = write(&mut file, &mut before, device);
                if wait != Err(RecvTimeoutError::Timeout) {
                    return;
                }
            }
        });
        Ok(Self { end: Some(end), thread: Some(thread) })
    }
}

impl Drop for SystemMetrics {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            // The thread cannot panic.
            let _ = thread.join();
        }
    }
}

/// What two rows are compared by.
struct Moment {
    at: Instant,
    cpu: Option<f64>,
    /// Ticks that all processors worked, and that there were.
    machine: Option<(u64, u64)>,
}

impl Moment {
    fn now() -> Self {
        let machine = fs::read_to_string("/proc/stat").ok().and_then(|text| machine_ticks(&text));
        Self { at: Instant::now(), cpu: cpu_seconds(), machine }
    }
}

fn write(file: &mut File, before: &mut Moment, device: Device) -> std::io::Result<()> {
    let moment = Moment::now();
    let seconds = moment.at.duration_since(before.at).as_secs_f64();
    let cpu = moment.cpu.zip(before.cpu).map(|(now, then)| (now - then) / seconds);
    let machine = moment.machine.zip(before.machine).and_then(|(now, then)| {
        let all = now.1.checked_sub(then.1).filter(|&ticks| ticks > 0)?;
        Some(now.0.saturating_sub(then.0) as f64 / all as f64)
    });
    let memory = resident_memory().map(|bytes| bytes as f64 / f64::from(1 << 20));
    let free = fs::read_to_string("/proc/meminfo").ok().and_then(|text| free_memory(&text));
    let gpu = match device {
        Device::Cuda(number) => gpu(number),
        _ => None,
    };
    let cells = [cpu, machine, memory, free, gpu.map(|gpu| gpu.0), gpu.map(|gpu| gpu.1)];
    let cells = cells.map(|cell| cell.map_or(String::new(), |cell| format!("{cell:.3}")));
    *before = moment;
    file.write_all(format!("{},{}\n", now(), cells.join(",")).as_bytes())
}

/// Of the first line of `/proc/stat`: ticks that processors worked, and all ticks.
fn machine_ticks(text: &str) -> Option<(u64, u64)> {
    let line = text.lines().next()?.strip_prefix("cpu ")?;
    // What guests take is in user time already.
    let ticks: Vec<u64> = line.split_whitespace().take(8).map(|ticks| ticks.parse().ok()).collect::<Option<_>>()?;
    let idle = ticks.get(3)? + ticks.get(4).copied().unwrap_or(0);
    let all: u64 = ticks.iter().sum();
    Some((all - idle, all))
}

/// `MemAvailable` of `/proc/meminfo`, in MiB.
fn free_memory(text: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<f64>().ok()? / 1024.0)
}

/// Percent of its time that a GPU computed, and MiB of it that are taken, by whomever; nothing without NVIDIA's tool.
fn gpu(number: usize) -> Option<(f64, f64)> {
    let mut command = Command::new("nvidia-smi");
    command.args(["--query-gpu=utilization.gpu,memory.used", "--format=csv,noheader,nounits"]);
    let output = command.args(["-i", &number.to_string()]).stderr(Stdio::null()).output().ok()?;
    gpu_numbers(&String::from_utf8(output.stdout).ok()?)
}

fn gpu_numbers(text: &str) -> Option<(f64, f64)> {
    let (utilisation, memory) = text.lines().next()?.split_once(',')?;
    Some((utilisation.trim().parse().ok()?, memory.trim().parse().ok()?))
}

#[cfg(test)]
mod tests {
    use hourglass_report::Layout;

    use super::*;

    #[test]
    fn what_systems_tell_is_read() {
        assert_eq!(machine_ticks("cpu  10 1 4 80 5 1 1 0 7 0\ncpu0 1\n"), Some((17, 102)));
        assert_eq!(machine_ticks("intr 3\n"), None);
        assert_eq!(free_memory("MemTotal: 9 kB\nMemAvailable:    2048 kB\n"), Some(2.0));
        assert_eq!(gpu_numbers("37, 1234\n"), Some((37.0, 1234.0)));
        assert_eq!(gpu_numbers("[N/A], 1234\n"), None);
        assert_eq!(gpu_numbers(""), None);
    }

    #[test]
    fn rows_go_on_where_they_were_left() {
        let folder = tempfile::tempdir().unwrap();
        let trial = Layout::new(folder.path()).trial("a");
        trial.create().unwrap();
        for _ in 0..2 {
            drop(SystemMetrics::start(&trial, Device::Cpu, Duration::from_secs(100)).unwrap());
        }
        let text = fs::read_to_string(trial.folder().join("system.csv")).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!((lines.len(), lines[0]), (3, HEADER.trim_end()));
        for line in &lines[1..] {
            let cells: Vec<&str> = line.split(',').collect();
            assert_eq!(cells.len(), 7, "{line}");
            assert!(cells[3].parse::<f64>().unwrap() > 1.0, "{line}");
        }
    }
}
