//! Which trial is next. Several processes may be at the same sweep: what another one trains comes last, and is taken over if that
//! process dies.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::process::ExitStatus;
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use hourglass_report::{Claim, Free, Held, Layout, Lease, Outcome, RunRecord, Stopped, TrialFolder, Watch};
use serde::{Deserialize, Serialize};

use crate::execute::{Ended, record_before, remove_checkpoint};
use crate::interrupt;
use crate::plan::{Plan, Trial};
use crate::prepare::DataCache;
use crate::stop::{Referee, Verdict};
use crate::tally::Tally;

/// How often trials that others are at are looked at.
const LOOK: Duration = Duration::from_millis(200);

/// More finished trials than these are told in one line.
const TOLD_ONE_BY_ONE: usize = 20;

/// A process that dies may have been killed; that a second one dies of the same trial is the trial's fault.
const DEATHS: usize = 2;

/// A trial that is to run now.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Turn {
    /// Its place in the plan.
    pub place: usize,
    /// How many trials have had their turn, with this one.
    pub number: usize,
    /// How many trials there are.
    pub trials: usize,
    /// The generation of its lease, if its holder was watched and is known to be silent.
    pub silent: Option<u64>,
    /// The epoch after which it is decided whether it is trained further.
    pub until: Option<usize>,
    /// What to train.
    pub trial: Trial,
}

/// The trials of a run, for all that work at it in this process and its workers.
pub struct Queue<'a> {
    plan: &'a Plan,
    layout: Layout,
    state: Mutex<State<'a>>,
    changed: Condvar,
}

struct State<'a> {
    referee: Option<Referee<'a>>,
    ready: VecDeque<usize>,
    /// Held by others, or to be compared with trials that have not come so far.
    waiting: Vec<usize>,
    /// No more trials are given out.
    is_over: bool,
    tally: Tally,
    begun: usize,
    /// The records of trials that had failed when this run began: they are tried again.
    failed_before: BTreeMap<usize, RunRecord>,
    /// How often a worker died at a trial.
    deaths: BTreeMap<usize, usize>,
    watch: Watch,
    /// Generations that were watched to be silent.
    silent: BTreeMap<usize, u64>,
    has_told: bool,
}

impl<'a> Queue<'a> {
    /// All trials of the plan but those that are finished, whose results lie in `results`.
    ///
    /// # Errors
    /// When a record or the data of a finished trial cannot be read.
    pub fn new(plan: &'a Plan, results: &Path) -> Result<Self> {
        let layout = Layout::new(results.join(plan.spec.name.as_str()));
        let mut cache = DataCache::beside(results);
        let (mut ready, mut failed_before, mut skipped) = (VecDeque::new(), BTreeMap::new(), Vec::new());
        for (place, trial) in plan.trials.iter().enumerate() {
            let folder = layout.trial(&trial.id);
            match record_before(&folder)? {
                Some(record) if record.is_finished() && record.data == cache.record(&trial.config)? => {
                    settle(&folder, record, trial)?;
                    skipped.push(trial);
                    continue;
                }
                Some(record) if matches!(record.outcome, Outcome::Failed { .. }) => {
                    failed_before.insert(place, record);
                }
                _ => {}
            }
            ready.push_back(place);
        }
        tell_skipped(&skipped);
        let referee = match &plan.spec.sweep.stop {
            Some(stop) if plan.is_whole => {
                let data = plan.trials.iter().map(|trial| cache.record(&trial.config)).collect::<Result<_>>()?;
                Some(Referee::new(stop, plan, layout.clone(), data)?)
            }
            Some(_) => {
                tracing::info!(
                    "sweep.stop decides about a whole sweep: trials chosen by --only or --limit are trained to their end"
                );
                None
            }
            None => None,
        };
        let tally = Tally { skipped: skipped.len(), ..Tally::default() };
        let state = State {
            referee,
            begun: skipped.len(),
            ready,
            waiting: Vec::new(),
            is_over: false,
            tally,
            failed_before,
            deaths: BTreeMap::new(),
            watch: Watch::default(),
            silent: BTreeMap::new(),
            has_told: false,
        };
        Ok(Self { plan, layout, state: Mutex::new(state), changed: Condvar::new() })
    }

    /// How many trials there are, finished ones too.
    pub fn trials(&self) -> usize {
        self.plan.trials.len()
    }

    /// What has become of them.
    pub fn tally(&self) -> Tally {
        self.state().tally
    }

    /// The trial to run next; none when all have ended, or somebody asked to stop. Waits while the only ones left are with others.
    ///
    /// # Errors
    /// When records or leases cannot be read.
    pub fn next(&self) -> Result<Option<Turn>> {
        let mut state = self.state();
        loop {
            if interrupt::asked() || state.is_over {
                return Ok(None);
            }
            while let Some(place) = state.ready.pop_front() {
                if self.has_failed_elsewhere(&mut state, place)? {
                    continue;
                }
                match state.verdict(place)? {
                    Verdict::Train { until } => return Ok(Some(self.turn(&mut state, place, until))),
                    Verdict::Wait => state.waiting.push(place),
                    Verdict::Stop(stopped) => self.stop_early(&mut state, place, stopped)?,
                }
            }
            if state.waiting.is_empty() {
                return Ok(None);
            }
            self.look_at_waiting(&mut state)?;
            if state.ready.is_empty() {
                self.tell_waiting(&mut state)?;
                state = self.changed.wait_timeout(state, LOOK).expect("no thread panics with the queue").0;
            }
        }
    }

    /// A trial has had its turn.
    pub fn end(&self, turn: &Turn, ended: Ended) {
        let mut state = self.state();
        match ended {
            Ended::Skipped => state.tally.elsewhere += 1,
            Ended::Finished => state.tally.finished += 1,
            Ended::Failed => {
                state.tally.failed += 1;
                state.failed_before.remove(&turn.place);
                state.referee.iter_mut().for_each(|referee| referee.give_up(turn.place));
            }
            Ended::Interrupted => state.tally.interrupted += 1,
            Ended::Held => {
                state.begun -= 1;
                state.waiting.push(turn.place);
            }
            Ended::Paused => {
                state.begun -= 1;
                state.ready.push_front(turn.place);
            }
        }
        self.changed.notify_all();
    }

    /// No more trials are given out: something is wrong that would hit all of them.
    pub fn stop(&self) {
        self.state().is_over = true;
        self.changed.notify_all();
    }

    /// The process that trained a trial is gone. The first time it may have been killed, and the trial is given out again; the
    /// second time it has failed.
    ///
    /// # Errors
    /// When the record cannot be written.
    pub fn died(&self, turn: &Turn, status: ExitStatus) -> Result<()> {
        let mut state = self.state();
        let label = format!("{} {}", turn.trial.id, turn.trial.label);
        let before = state.deaths.get(&turn.place).copied().unwrap_or(0);
        state.deaths.insert(turn.place, before + 1);
        if interrupt::asked() {
            state.tally.interrupted += 1;
        } else if before + 1 < DEATHS {
            tracing::info!("again {label}: its process ended with {status}");
            state.begun -= 1;
            state.ready.push_front(turn.place);
        } else {
            let reason = format!(
                "its process ended with {status}, {DEATHS} times; if memory ran out, run fewer --jobs or a smaller trial"
            );
            tracing::info!("failed {label}: {reason}");
            self.record_failure(&turn.trial, reason)?;
            state.failed_before.remove(&turn.place);
            state.referee.iter_mut().for_each(|referee| referee.give_up(turn.place));
            state.tally.failed += 1;
        }
        self.changed.notify_all();
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State<'a>> {
        self.state.lock().expect("no thread panics with the queue")
    }

    fn folder(&self, place: usize) -> TrialFolder {
        self.layout.trial(&self.plan.trials[place].id)
    }

    fn turn(&self, state: &mut State<'_>, place: usize, until: Option<usize>) -> Turn {
        state.begun += 1;
        let silent = state.silent.remove(&place);
        Turn {
            place,
            number: state.begun,
            trials: self.trials(),
            silent,
            until,
            trial: self.plan.trials[place].clone(),
        }
    }

    /// Whether another process has tried a trial since this run began, and failed: it would fail here too.
    fn has_failed_elsewhere(&self, state: &mut State<'_>, place: usize) -> Result<bool> {
        let record = record_before(&self.folder(place))?;
        let failed = record.filter(|record| matches!(record.outcome, Outcome::Failed { .. }));
        let is_new = failed.is_some() && failed.as_ref() != state.failed_before.get(&place);
        if is_new {
            state.tally.failed += 1;
            state.begun += 1;
        }
        Ok(is_new)
    }

    /// Makes those ready that nobody is at any more.
    fn look_at_waiting(&self, state: &mut State<'_>) -> Result<()> {
        for place in std::mem::take(&mut state.waiting) {
            let folder = self.folder(place);
            let held = Held::of(folder.folder())?;
            match state.watch.is_free(folder.folder(), held.as_ref(), Instant::now()) {
                Free::Yes { .. } if state.verdict(place)? == Verdict::Wait => state.waiting.push(place),
                Free::Yes { silent } => {
                    state.silent.extend(silent.map(|generation| (place, generation)));
                    state.ready.push_back(place);
                }
                Free::No => state.waiting.push(place),
            }
        }
        Ok(())
    }

    /// Says once what is waited for.
    fn tell_waiting(&self, state: &mut State<'_>) -> Result<()> {
        if state.has_told {
            return Ok(());
        }
        for &place in &state.waiting {
            if let Some(held) = Held::of(self.folder(place).folder())? {
                state.has_told = true;
                let trial = &self.plan.trials[place];
                tracing::info!("waiting for {} {}: {} is at it", trial.id, trial.label, held.by());
            }
        }
        Ok(())
    }

    /// Records that a trial is trained no further, and why.
    fn stop_early(&self, state: &mut State<'_>, place: usize, stopped: Stopped) -> Result<()> {
        let (folder, trial) = (self.folder(place), &self.plan.trials[place]);
        let Claim::Taken(_lease) = Lease::take(&folder, state.silent.remove(&place))? else {
            state.waiting.push(place);
            return Ok(());
        };
        let mut record = record_before(&folder)?.context("a trial that was compared with others has a record")?;
        let what = format!("{} {}: after epoch {}, {}", trial.id, trial.label, stopped.epoch, stopped.reason);
        let outcome = Outcome::StoppedEarly(stopped);
        tracing::info!("{} {what}", outcome.name());
        if record.outcome != outcome {
            record.outcome = outcome;
            record.save(&folder.record())?;
        }
        state.tally.stopped += 1;
        state.begun += 1;
        Ok(())
    }

    fn record_failure(&self, trial: &Trial, reason: String) -> Result<()> {
        let folder = self.layout.trial(&trial.id);
        // Read first: under a lease of its own the trial is running.
        if let (Some(mut record), Claim::Taken(_lease)) = (record_before(&folder)?, Lease::take(&folder, None)?) {
            let epoch = match record.outcome {
                Outcome::Interrupted { epoch } => Some(epoch),
                _ => None,
            };
            record.outcome = Outcome::Failed { reason, epoch };
            record.save(&folder.record())?;
        }
        Ok(())
    }
}

impl State<'_> {
    /// What may follow for a trial.
    fn verdict(&mut self, place: usize) -> Result<Verdict> {
        match &mut self.referee {
            Some(referee) => referee.verdict(place, &self.failed_before),
            None => Ok(Verdict::Train { until: None }),
        }
    }
}

/// What is left to do of a finished trial: a kill may have come before its checkpoint was removed, and the sweep may have other
/// points now.
fn settle(folder: &TrialFolder, mut record: RunRecord, trial: &Trial) -> Result<()> {
    remove_checkpoint(folder)?;
    let swept = trial.recorded_swept();
    if (record.position, &record.swept) != (trial.position, &swept) {
        record.position = trial.position;
        record.swept = swept;
        record.save(&folder.record())?;
    }
    Ok(())
}

fn tell_skipped(skipped: &[&Trial]) {
    if skipped.len() > TOLD_ONE_BY_ONE {
        tracing::info!("skipped {} trials: finished before", skipped.len());
    } else {
        skipped.iter().for_each(|trial| tracing::info!("skipped {} {}: finished before", trial.id, trial.label));
    }
}
