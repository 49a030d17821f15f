//! Items by what people call them: `the matrix` is `Matrix, The (1999)`.
//!
//! Capitals, accents, punctuation, the place of articles and the year do not count; the order of words and single letters count only
//! where that tells items apart.

use anyhow::{Result, anyhow, bail};
use hourglass_data::Catalogue;
use strsim::normalized_damerau_levenshtein;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// How many items an error lists.
const LISTED: usize = 6;

/// From this share of equal letters on, a single nearest title is what was meant.
const SAME: f64 = 0.8;

/// By how much it must be nearer than the next one.
const AHEAD: f64 = 0.05;

/// Titles that share fewer letters are not worth listing.
const NEAR: f64 = 0.35;

/// Where catalogues sort by the next word.
const ARTICLES: [&str; 19] = [
    "the", "a", "an", "la", "le", "les", "l", "el", "los", "las", "il", "lo", "gli", "der", "das", "ein", "eine", "un",
    "une",
];

/// The titles of all items.
pub struct Titles<'a> {
    catalogue: &'a Catalogue,
    /// `[items]`.
    items: Vec<Titled>,
    /// How many training ratings each has: the best known come first `[items]`.
    raters: &'a [u32],
}

/// What an item is called.
struct Titled {
    /// The title, then what stands in parentheses.
    names: Vec<Vec<String>>,
    /// Of each name.
    letters: Vec<Letters>,
    year: Option<String>,
}

/// What a search for one item gave.
enum Found {
    One(u32),
    Several(Vec<u32>),
    Nothing(Vec<u32>),
}

impl<'a> Titles<'a> {
    /// Of all items; where there are no titles, of their ids.
    pub fn of(catalogue: &'a Catalogue, raters: &'a [u32]) -> Self {
        let titled = |item| {
            let (title, year) = without_year(catalogue.title(item));
            let names = names(title);
            let of_name = |name: &Vec<String>| Letters::of([&name.join(" "), &sorted(name).join(" ")]);
            Titled { letters: names.iter().map(of_name).collect(), names, year: year.map(str::to_owned) }
        };
        Self { catalogue, items: (0..catalogue.len() as u32).map(titled).collect(), raters }
    }

    /// The item that is called so, or has this id; `#ID` is an id whatever the titles are.
    ///
    /// # Errors
    /// When there is none, or there are several; the error lists the nearest.
    pub fn find(&self, text: &str) -> Result<u32> {
        match self.search_one(text.trim()) {
            Found::One(item) => Ok(item),
            Found::Several(items) => bail!(
                "`{text}` may be any of {}; add the year, or name one by its id, as #{}",
                self.list(&items),
                self.catalogue.ids.name(items[0]),
            ),
            Found::Nothing(near) if near.is_empty() => {
                bail!("`{text}` is neither a title nor an id of these {} items", self.items.len())
            }
            Found::Nothing(near) => {
                bail!("`{text}` is neither a title nor an id of these items; the nearest are {}", self.list(&near))
            }
        }
    }

    /// The item with this id.
    ///
    /// # Errors
    /// When there is none.
    pub fn by_id(&self, id: &str) -> Result<u32> {
        self.catalogue.ids.index(id).ok_or_else(|| anyhow!("there is no item with the id `{id}`"))
    }

    /// The items with the most training ratings, the best known first.
    pub fn best_known(&self, most: usize) -> Vec<u32> {
        let mut items = self.best_known_first((0..self.items.len() as u32).collect());
        items.truncate(most);
        items
    }

    /// Items whose title has all these words, of which the last may have only begun; without any, those with similar titles.
    /// The nearest to what was typed come first, then the best known.
    pub fn search(&self, text: &str, most: usize) -> Vec<u32> {
        let (text, year) = without_year(text);
        let typed = words(text);
        let Some((last, whole)) = typed.split_last() else { return Vec::new() };
        let fits = |name: &Vec<String>| {
            whole.iter().all(|word| name.contains(word)) && name.iter().any(|word| word.starts_with(last.as_str()))
        };
        let rank = |item: u32| {
            let titled = &self.items[item as usize];
            let place = titled.names.iter().position(fits)?;
            let begins = titled.names[place].join(" ").starts_with(&typed.join(" "))
                || without_article(&titled.names[place]).join(" ").starts_with(&typed.join(" "));
            let same = without_article(&titled.names[place]) == without_article(&typed);
            Some((place > 0, !same, !begins, u32::MAX - self.raters[item as usize], item))
        };
        let mut found: Vec<_> = self.of_year(year).filter_map(rank).collect();
        found.sort_unstable();
        let found: Vec<u32> = found.into_iter().take(most).map(|(.., item)| item).collect();
        if found.is_empty() {
            self.nearest(&typed, year, most).into_iter().map(|(_, item)| item).collect()
        } else {
            found
        }
    }

    fn search_one(&self, text: &str) -> Found {
        if let Some(item) = text.strip_prefix('#').and_then(|id| self.catalogue.ids.index(id)) {
            return Found::One(item);
        }
        let (title, year) = without_year(text);
        let typed = words(title);
        let by_id = || self.catalogue.ids.index(text).into_iter().collect();
        let mut found = self.equal(&typed, year);
        // A year may stand there without parentheses.
        if let (true, None, [title @ .., last]) = (found.is_empty(), year, typed.as_slice())
            && is_year(last)
        {
            found = self.equal(title, Some(last.as_str()));
        }
        let ways: [&dyn Fn() -> Vec<u32>; 3] =
            [&by_id, &|| self.in_any_order(&typed, year), &|| self.with_words(&typed, year)];
        let found = ways.iter().fold(found, |found, way| if found.is_empty() { way() } else { found });
        match found[..] {
            [only] => Found::One(only),
            [] => self.guess(&typed, year),
            _ => Found::Several(self.best_known_first(found)),
        }
    }

    /// Those with this title, or else with this other name.
    fn equal(&self, typed: &[String], year: Option<&str>) -> Vec<u32> {
        let typed = without_article(typed);
        let is_title = |item: &u32| without_article(&self.items[*item as usize].names[0]) == typed;
        let by_title: Vec<u32> = self.of_year(year).filter(is_title).collect();
        let is_name = |item: &u32| self.items[*item as usize].names.iter().any(|name| without_article(name) == typed);
        if by_title.is_empty() { self.of_year(year).filter(is_name).collect() } else { by_title }
    }

    fn in_any_order(&self, typed: &[String], year: Option<&str>) -> Vec<u32> {
        let typed = sorted(typed);
        let fits = |item: &u32| self.items[*item as usize].names.iter().any(|name| sorted(name) == typed);
        self.of_year(year).filter(fits).collect()
    }

    fn with_words(&self, typed: &[String], year: Option<&str>) -> Vec<u32> {
        let typed = without_article(typed);
        let has_all = |name: &Vec<String>| !typed.is_empty() && typed.iter().all(|word| name.contains(word));
        self.of_year(year).filter(|item| self.items[*item as usize].names.iter().any(has_all)).collect()
    }

    /// The single title that is nearly this, or several to choose from.
    fn guess(&self, typed: &[String], year: Option<&str>) -> Found {
        let near = self.nearest(typed, year, LISTED);
        // Another number is another item.
        let is_same = |item: u32| self.items[item as usize].names.iter().any(|name| numbers(name).eq(numbers(typed)));
        let is_ahead = |first: f64| near.get(1).is_none_or(|(next, _)| next + AHEAD <= first);
        match near[..] {
            [(first, item), ..] if first >= SAME && is_ahead(first) && is_same(item) => Found::One(item),
            _ => Found::Nothing(near.into_iter().map(|(_, item)| item).collect()),
        }
    }

    /// By the share of equal letters, the highest first. Those that can have the highest are compared first, until none that is
    /// left can be among these.
    fn nearest(&self, typed: &[String], year: Option<&str>, most: usize) -> Vec<(f64, u32)> {
        let (whole, ordered) = (typed.join(" "), sorted(typed).join(" "));
        let likeness = |name: &Vec<String>| {
            let of_whole = normalized_damerau_levenshtein(&whole, &name.join(" "));
            let of_ordered = normalized_damerau_levenshtein(&ordered, &sorted(name).join(" "));
            of_whole.max(of_ordered)
        };
        let of_item = |item: u32| {
            let names = self.items[item as usize].names.iter();
            (names.map(likeness).fold(0.0, f64::max), item)
        };
        let higher_first = |a: &(f64, u32), b: &(f64, u32)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
        let letters = Letters::of([&whole, &ordered]);
        let at_most = |item: u32| {
            (self.items[item as usize].letters.iter().map(|of| of.share(&letters)).fold(0.0, f64::max), item)
        };
        let mut left: Vec<(f64, u32)> = self.of_year(year).map(at_most).filter(|(share, _)| *share >= NEAR).collect();
        left.sort_by(higher_first);
        let mut near: Vec<(f64, u32)> = Vec::new();
        for (highest, item) in left {
            if near.len() == most && near.last().is_none_or(|(share, _)| highest < *share) {
                break;
            }
            let found = of_item(item);
            if found.0 >= NEAR {
                near.insert(near.partition_point(|other| higher_first(other, &found).is_lt()), found);
                near.truncate(most);
            }
        }
        near
    }

    fn of_year(&self, year: Option<&str>) -> impl Iterator<Item = u32> {
        let fits = move |titled: &Titled| year.is_none() || titled.year.as_deref() == year;
        (0..).zip(&self.items).filter(move |(_, titled)| fits(titled)).map(|(item, _)| item)
    }

    fn best_known_first(&self, mut items: Vec<u32>) -> Vec<u32> {
        items.sort_by_key(|&item| (u32::MAX - self.raters[item as usize], item));
        items
    }

    /// `Matrix, The (1999) [#2571], …`.
    fn list(&self, items: &[u32]) -> String {
        let named = |&item: &u32| format!("{} [#{}]", self.catalogue.title(item), self.catalogue.ids.name(item));
        let more = if items.len() > LISTED { format!(" and {} more", items.len() - LISTED) } else { String::new() };
        items.iter().take(LISTED).map(named).collect::<Vec<_>>().join(", ") + &more
    }
}

/// How often each letter is in a text, and in the same without its article and in another order.
struct Letters {
    texts: [([u8; 32], usize); 2],
}

impl Letters {
    /// Letters that are 32 apart count as one: that takes texts for nearer than they are, never for farther.
    fn of(texts: [&str; 2]) -> Self {
        let counted = |text: &str| {
            let mut counts = [0_u8; 32];
            for letter in text.chars() {
                let count = &mut counts[letter as usize % 32];
                *count = count.saturating_add(1);
            }
            (counts, text.chars().count())
        };
        Self { texts: texts.map(counted) }
    }

    /// No share of equal letters is higher: what one text has too much of, an edit each must change.
    fn share(&self, other: &Self) -> f64 {
        let share = |(left, left_length): &([u8; 32], usize), (right, right_length): &([u8; 32], usize)| {
            let too_many = |left: &[u8; 32], right: &[u8; 32]| -> usize {
                left.iter().zip(right).map(|(left, right)| usize::from(left.saturating_sub(*right))).sum()
            };
            let edits = too_many(left, right).max(too_many(right, left));
            1.0 - edits as f64 / (*left_length.max(right_length)).max(1) as f64
        };
        let [whole, ordered] = [0, 1].map(|text| share(&self.texts[text], &other.texts[text]));
        whole.max(ordered)
    }
}

/// `Matrix, The (1999)` as `Matrix, The` and `1999`.
fn without_year(title: &str) -> (&str, Option<&str>) {
    let parts = title.trim_end().strip_suffix(')').and_then(|rest| rest.rsplit_once('('));
    match parts {
        Some((title, year)) if is_year(year) && !title.trim().is_empty() => (title, Some(year)),
        _ => (title, None),
    }
}

fn is_year(text: &str) -> bool {
    text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The title, and what stands in parentheses: other titles. Articles behind a comma go where they are spoken.
fn names(title: &str) -> Vec<Vec<String>> {
    let pieces = title.split(['(', ')']).map(|piece| piece.trim_start_matches("a.k.a.").trim());
    let names: Vec<Vec<String>> = pieces.map(spoken).filter(|name| !name.is_empty()).collect();
    if names.is_empty() { vec![words(title)] } else { names }
}

fn spoken(name: &str) -> Vec<String> {
    let (rest, end) = name.rsplit_once(',').unwrap_or((name, ""));
    match words(end).as_slice() {
        [article] if ARTICLES.contains(&article.as_str()) => [vec![article.clone()], words(rest)].concat(),
        _ => words(name),
    }
}

/// In small letters without accents; what is neither letter nor digit ends a word, but for points and apostrophes.
fn words(text: &str) -> Vec<String> {
    let plain: String = text.nfkd().filter(|&letter| !is_combining_mark(letter)).flat_map(char::to_lowercase).collect();
    let plain = plain.replace('&', " and ").replace('ß', "ss").replace('æ', "ae").replace('œ', "oe").replace('ø', "o");
    let plain = plain.replace(['.', '\'', '’', '`'], "");
    plain.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn without_article(words: &[String]) -> &[String] {
    match words {
        [first, rest @ ..] if !rest.is_empty() && ARTICLES.contains(&first.as_str()) => rest,
        _ => words,
    }
}

fn numbers(words: &[String]) -> impl Iterator<Item = &String> {
    words.iter().filter(|word| word.bytes().all(|byte| byte.is_ascii_digit()))
}

fn sorted(words: &[String]) -> Vec<String> {
    let mut words = without_article(words).to_vec();
    words.sort_unstable();
    words
}

#[cfg(test)]
mod tests {
    use hourglass_data::{Attribute, IdMap};

    use super::*;

    const TITLES: [&str; 16] = [
        "Toy Story (1995)",
        "Toy Story 2 (1999)",
        "Matrix, The (1999)",
        "Star Wars: Episode IV - A New Hope (1977)",
        "Star Wars: Episode V - The Empire Strikes Back (1980)",
        "City of Lost Children, The (Cité des enfants perdus, La) (1995)",
        "Seven (a.k.a. Se7en) (1995)",
        "Schindler's List (1993)",
        "E.T. the Extra-Terrestrial (1982)",
        "Hamlet (1990)",
        "Hamlet (1996)",
        "2001: A Space Odyssey (1968)",
        "Die Hard (1988)",
        "Hard Rain (1998)",
        "Thelma & Louise (1991)",
        "Amélie",
    ];

    fn with_titles<T>(check: impl FnOnce(&Titles<'_>) -> T) -> T {
        let ids = IdMap::new((0..TITLES.len()).map(|item| (item + 100).to_string()).collect());
        let values = TITLES.map(str::to_owned).to_vec();
        let catalogue = Catalogue { ids, attributes: vec![Attribute { name: "title".to_owned(), values }] };
        let raters: Vec<u32> = (0..TITLES.len() as u32).map(|item| item % 7).collect();
        check(&Titles::of(&catalogue, &raters))
    }

    #[test]
    fn an_item_is_found_by_what_people_call_it() {
        with_titles(|titles| {
            for (typed, expected) in [
                ("Toy Story", "Toy Story (1995)"),
                ("toy story (1995)", "Toy Story (1995)"),
                ("TOY  STORY 2", "Toy Story 2 (1999)"),
                ("The Matrix", "Matrix, The (1999)"),
                ("matrix", "Matrix, The (1999)"),
                ("Matrix 1999", "Matrix, The (1999)"),
                ("Teh Matrix", "Matrix, The (1999)"),
                ("the matirx", "Matrix, The (1999)"),
                ("story toy", "Toy Story (1995)"),
                ("A New Hope", "Star Wars: Episode IV - A New Hope (1977)"),
                ("Empire strikes back", "Star Wars: Episode V - The Empire Strikes Back (1980)"),
                ("la cite des enfants perdus", "City of Lost Children, The (Cité des enfants perdus, La) (1995)"),
                ("City of Lost Children", "City of Lost Children, The (Cité des enfants perdus, La) (1995)"),
                ("Se7en", "Seven (a.k.a. Se7en) (1995)"),
                ("schindlers list", "Schindler's List (1993)"),
                ("ET the extra terrestrial", "E.T. the Extra-Terrestrial (1982)"),
                ("Hamlet (1996)", "Hamlet (1996)"),
                ("hamlet 1990", "Hamlet (1990)"),
                ("2001: a space odyssey", "2001: A Space Odyssey (1968)"),
                ("die hard", "Die Hard (1988)"),
                ("Thelma and Louise", "Thelma & Louise (1991)"),
                ("amelie", "Amélie"),
                ("107", "Schindler's List (1993)"),
                ("#112", "Die Hard (1988)"),
            ] {
                let found = titles.find(typed).unwrap_or_else(|error| panic!("{typed}: {error}"));
                assert_eq!(TITLES[found as usize], expected, "{typed}");
            }
        });
    }

    #[test]
    fn what_may_be_several_items_or_is_none_is_told_with_the_nearest() {
        with_titles(|titles| {
            for (typed, pieces) in [
                ("Hamlet", &["may be any of Hamlet (1996) [#110]", "Hamlet (1990) [#109]", "add the year", "as #"][..]),
                ("Star Wars", &["Episode IV - A New Hope (1977) [#103]", "[#104]"]),
                ("Toy Store 3", &["is neither a title nor an id", "the nearest are Toy Story", "Toy Story 2 (1999)"]),
                ("xxxxxxxxxxxxxxxxxxxx", &["is neither a title nor an id of these 16 items"]),
                ("", &["neither"]),
                ("#9", &["neither"]),
                ("Toy Story (1931)", &["neither a title"]),
            ] {
                let error = titles.find(typed).map(|found| TITLES[found as usize]).unwrap_err().to_string();
                pieces.iter().for_each(|piece| assert!(error.contains(piece), "{typed}: no `{piece}` in {error}"));
            }
        });
    }

    #[test]
    fn the_nearest_are_those_that_comparing_all_would_find() {
        with_titles(|titles| {
            for typed in ["toi storry", "matrx the", "star wras", "hamlte", "", "1", "lost city children", "q"] {
                let typed = words(typed);
                let all = titles.nearest(&typed, None, TITLES.len());
                for most in 1..6 {
                    assert_eq!(titles.nearest(&typed, None, most), all[..most.min(all.len())], "{typed:?}");
                }
                let (whole, ordered) = (typed.join(" "), sorted(&typed).join(" "));
                for item in 0..TITLES.len() as u32 {
                    let likeness = |name: &Vec<String>| {
                        let of_whole = normalized_damerau_levenshtein(&whole, &name.join(" "));
                        of_whole.max(normalized_damerau_levenshtein(&ordered, &sorted(name).join(" ")))
                    };
                    let share = titles.items[item as usize].names.iter().map(likeness).fold(0.0, f64::max);
                    let found = all.iter().find(|(_, other)| *other == item).map(|(share, _)| *share);
                    assert_eq!(
                        found,
                        Some(share).filter(|share| *share >= NEAR),
                        "{typed:?}: {}",
                        TITLES[item as usize]
                    );
                }
            }
        });
    }

    #[test]
    fn a_search_begins_with_what_was_typed_so_far() {
        with_titles(|titles| {
            for (typed, expected) in [
                ("toy", &["Toy Story 2 (1999)", "Toy Story (1995)"][..]),
                ("toy story", &["Toy Story (1995)", "Toy Story 2 (1999)"]),
                ("the mat", &["Matrix, The (1999)"]),
                (
                    "star wa",
                    &[
                        "Star Wars: Episode V - The Empire Strikes Back (1980)",
                        "Star Wars: Episode IV - A New Hope (1977)",
                    ],
                ),
                ("hard", &["Hard Rain (1998)", "Die Hard (1988)"]),
                ("hamlet (1990)", &["Hamlet (1990)"]),
                ("", &[]),
            ] {
                let found: Vec<&str> = titles.search(typed, 2).iter().map(|&item| TITLES[item as usize]).collect();
                assert_eq!(found, expected, "{typed}");
            }
        });
    }
}
