//! Recommendations as a table, as JSON, or as CSV, a user at a time.

use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Write};

use anyhow::{Context, Result, anyhow};

use crate::cli::{self, By, Format};
use crate::recommend::told::{ForUser, Item, Recommendations};
use crate::recommend::{Asked, Recommender};

/// Where an answer goes, as long as somebody reads it.
pub(super) struct Writer {
    format: Format,
    by: By,
    to: BufWriter<Box<dyn Write>>,
    name: String,
    users: usize,
}

impl Writer {
    /// Tells what follows.
    pub(super) fn begin(arguments: &cli::Recommend, recommender: &Recommender<'_>, asked: &Asked) -> Result<Self> {
        let path = arguments.answer.output.as_ref();
        let name = path.map_or_else(|| "standard output".to_owned(), |path| path.display().to_string());
        let to: Box<dyn Write> = match path {
            None => Box::new(io::stdout()),
            Some(path) => Box::new(File::create(path).with_context(|| format!("cannot write {name}"))?),
        };
        let (format, by) = (arguments.answer.format, arguments.by);
        let mut writer = Self { format, by, to: BufWriter::new(to), name, users: 0 };
        let told = match by {
            By::Scores => Recommendations::by_scores(recommender, asked),
            By::Neighbours => Recommendations::by_neighbours(recommender),
        };
        let head = match format {
            Format::Table => {
                let reasons = told.reasons.map_or_else(String::new, |how| format!("; reasons {how}"));
                format!("{}\nscores: {}{reasons}\n", recommender.trained.line(), told.scores)
            }
            Format::Csv => "user,place,item,title,score,reasons\n".to_owned(),
            // The list of users, which is still empty, is left open.
            Format::Json => serde_json::to_string(&told)?.trim_end_matches("]}").to_owned() + "\n",
        };
        writer.write(head.as_bytes())?;
        Ok(writer)
    }

    /// Adds a user.
    pub(super) fn user(&mut self, user: &ForUser) -> Result<()> {
        let text = match self.format {
            Format::Table => table(user, self.by).into_bytes(),
            Format::Csv => csv(user)?,
            Format::Json => {
                let separator = if self.users == 0 { "" } else { ",\n" };
                format!("{separator}{}", serde_json::to_string(user)?).into_bytes()
            }
        };
        self.users += 1;
        self.write(&text)
    }

    /// Nothing follows.
    pub(super) fn end(mut self) -> Result<()> {
        if self.format == Format::Json {
            self.write(b"\n]}\n")?;
        }
        let flushed = self.to.flush();
        self.written(flushed)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let written = self.to.write_all(bytes);
        self.written(written)
    }

    /// A reader that has seen enough, as in `| head`, is no error.
    fn written(&self, written: io::Result<()>) -> Result<()> {
        match written {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                Err(error).with_context(|| format!("cannot write {}", self.name))
            }
            _ => Ok(()),
        }
    }
}

fn table(user: &ForUser, by: By) -> String {
    let whom = match &user.user {
        Some(id) => format!("\nuser {id}, by {} ratings\n", user.ratings),
        None => {
            let own = user.own.iter().map(|own| format!("{} {}", own.title, own.rating));
            format!("\nsomebody new, by {} ratings: {}\n", user.ratings, own.collect::<Vec<_>>().join(", "))
        }
    };
    if user.items.is_empty() {
        return whom + "  nothing: no item is left, or none has a score as high as --threshold\n";
    }
    let width = user.items.iter().map(|item| item.title.chars().count()).max().unwrap_or(0);
    let line = |item: &Item| {
        let score =
            if by == By::Scores { format!("{:.2}", item.score) } else { format!("{:.0} %", item.score * 100.0) };
        let reasons = item.reasons.iter().map(|reason| format!("{} {:+.2}", reason.title, reason.contribution));
        let reasons = reasons.collect::<Vec<_>>().join(", ");
        let because = if reasons.is_empty() { String::new() } else { format!("because of {reasons}") };
        format!("{:>4}  {score:>6}  {:<width$}  {because}", item.place, item.title).trim_end().to_owned() + "\n"
    };
    whom + &user.items.iter().map(line).collect::<String>()
}

fn csv(user: &ForUser) -> Result<Vec<u8>> {
    let mut lines = csv::Writer::from_writer(Vec::new());
    for Item { place, item, title, score, reasons } in &user.items {
        let reasons = reasons.iter().map(|reason| format!("{} ({:+})", reason.title, reason.contribution));
        let reasons = reasons.collect::<Vec<_>>().join("; ");
        let id = user.user.as_deref().unwrap_or_default();
        lines.write_record([id, &place.to_string(), item, title, &score.to_string(), &reasons])?;
    }
    lines.into_inner().map_err(|error| anyhow!("{error}"))
}
