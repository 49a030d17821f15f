//! Who trains a trial: a file that only one process can make, and that tells whether that process is still alive.
//!
//! `lease-<generation>.json` lies in the trial's folder while the trial is being trained. Who takes over from a dead holder makes
//! the next generation, so that of several only one succeeds; a holder that sees a later generation has lost the trial and writes
//! nothing more. A holder on this machine is dead when its process is gone. Of another machine only silence tells: the file grows
//! by a byte at every beat. Whoever takes over has to have watched that silence, because clocks of machines differ.

use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

use serde::{Deserialize, Serialize};

use crate::{ReportError, TrialFolder};

/// Time between two beats.
const BEAT: Duration = Duration::from_secs(2);

/// A holder on another machine that was silent for longer is shown as dead.
const SHOWN_DEAD: Duration = Duration::from_secs(10);

/// Whoever has watched a holder on another machine be silent for longer may take over.
const TAKEN_OVER: Duration = Duration::from_secs(30);

/// A process that trains, as its lease names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Name of its machine, for people.
    pub host: String,
    /// Its process id.
    pub pid: u32,
    /// The boot of its machine and the process ids' namespace: process ids can be compared where this is the same. Nothing, where
    /// the system does not tell.
    machine: Option<String>,
    /// When the process began, in the system's ticks since that boot: process ids are used again.
    process_start: Option<u64>,
}

/// Whether a process is alive, as far as can be told from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Life {
    Alive,
    Dead,
    /// It is of another machine.
    Unknown,
}

impl Holder {
    /// This process.
    pub fn this_process() -> &'static Holder {
        static THIS: OnceLock<Holder> = OnceLock::new();
        THIS.get_or_init(|| {
            let line = |path: &str| fs::read_to_string(path).ok().map(|text| text.trim().to_owned());
            let boot = line("/proc/sys/kernel/random/boot_id");
            let namespace = fs::read_link("/proc/self/ns/pid").ok();
            let machine = boot.zip(namespace).map(|(boot, namespace)| format!("{boot} {}", namespace.display()));
            Holder {
                host: line("/proc/sys/kernel/hostname").unwrap_or_else(|| "unknown".to_owned()),
                pid: std::process::id(),
                machine,
                process_start: process_start(std::process::id()),
            }
        })
    }

    fn life(&self) -> Life {
        let this = Holder::this_process();
        if self.machine.is_none() || self.machine != this.machine {
            return Life::Unknown;
        }
        if process_start(self.pid) == self.process_start { Life::Alive } else { Life::Dead }
    }
}

impl std::fmt::Display for Holder {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "process {} on {}", self.pid, self.host)
    }
}

/// When a process of this machine began; nothing if it is gone, or only its parent has not heard of its end yet.
fn process_start(pid: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, in parentheses, may hold anything.
    let mut fields = text.rsplit_once(") ")?.1.split(' ');
    let state = fields.next()?;
    if matches!(state, "Z" | "X") { None } else { fields.nth(18)?.parse().ok() }
}

/// The latest lease of a trial, as found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// One more than that of the holder before.
    pub generation: u64,
    /// Nothing while the lease is being written.
    pub holder: Option<Holder>,
    /// Bytes: they grow with each beat.
    length: u64,
    /// Since the last beat, as far as the clocks agree.
    silence: Duration,
}

impl Held {
    /// The latest lease of the trial in this folder, if there is one.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn of(folder: &Path) -> Result<Option<Held>, ReportError> {
        while let Some(generation) = latest(folder)? {
            let path = lease_path(folder, generation);
            match read(&path, generation) {
                Ok(held) => return Ok(Some(held)),
                // It was given back in the meantime.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(ReportError::file("read", &path)(error)),
            }
        }
        Ok(None)
    }

    /// Whether its holder is at work, as far as one look can tell.
    pub fn is_alive(&self) -> bool {
        match self.life() {
            Life::Alive => true,
            Life::Dead => false,
            Life::Unknown => self.silence <= SHOWN_DEAD,
        }
    }

    /// Who holds it, for people.
    pub fn by(&self) -> String {
        self.holder.as_ref().map_or_else(|| "another process".to_owned(), ToString::to_string)
    }

    fn life(&self) -> Life {
        self.holder.as_ref().map_or(Life::Unknown, Holder::life)
    }
}

fn read(path: &Path, generation: u64) -> std::io::Result<Held> {
    // Opened, not only looked at: a shared folder answers a look from its memory.
    let mut file = File::open(path)?;
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    let silence = SystemTime::now().duration_since(file.metadata()?.modified()?).unwrap_or_default();
    let holder = serde_json::from_str(&text).ok();
    Ok(Held { generation, holder, length: text.len() as u64, silence })
}

fn lease_path(folder: &Path, generation: u64) -> PathBuf {
    folder.join(format!("lease-{generation}.json"))
}

/// The generations of all leases in a folder; none where there is no folder.
fn generations(folder: &Path) -> Result<Vec<u64>, ReportError> {
    let failed = ReportError::file("read the folder", folder);
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.and_then(|entries| entries.collect::<Result<Vec<_>, _>>()).map_err(failed)?,
    };
    let generation = |name: &str| name.strip_prefix("lease-")?.strip_suffix(".json")?.parse().ok();
    Ok(entries.iter().filter_map(|entry| generation(entry.file_name().to_str()?)).collect())
}

fn latest(folder: &Path) -> Result<Option<u64>, ReportError> {
    Ok(generations(folder)?.into_iter().max())
}

/// Holders on other machines, watched for silence.
#[derive(Debug, Default)]
pub struct Watch {
    /// Folder, generation and length when first seen so, and when that was.
    seen: Vec<(PathBuf, u64, u64, Instant)>,
}

impl Watch {
    /// Whether a trial may be taken: nobody holds it, or its holder is dead; the generation that was silent for long enough is
    /// named. `now` must not run backwards.
    pub fn is_free(&mut self, folder: &Path, held: Option<&Held>, now: Instant) -> Free {
        let known = self.seen.iter().position(|(seen, ..)| seen == folder);
        let before = known.map(|known| self.seen.swap_remove(known));
        let Some(held) = held else { return Free::Yes { silent: None } };
        match held.life() {
            Life::Dead => Free::Yes { silent: None },
            Life::Alive => Free::No,
            Life::Unknown => {
                let same = |&(_, generation, length, _): &(_, u64, u64, Instant)| {
                    (generation, length) == (held.generation, held.length)
                };
                let since = before.filter(same).map_or(now, |(.., since)| since);
                self.seen.push((folder.to_owned(), held.generation, held.length, since));
                let silent = now.duration_since(since) > TAKEN_OVER;
                if silent { Free::Yes { silent: Some(held.generation) } } else { Free::No }
            }
        }
    }
}

/// What [`Watch`] says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Free {
    /// It may be taken.
    Yes {
        /// The generation whose silence was watched, if that is why.
        silent: Option<u64>,
    },
    /// Its holder is alive, or may be.
    No,
}

/// The right to train a trial, until it is dropped or lost.
#[derive(Debug)]
pub struct Lease {
    folder: PathBuf,
    generation: u64,
    /// Dropped to end the beats.
    end: Option<Sender<()>>,
    beats: Option<JoinHandle<()>>,
}

/// What came of asking for a lease.
#[derive(Debug)]
pub enum Claim {
    /// The trial may be trained.
    Taken(Lease),
    /// Somebody else trains it.
    Held(Held),
}

impl Lease {
    /// Takes the lease of a trial whose folder exists, if nobody holds it, its holder is dead, or is of the generation that is
    /// known to be `silent`.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn take(folder: &TrialFolder, silent: Option<u64>) -> Result<Claim, ReportError> {
        let folder = folder.folder();
        loop {
            let before = match Held::of(folder)? {
                Some(held) if held.life() != Life::Dead && silent != Some(held.generation) => {
                    return Ok(Claim::Held(held));
                }
                before => before.map(|held| held.generation),
            };
            let generation = before.unwrap_or(0) + 1;
            let path = lease_path(folder, generation);
            let mut file = match File::create_new(&path) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
                file => file.map_err(ReportError::file("write", &path))?,
            };
            let holder = serde_json::to_string(Holder::this_process()).expect("texts and numbers are JSON");
            file.write_all(holder.as_bytes()).map_err(ReportError::file("write", &path))?;
            // Between the look and the new file, others may have taken the trial over and given it back.
            let now = generations(folder)?;
            if now.iter().all(|&other| other <= generation) && before.is_none_or(|before| now.contains(&before)) {
                return Ok(Claim::Taken(Lease::held(folder, generation, file)));
            }
            fs::remove_file(&path).map_err(ReportError::file("remove", &path))?;
        }
    }

    fn held(folder: &Path, generation: u64, mut file: File) -> Lease {
        let (end, ended) = channel::<()>();
        let beats = thread::spawn(move || {
            while ended.recv_timeout(BEAT) == Err(RecvTimeoutError::Timeout) {
                // A beat that fails is a beat missed; white space after JSON changes nothing.
                let _ = file.write_all(b"\n");
            }
        });
        Lease { folder: folder.to_owned(), generation, end: Some(end), beats: Some(beats) }
    }

    /// Whether somebody took over, having thought this process dead; who has given the trial back since has cleared both leases away.
    /// Then nothing more may be written.
    pub fn is_lost(&self) -> bool {
        !lease_path(&self.folder, self.generation).exists() || lease_path(&self.folder, self.generation + 1).exists()
    }
}

impl Drop for Lease {
    /// Gives the lease back, and clears away those of dead holders.
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(beats) = self.beats.take() {
            // The thread cannot panic.
            let _ = beats.join();
        }
        if self.is_lost() {
            return;
        }
        let older = generations(&self.folder).unwrap_or_default().into_iter().filter(|&other| other < self.generation);
        // What stays behind is the lease of a dead process, which holds nobody up.
        older.chain([self.generation]).for_each(|generation| {
            let _ = fs::remove_file(lease_path(&self.folder, generation));
        });
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use tempfile::TempDir;

    use super::*;
    use crate::Layout;

    fn trial() -> (TempDir, TrialFolder) {
        let folder = tempfile::tempdir().unwrap();
        let trial = Layout::new(folder.path()).trial("a");
        trial.create().unwrap();
        (folder, trial)
    }

    #[track_caller]
    fn taken(trial: &TrialFolder, silent: Option<u64>) -> Lease {
        match Lease::take(trial, silent).unwrap() {
            Claim::Taken(lease) => lease,
            Claim::Held(held) => panic!("held by {}", held.by()),
        }
    }

    fn leave(trial: &TrialFolder, generation: u64, text: &str) {
        fs::write(lease_path(trial.folder(), generation), text).unwrap();
    }

    fn text(holder: &Holder) -> String {
        serde_json::to_string(holder).unwrap()
    }

    /// A process of this machine that has ended.
    fn dead() -> Holder {
        let mut child = Command::new("true").stdin(Stdio::null()).spawn().unwrap();
        let holder = Holder { pid: child.id(), process_start: Some(1), ..Holder::this_process().clone() };
        child.wait().unwrap();
        holder
    }

    fn elsewhere() -> Holder {
        Holder { host: "far".into(), machine: Some("other".into()), ..Holder::this_process().clone() }
    }

    #[test]
    fn a_trial_has_one_holder_until_it_is_given_back() {
        let (_folder, trial) = trial();
        assert_eq!(Held::of(trial.folder()).unwrap(), None);
        let lease = taken(&trial, None);
        let Claim::Held(held) = Lease::take(&trial, None).unwrap() else { panic!("taken twice") };
        assert_eq!((held.holder.as_ref(), held.is_alive()), (Some(Holder::this_process()), true));
        assert!(held.by().contains(&std::process::id().to_string()));
        drop(lease);
        assert_eq!(fs::read_dir(trial.folder()).unwrap().count(), 0, "nothing is left");
        taken(&trial, None);
    }

    #[test]
    fn who_may_be_taken_over_from() {
        let reused = Holder { process_start: Some(1), ..Holder::this_process().clone() };
        for (what, holder, alive, taken) in [
            ("this process", text(Holder::this_process()), true, false),
            ("a process that ended", text(&dead()), false, true),
            ("a process whose number is another's now", text(&reused), false, true),
            ("a process elsewhere", text(&elsewhere()), true, false),
            ("who is still writing", String::new(), true, false),
        ] {
            let (_folder, trial) = trial();
            leave(&trial, 3, &holder);
            assert_eq!(Held::of(trial.folder()).unwrap().unwrap().is_alive(), alive, "{what}");
            match Lease::take(&trial, None).unwrap() {
                Claim::Taken(lease) => assert!(taken && lease.generation == 4, "{what}"),
                Claim::Held(held) => assert!(!taken && held.generation == 3, "{what}"),
            }
        }
    }

    #[test]
    fn a_holder_elsewhere_is_shown_dead_when_it_is_silent() {
        let (_folder, trial) = trial();
        leave(&trial, 1, &text(&elsewhere()));
        let file = File::options().append(true).open(lease_path(trial.folder(), 1)).unwrap();
        for (ago, alive) in [(0, true), (8, true), (12, false), (3600, false)] {
            file.set_modified(SystemTime::now() - Duration::from_secs(ago)).unwrap();
            assert_eq!(Held::of(trial.folder()).unwrap().unwrap().is_alive(), alive, "{ago} s ago");
        }
        // A look is not enough to take over: the clock over there may be wrong.
        assert!(matches!(Lease::take(&trial, None).unwrap(), Claim::Held(_)));
    }

    #[test]
    fn silence_has_to_be_watched() {
        let (_folder, trial) = trial();
        let start = Instant::now();
        let mut watch = Watch::default();
        let mut look = |seconds| {
            let held = Held::of(trial.folder()).unwrap();
            watch.is_free(trial.folder(), held.as_ref(), start + Duration::from_secs(seconds))
        };
        assert_eq!(look(0), Free::Yes { silent: None });
        leave(&trial, 1, &text(&elsewhere()));
        assert_eq!([look(1), look(30)], [Free::No; 2]);
        leave(&trial, 1, &(text(&elsewhere()) + "\n"));
        assert_eq!([look(40), look(70)], [Free::No; 2], "it gave a sign of life");
        assert_eq!(look(71), Free::Yes { silent: Some(1) });
        leave(&trial, 2, &text(&elsewhere()));
        assert_eq!(look(72), Free::No, "another one has taken over");
        leave(&trial, 3, &text(&dead()));
        assert_eq!(look(73), Free::Yes { silent: None });
        leave(&trial, 4, &text(Holder::this_process()));
        assert_eq!([look(74), look(999)], [Free::No; 2], "a process of this machine is seen to be alive");
    }

    #[test]
    fn who_is_taken_over_from_knows_and_leaves_the_new_lease_alone() {
        let (_folder, trial) = trial();
        let old = taken(&trial, None);
        let new = taken(&trial, Some(1));
        assert_eq!((old.is_lost(), new.is_lost()), (true, false));
        drop(old);
        assert_eq!(latest(trial.folder()).unwrap(), Some(2));
        let newest = taken(&trial, Some(2));
        drop(newest);
        assert_eq!(latest(trial.folder()).unwrap(), None);
        assert!(new.is_lost(), "also after the one that took over has given it back");
    }

    #[test]
    fn of_many_who_take_over_one_succeeds() {
        for round in 0..20 {
            let (_folder, trial) = trial();
            leave(&trial, 1, &text(&dead()));
            let claims: Vec<Claim> = thread::scope(|scope| {
                let claim = || Lease::take(&trial, None).unwrap();
                let threads: Vec<_> = (0..8).map(|_| scope.spawn(claim)).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).collect()
            });
            let taken = claims.iter().filter(|claim| matches!(claim, Claim::Taken(_))).count();
            assert_eq!(taken, 1, "round {round}");
        }
    }
}
