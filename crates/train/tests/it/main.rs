//! Training as a whole, on matrices small enough to be read.

#![cfg(test)]

mod baseline_values;
mod baselines;
mod blend;
mod checkpoints;
mod classes;
mod cold;
mod combinations;
mod engines;
mod engines_everywhere;
mod epochs;
mod every_model;
mod experiment;
mod in_turns;
mod inputs;
mod lbfgs;
mod leakage;
mod lists;
mod masked_loss;
mod metrics;
mod model_values;
mod multi_source;
mod noise;
mod non_finite;
mod objectives;
mod optimizers;
mod penalties;
mod precision;
mod pretraining;
mod reconstruction;
mod reference;
mod schedules;
mod scores;
mod side_models;
mod training;
