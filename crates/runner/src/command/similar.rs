//! `hourglass similar`: items that a network takes for similar.

use std::fs;

use anyhow::{Context, Result, anyhow};
use serde::Serialize;

use super::print;
use crate::cli::{self, Format};
use crate::recommend::told::named;
use crate::recommend::{ItemVectors, Recommender, Similar, Titles};
use crate::trained::Trained;

/// What is similar to one item.
#[derive(Debug, Serialize)]
struct ToItem {
    item: String,
    title: String,
    similar: Vec<Alike>,
}

#[derive(Debug, Serialize)]
struct Alike {
    place: usize,
    item: String,
    title: String,
    cosine: f32,
}

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
    let lists = items.into_iter().map(|item| to_item(&recommender, &vectors, item, arguments));
    let lists = lists.collect::<Result<Vec<ToItem>>>()?;
    let text = match arguments.answer.format {
        Format::Table => table(&trained, &vectors, &lists),
        Format::Json => {
            let by = vectors.by.name();
            serde_json::json!({ "run": trained.record.trial, "by": by, "items": lists }).to_string() + "\n"
        }
        Format::Csv => csv(&lists)?,
    };
    match &arguments.answer.output {
        None => print(&text),
        Some(path) => fs::write(path, text).with_context(|| format!("cannot write {}", path.display())),
    }
}

fn to_item(
    recommender: &Recommender<'_>,
    vectors: &ItemVectors,
    item: u32,
    arguments: &cli::Similar,
) -> Result<ToItem> {
    let items = &recommender.trained.data.items;
    let found = recommender.similar(vectors, item, arguments.top as usize, arguments.raters)?;
    let alike = |(place, other): (usize, &Similar)| {
        let [item, title] = named(items, other.item);
        Alike { place, item, title, cosine: other.cosine }
    };
    let [named_item, title] = named(items, item);
    Ok(ToItem { item: named_item, title, similar: (1..).zip(&found).map(alike).collect() })
}

fn table(trained: &Trained, vectors: &ItemVectors, lists: &[ToItem]) -> String {
    let head = format!("{}\ncosine of {}\n", trained.line(), vectors.by.name());
    let list = |list: &ToItem| {
        let line = |other: &Alike| format!("{:>4}  {:>6.3}  {}\n", other.place, other.cosine, other.title);
        format!("\nsimilar to {}\n{}", list.title, list.similar.iter().map(line).collect::<String>())
    };
    head + &lists.iter().map(list).collect::<String>()
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
