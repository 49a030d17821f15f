//! `hourglass explain`: the experiment with every default filled in.

use anyhow::{Context, Result};

use crate::cli;
use crate::plan::Plan;

/// Prints the resolved experiment as TOML that can be run as it is.
///
/// # Errors
/// When the experiment is wrong.
pub fn explain(arguments: &cli::Explain) -> Result<()> {
    let experiment = &arguments.experiment;
    let plan = Plan::read(experiment, &cli::Choice::default())?;
    let text = toml::to_string_pretty(&plan.spec).context("cannot write the experiment as TOML")?;
    super::print(&text)
}
