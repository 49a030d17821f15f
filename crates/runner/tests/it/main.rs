//! The runner as a user meets it: files in, exit codes, messages and results out.

#![cfg(test)]

mod baselines;
mod blend;
mod check;
mod compare;
mod data;
mod doctor;
mod documentation;
mod end_to_end;
mod exports;
mod failures;
mod kills;
mod layer_by_layer;
mod leases;
mod memory;
mod objectives;
mod outputs;
mod plan;
mod programs;
mod real_data;
mod recommend;
mod reports;
mod run_names;
mod same_bits;
mod sandbox;
mod serve;
mod side_models;
mod stop;
mod sweeps;
mod traps;
mod watch;
mod wrong_data;
mod wrong_experiments;
mod wrong_lines;
