//! The records that runs leave on disk, and everything that is derived from them: statistics over seeds, summaries, charts.
//!
//! ```text
//! results/<experiment>/
//!   summary.csv                  one row per trial
//!   summary_by_setting.csv       one row per setting: n, mean and half width over its seeds
//!   charts/<metric>_by_<parameter>.svg|png  <metric>_heat_map.*  <metric>_parallel.*  <metric>_seeds.*  error_by_activity.*  ratings.*
//!   <trial>/  trial.toml  run.json  epochs.csv  timing.csv  model.safetensors  state.safetensors
//!             loss.svg|png  <metric>.svg|png  predictions.*  error_by_activity.*  error_by_<attribute>.*
//!             ratings.csv  predictions.csv  error_by_activity.csv  error_by_attribute.csv       what the last ones are drawn from
//!             user_errors.csv              how far off the test was for each user
//!             lease-<generation>.json      while it is being trained: by whom
//!             codes.parquet  codes_map.*  ratings_map.*  weights.*  reconstructions.*   what was asked for afterwards
//! ```
//!
//! Records are saved raw; every figure and table is a pure function of them, so [`redraw`] makes all of them anew without
//! training. This crate never links libtorch.

pub mod attribute_errors;
pub mod by_user;
pub mod chart;
pub mod comparison;
mod epoch_log;
mod error;
mod experiment_charts;
pub mod filter;
pub mod format;
pub mod html;
mod label;
mod lease;
mod record;
mod redraw;
mod run;
mod setting;
pub mod statistics;
mod store;
mod summary;
pub mod test_tables;
mod trial_charts;
pub mod user_errors;

pub use comparison::{CompareOptions, Comparison};
pub use epoch_log::{EpochLog, EpochRow, EpochTable};
pub use error::ReportError;
pub use filter::Filter;
pub use label::Labels;
pub use lease::{Claim, Free, Held, Holder, Lease, Watch};
pub use record::{
    DataRecord, Environment, Finished, Metrics, Outcome, Rule, RunRecord, SCHEMA_VERSION, Stopped, Swept,
};
pub use redraw::{DrawnChart, RedrawOptions, Redrawn, redraw};
pub use run::{Run, Runs, metrics_of, read_runs};
pub use statistics::{Estimate, estimate};
pub use store::{Layout, Trial, TrialFolder, read_trials, write_atomically};
pub use summary::{Group, groups, settings_csv, summary_csv};
pub use user_errors::{UserError, UserErrors};
