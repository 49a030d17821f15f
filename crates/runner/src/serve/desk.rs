//! What one scoring thread answers questions from.

use std::cell::OnceCell;

use anyhow::{Result, anyhow};
use serde::Serialize;

use super::question::{Question, Whom, Wish};
use super::refusal::Refusal;
use crate::recommend::told::{Alikes, ForUser, Recommendations, ToItem, named};
use crate::recommend::{About, Accepted, ItemVectors, Recommender, Titles, Vectors};

/// A run, ready to be asked.
pub(super) struct Desk<'r, 'a> {
    recommender: &'r Recommender<'a>,
    titles: Titles<'r>,
    /// By [`Vectors`], each made when it is first asked for, or why there are none.
    vectors: [OnceCell<Result<ItemVectors, String>>; 3],
}

/// Items that were looked for.
#[derive(Serialize)]
struct Found {
    items: Vec<FoundItem>,
}

#[derive(Serialize)]
struct FoundItem {
    item: String,
    title: String,
    /// How many training ratings it has.
    raters: u32,
}

impl<'r, 'a> Desk<'r, 'a> {
    pub(super) fn new(recommender: &'r Recommender<'a>) -> Self {
        let titles = Titles::of(&recommender.trained.data.items, &recommender.raters);
        Self { recommender, titles, vectors: Default::default() }
    }

    /// The answer as JSON.
    ///
    /// # Errors
    /// When what is asked for is not there, or cannot be had of this run.
    pub(super) fn answer(&self, question: &Question) -> Result<Vec<u8>, Refusal> {
        match question {
            Question::Items { search, top } => written(&self.items(search.as_deref(), *top)),
            Question::Similar { item, top, by, raters } => written(&self.similar(item, *top, *by, *raters)?),
            Question::Recommend(body) => written(&self.recommend(Wish::read(body)?)?),
        }
    }

    fn items(&self, search: Option<&str>, top: usize) -> Found {
        let found = match search {
            Some(text) => self.titles.search(text, top),
            None => self.titles.best_known(top),
        };
        let told = |item: u32| {
            let [id, title] = named(&self.recommender.trained.data.items, item);
            FoundItem { item: id, title, raters: self.recommender.raters[item as usize] }
        };
        Found { items: found.into_iter().map(told).collect() }
    }

    fn similar(&self, id: &str, top: usize, by: Option<Vectors>, raters: u32) -> Result<Alikes> {
        let item = self.titles.by_id(id)?;
        let vectors = self.vectors(by)?;
        let found = self.recommender.similar(vectors, item, top, raters)?;
        let to_item = ToItem::new(&self.recommender.trained.data.items, item, &found);
        Ok(Alikes::new(self.recommender, vectors, vec![to_item]))
    }

    fn vectors(&self, by: Option<Vectors>) -> Result<&ItemVectors> {
        let by = by.map_or_else(|| self.recommender.fitting_vectors(), Ok)?;
        let make = || self.recommender.item_vectors(Some(by)).map_err(|error| format!("{error:#}"));
        self.vectors[by as usize].get_or_init(make).as_ref().map_err(|error| anyhow!("{error}"))
    }

    /// Why items cannot be compared, where they cannot.
    pub(super) fn no_similar(&self) -> Option<String> {
        self.vectors(None).err().map(|error| format!("{error:#}"))
    }

    fn recommend(&self, wish: Wish) -> Result<Recommendations> {
        let (asked, recommender) = (wish.asked(), self.recommender);
        let mut answer = Recommendations::by_scores(recommender, &asked);
        let data = &recommender.trained.data;
        match wish.whom()? {
            Whom::Known(id) => {
                let user = recommender.user(&id)?;
                let ratings = recommender.ratings(user).len();
                for items in recommender.for_users(&[user], &asked)? {
                    answer.users.push(ForUser::new(data, Some(user), ratings, &[], &items));
                }
            }
            Whom::New { ratings, about } => {
                recommender.takes_new_users()?;
                let accepted = Accepted { titles: &self.titles, scale: recommender.scale_of_ratings() };
                let own = accepted.list(&ratings)?;
                let about = About::new_user(recommender.trained, &about)?;
                let items = recommender.for_new_user(&own, &about, &asked)?;
                answer.users.push(ForUser::new(data, None, own.len(), &own, &items));
            }
        }
        Ok(answer)
    }
}

fn written(answer: &impl Serialize) -> Result<Vec<u8>, Refusal> {
    serde_json::to_vec(answer).map_err(|error| {
        tracing::error!("an answer cannot be written: {error}");
        Refusal::failed()
    })
}
