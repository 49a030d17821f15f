//! `hourglass similar`: items that a network takes for similar.

use std::fs;

use anyhow::{Context, Result, anyhow};

use super::print;
use crate::cli::{self, Format};
use crate::recommend::told::{Alike, Alikes, ToItem};
use crate::recommend::{Recommender, Titles};
use crate::trained::Trained;

/// Prints or writes a list for each item that is asked for.
///
/// # Errors
/// When the run cannot be taken up, an item is not known, the network cannot compare items, or the answer cannot be written.
pub fn similar(arguments: &cli::Similar) -> Result<()> {
    let trained = Trained::open(&arguments.trial)?;
    let recommender = Recommender::new(&trained)?;
    let titles = Titles::of(&trained.data.items, &recommender.raters);
    let vectors = recommender.item_vectors(arguments.by)?;
    let find = |title: &String| titles.find(title).with_context(|| format!("--item \"{title}\""));
    let items = arguments.item.iter().map(find).collect::<Result<Vec<u32>>>()?;
    let to_item = |item: u32| -> Result<ToItem> {
        let found = recommender.similar(&vectors, item, arguments.top as usize, arguments.raters)?;
        Ok(ToItem::new(&trained.data.items, item, &found))
    };
    let lists = items.into_iter().map(to_item).collect::<Result<Vec<ToItem>>>()?;
    let alikes = Alikes::new(&recommender, &vectors, lists);
    let text = match arguments.answer.format {
        Format::Table => table(&trained, &alikes),
        Format::Json => serde_json::to_string(&alikes)? + "\n",
        Format::Csv => csv(&alikes.items)?,
    };
    match &arguments.answer.output {
        None => print(&text),
        Some(path) => fs::write(path, text).with_context(|| format!("cannot write {}", path.display())),
    }
}

fn table(trained: &Trained, alikes: &Alikes) -> String {
    let head = format!("{}\ncosine of {}\n", trained.line(), alikes.by);
    let list = |list: &ToItem| {
        let line = |other: &Alike| format!("{:>4}  {:>6.3}  {}\n", other.place, other.cosine, other.title);
        format!("\nsimilar to {}\n{}", list.title, list.similar.iter().map(line).collect::<String>())
    };
    head + &alikes.items.iter().map(list).collect::<String>()
}

fn csv(lists: &[ToItem]) -> Result<String> {
    let mut lines = csv::Writer::from_writer(Vec::new());
    lines.write_record(["item", "place", "similar", "title", "cosine"])?;
    for list in lists {
        for Alike { place, item, title, cosine } in &list.similar {
            lines.write_record([&list.item, &place.to_string(), item, title, &cosine.to_string()])?;
        }
    }
    Ok(String::from_utf8(lines.into_inner().map_err(|error| anyhow!("{error}"))?)?)
}
