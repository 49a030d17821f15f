//! `hourglass recommend`: what a finished run would recommend.

mod write;

use anyhow::{Result, anyhow, ensure};
use hourglass_data::Scale;

use self::write::Writer;
use crate::cli::{self, By};
use crate::recommend::told::ForUser;
use crate::recommend::{About, Accepted, Asked, Neighbours, OwnRating, Recommended, Recommender, Titles};
use crate::trained::Trained;

/// Users whose recommendations are in memory at the same time.
const TOGETHER: usize = 4096;

/// Prints or writes a list for each user that is asked for.
///
/// # Errors
/// When the run cannot be taken up, a user, an item or a rating is wrong, or the answer cannot be written.
pub fn recommend(arguments: &cli::Recommend) -> Result<()> {
    let trained = Trained::open(&arguments.trial)?;
    let recommender = Recommender::new(&trained)?;
    let titles = Titles::of(&trained.data.items, &recommender.raters);
    let by = Way::of(arguments, &recommender)?;
    let asked = asked(arguments);
    let whom = &arguments.whom;
    if whom.user.is_empty() && !whom.all {
        let own = own_ratings(whom, &recommender, &titles)?;
        let about = About::new_user(&trained, &known(&arguments.about)?)?;
        let items = match &by {
            Way::Scores => recommender.for_new_user(&own, &about, &asked)?,
            Way::Neighbours(neighbours) => neighbours.for_new_user(&own, &about, &asked)?,
        };
        let mut writer = Writer::begin(arguments, &recommender, &asked)?;
        writer.user(&ForUser::new(&trained.data, None, own.len(), &own, &items))?;
        return writer.end();
    }
    let users = users(whom, &recommender)?;
    let mut writer = Writer::begin(arguments, &recommender, &asked)?;
    for users in users.chunks(TOGETHER) {
        let lists = by.for_users(&recommender, users, &asked)?;
        for (&user, items) in users.iter().zip(&lists) {
            let ratings = recommender.ratings(user).len();
            writer.user(&ForUser::new(&trained.data, Some(user), ratings, &[], items))?;
        }
    }
    writer.end()
}

fn asked(arguments: &cli::Recommend) -> Asked {
    let by_default = if arguments.whom.all { 0 } else { Asked::default().reasons };
    Asked {
        top: arguments.top as usize,
        threshold: arguments.threshold,
        raters: arguments.raters,
        rated_too: arguments.rated_too,
        reasons: arguments.reasons.unwrap_or(by_default),
    }
}

/// What recommends.
enum Way<'r, 'a> {
    Scores,
    Neighbours(Neighbours<'r, 'a>),
}

impl<'r, 'a> Way<'r, 'a> {
    fn of(arguments: &cli::Recommend, recommender: &'r Recommender<'a>) -> Result<Self> {
        match arguments.by {
            By::Scores => {
                ensure!(arguments.liked.is_none(), "--liked is for --by neighbours; add that, or use --threshold");
                Ok(Self::Scores)
            }
            By::Neighbours => {
                let liked = arguments.liked.unwrap_or_else(|| liked(recommender.trained));
                Ok(Self::Neighbours(Neighbours::of(recommender, arguments.neighbours as usize, liked)?))
            }
        }
    }

    fn for_users(&self, recommender: &Recommender<'_>, users: &[u32], asked: &Asked) -> Result<Vec<Vec<Recommended>>> {
        match self {
            Self::Scores => recommender.for_users(users, asked),
            Self::Neighbours(neighbours) => Ok(neighbours.for_users(users, asked)),
        }
    }
}

/// From which rating on an item is liked: as lists are measured, or else 4 of 1 to 5.
fn liked(trained: &Trained) -> f32 {
    let Scale { minimum, maximum } = trained.data.scale;
    trained.config.evaluation.relevant_from.map_or(minimum + 0.75 * (maximum - minimum), f32::from)
}

/// Those of the data, each once; they ascend.
fn users(whom: &cli::Whom, recommender: &Recommender<'_>) -> Result<Vec<u32>> {
    if whom.all {
        return Ok(recommender.users());
    }
    let mut users = whom.user.iter().map(|id| recommender.user(id)).collect::<Result<Vec<u32>>>()?;
    users.sort_unstable();
    users.dedup();
    Ok(users)
}

/// `age=25` each.
fn known(arguments: &[String]) -> Result<Vec<(String, String)>> {
    let known = |given: &String| {
        let (name, value) = given
            .split_once('=')
            .ok_or_else(|| anyhow!("--about {given}: expected ATTRIBUTE=VALUE, for example age=25"))?;
        Ok((name.to_owned(), value.to_owned()))
    };
    arguments.iter().map(known).collect()
}

/// Of the file, then of the command line.
fn own_ratings(whom: &cli::Whom, recommender: &Recommender<'_>, titles: &Titles<'_>) -> Result<Vec<OwnRating>> {
    let accepted = Accepted { titles, scale: recommender.scale_of_ratings() };
    let mut own = whom.ratings.as_deref().map_or_else(|| Ok(Vec::new()), |path| accepted.file(path))?;
    for rating in accepted.arguments(&whom.rate)? {
        let is_there = own.iter().any(|other| other.item == rating.item);
        let title = recommender.trained.data.items.title(rating.item);
        ensure!(!is_there, "--rate and --ratings both rate {title}; leave one of them out");
        own.push(rating);
    }
    Ok(own)
}
