//! `hourglass data fetch`: a public data set, from those who publish it.

use anyhow::{Result, bail};
use hourglass_data::fetch::{KNOWN, fetch as fetch_archive};
use indicatif::{ProgressBar, ProgressStyle};

use crate::cli;
use crate::command::print;

/// Downloads, checks and unpacks a data set.
///
/// # Errors
/// When there is none of this name, or it cannot be had.
pub(super) fn fetch(arguments: &cli::Fetch) -> Result<()> {
    let Some(archive) = KNOWN.iter().find(|archive| archive.name == arguments.name) else {
        let names = KNOWN.iter().map(|archive| &*archive.name).collect::<Vec<_>>().join(", ");
        bail!("no data set {:?} is known; expected one of {names}", arguments.name);
    };
    let bar = ProgressBar::no_length();
    let style = "{bar:24} {bytes} of {total_bytes}  {eta} left";
    bar.set_style(ProgressStyle::with_template(style).expect("a well-formed template"));
    let folder = fetch_archive(archive, &arguments.to, &mut |done, total| {
        bar.set_position(done);
        if let Some(total) = total {
            bar.set_length(total);
        }
    })?;
    bar.finish_and_clear();
    print(&format!("{}\n", folder.display()))
}
