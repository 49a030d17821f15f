//! Training: from ratings and a model's configuration to fitted weights and scores.
//!
//! [`fit()`] is the loop. It prints nothing and writes no file: it tells an observer what happened ([`Event`]) and does
//! what the observer answers ([`Flow`]). Every random draw comes from a [`stream`](stream::Streams) that is derived from
//! the seed, the purpose, the epoch and the row, so that a run can stop anywhere and go on to the same bits.

pub mod alternate;
pub mod baseline;
mod best;
pub mod check;
pub mod checkpoint;
mod class_check;
pub mod cold;
pub mod config;
pub mod device;
pub mod early_stopping;
pub mod engine;
mod epoch;
pub mod error;
pub mod evaluate;
pub mod event;
pub mod fit;
pub mod gradient;
pub mod inputs;
pub mod learner;
pub mod levels;
mod libtorch;
pub mod lists;
pub mod loss;
pub mod memory;
pub mod metric;
pub mod monitor;
pub mod noise;
pub mod objective;
pub mod optimizer;
pub mod pairs;
pub mod penalty;
pub mod precision;
pub mod pretrain;
pub mod probe;
mod reading;
pub mod reconstruction;
mod refeed;
pub mod registry;
mod sampling;
pub mod schedule;
pub mod score;
pub mod selection;
pub mod state;
mod step;
pub mod stream;
pub mod task;

pub use check::check;
pub use cold::Cold;
pub use config::{EvaluationConfig, Order, TrainConfig};
pub use device::DeviceChoice;
pub use error::Error;
pub use event::{EpochReport, Event, Flow};
pub use fit::{Outcome, fit};
pub use gradient::GradientConfig;
pub use inputs::Inputs;
pub use learner::Learner;
pub use levels::Levels;
pub use metric::Metric;
pub use monitor::Monitor;
pub use noise::NoiseConfig;
pub use objective::ObjectiveConfig;
pub use optimizer::OptimizerConfig;
pub use penalty::PenaltyConfig;
pub use precision::Precision;
pub use pretrain::PretrainConfig;
pub use registry::ModelConfig;
pub use schedule::ScheduleConfig;
pub use selection::Selection;
pub use state::{Fitted, State};
pub use task::{Context, OfMembers, Task};
