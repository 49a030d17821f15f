//! What a person sees while trials run: bars on a terminal, plain lines where output is piped.

use std::io::{IsTerminal, stderr};
use std::time::{Duration, Instant};

use hourglass_report::format;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::queue::Turn;

/// How often a plain line about a running trial is written.
const EVERY: Duration = Duration::from_secs(10);

/// Of a whole run.
pub struct Progress {
    bars: Option<Bars>,
}

struct Bars {
    all: MultiProgress,
    trials: ProgressBar,
}

/// Of one trial.
pub struct TrialProgress {
    bar: Option<ProgressBar>,
    label: String,
    epochs: usize,
    last_line: Instant,
}

impl Progress {
    /// For this many trials, some of which are done.
    pub fn new(trials: usize, done: usize) -> Self {
        let bars = stderr().is_terminal().then(|| {
            let all = MultiProgress::new();
            let bar = all.add(ProgressBar::new(trials as u64));
            bar.set_style(style("{bar:24} trial {pos}/{len}  {elapsed}  {msg}"));
            bar.set_position(done as u64);
            Bars { all, trials: bar }
        });
        Self { bars }
    }

    /// A trial starts.
    pub fn start(&self, turn: &Turn, epochs: usize, done: usize) -> TrialProgress {
        let label = format!("{} {}", turn.trial.id, turn.trial.label);
        let from = if done > 0 { format!(" goes on after epoch {done}") } else { String::new() };
        let bar = self.bars.as_ref().map(|bars| {
            let bar = bars.all.insert_before(&bars.trials, ProgressBar::new(epochs as u64));
            bar.set_style(style("{bar:24} {msg}  {eta} left  {prefix}"));
            bar.set_prefix(label.clone());
            bar.set_message(format!("epoch {done}/{epochs}"));
            bar.set_position(done as u64);
            bar.reset_eta();
            bar
        });
        if bar.is_none() {
            tracing::info!("trial {}/{} {label}{from}", turn.number, turn.trials);
        }
        TrialProgress { bar, label, epochs, last_line: Instant::now() }
    }

    /// A line that stays.
    pub fn say(&self, line: &str) {
        match &self.bars {
            // Without bars on the screen, nothing is lost when the terminal refuses a line.
            Some(bars) => drop(bars.all.println(line)),
            None => tracing::info!("{line}"),
        }
    }

    /// A trial is over, however it ended.
    pub fn finish_one(&self) {
        if let Some(bars) = &self.bars {
            bars.trials.inc(1);
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("█▓░")
}

impl TrialProgress {
    /// A batch was learnt before the first epoch.
    pub fn pretraining(&mut self, batch: usize, batches: usize) {
        let line = format!("pre-training, batch {batch}/{batches}");
        match &self.bar {
            Some(bar) => bar.set_message(line),
            None if self.last_line.elapsed() >= EVERY => {
                self.last_line = Instant::now();
                tracing::info!("{} {line}", self.label);
            }
            None => {}
        }
    }

    /// A batch was learnt: the bar counts batches, because an epoch can be long.
    pub fn batch(&self, epoch: usize, batch: usize, batches: usize) {
        if let Some(bar) = &self.bar {
            if bar.length() != Some((self.epochs * batches) as u64) {
                bar.set_length((self.epochs * batches) as u64);
                bar.set_position(((epoch - 1) * batches) as u64);
                bar.reset_eta();
            }
            bar.set_position(((epoch - 1) * batches + batch) as u64);
        }
    }

    /// An epoch ended, with this score.
    pub fn epoch(&mut self, epoch: usize, monitored: &str, score: Option<f64>) {
        let line = format!("epoch {epoch}/{}  {monitored} {}", self.epochs, format::metric(score));
        match &self.bar {
            Some(bar) => bar.set_message(line),
            None if self.last_line.elapsed() >= EVERY => {
                self.last_line = Instant::now();
                tracing::info!("{} {line}", self.label);
            }
            None => {}
        }
    }

    /// The trial is over.
    pub fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
