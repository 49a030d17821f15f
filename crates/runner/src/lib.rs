//! The runner behind the `hourglass` program: from an experiment file to trials, records and charts.
//!
//! ```text
//! file → Spec (what was typed) → Plan { Trial … } (what will run) → execute → records → report
//! ```
//!
//! The only crate that knows TOML and the terminal.

pub mod blend;
pub mod claim;
pub mod cli;
pub mod command;
pub mod config_error;
pub mod cost;
pub mod doctor;
pub mod end;
pub mod environment;
pub mod execute;
pub mod experiment_file;
pub mod export;
pub mod interrupt;
pub mod jobs;
pub mod name;
pub mod observe;
pub mod overrides;
pub mod places;
pub mod plan;
pub mod prepare;
pub mod progress;
pub mod queue;
pub mod recommend;
pub mod serve;
pub mod spec;
pub mod start;
pub mod stop;
pub mod sweep;
pub mod system_metrics;
pub mod tally;
pub mod test_tables;
pub mod trained;
pub mod training;
pub mod trial_record;
pub mod watch;
pub mod worker;
