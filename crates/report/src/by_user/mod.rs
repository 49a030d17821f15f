//! Settings compared user by user: does the difference hold for other users, and how large is it?
//!
//! Seeds tell how much luck is in training; users tell how much is in whom it was tested on. What is drawn anew is whole users, because
//! one user's errors are alike.

mod table;

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::comparison::Compared;
use crate::statistics::{Bootstrap, Interval, Pair, Pooled, cohens_dz, holm, paired_t, rank_biserial, wilcoxon};
use crate::{Comparison, Layout, ReportError, Run, UserError, UserErrors};

/// Settings beside the best of them.
#[derive(Debug)]
pub struct ByUser {
    /// The full name of the metric: `test.rmse`.
    pub metric: String,
    /// How intervals were drawn.
    pub bootstrap: Bootstrap,
    /// Users that all settings have a value for.
    pub users: usize,
    /// By the metric over these users; the best first.
    pub settings: Vec<OfSetting>,
}

/// A setting.
#[derive(Debug)]
pub struct OfSetting {
    /// What tells it from the others.
    pub label: String,
    /// Its runs' ids.
    pub trials: Vec<String>,
    /// The metric.
    pub value: f64,
    /// How it stands to the best; nothing for the best.
    pub against_best: Option<Difference>,
}

/// A setting less the best one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// Of the metric.
    pub difference: f64,
    /// Where it lies with 95 % confidence, were there other users.
    pub interval: Option<Interval>,
    /// Of Student's paired t-test, corrected by Holm for as many tests as there are pairs of settings.
    pub t: Option<f64>,
    /// Of Wilcoxon's signed-rank test, likewise.
    pub wilcoxon: Option<f64>,
    /// Cohen's d of the users' differences.
    pub d_z: Option<f64>,
    /// Their rank-biserial correlation.
    pub rank_biserial: Option<f64>,
}

/// Why settings cannot be compared by user.
#[derive(Debug, thiserror::Error)]
pub enum ByUserError {
    /// A file is broken.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// The metric is no sum over users.
    #[error(
        "--by {metric}: what is kept of each user has no such metric; expected one of {known}: of the test, and list metrics that have \
         a value for a single user"
    )]
    NoSuchMetric {
        /// The metric.
        metric: String,
        /// Those that there are.
        known: String,
    },
    /// There is nothing to compare.
    #[error("{settings} with a value of {metric}: expected at least two; name more runs, or leave --where out")]
    TooFew {
        /// How many, in words.
        settings: String,
        /// The metric.
        metric: String,
    },
    /// Tested on other ratings.
    #[error(
        "`{first}` was tested on other ratings than `{second}` (data {}, split {} and data {}, split {}), so their users do not pair; \
         compare runs of the same [data], [ratings] and [split], or choose some by --where",
        fingerprints.0, fingerprints.1, fingerprints.2, fingerprints.3
    )]
    OtherSplit {
        /// A setting.
        first: String,
        /// Another.
        second: String,
        /// Of data and split, of both.
        fingerprints: Box<(String, String, String, String)>,
    },
    /// Nothing was kept.
    #[error(
        "{} is not there: the run is of an older version, or was run with report.user_errors = false; delete its folder and run it again",
        path.display()
    )]
    Nothing {
        /// The missing file.
        path: PathBuf,
    },
    /// The same ratings, other users.
    #[error(
        "`{first}` and `{second}` have values for other users ({users} and {others}); compare runs with the same [evaluation]"
    )]
    OtherUsers {
        /// A setting.
        first: String,
        /// Another.
        second: String,
        /// Of the first.
        users: usize,
        /// Of the second.
        others: usize,
    },
}

impl ByUser {
    /// Compares the settings of a comparison.
    ///
    /// # Errors
    /// When they cannot be: other ratings, another split, nothing kept, or a metric that users do not have.
    pub fn of(comparison: &Comparison, runs: &[Run], bootstrap: Bootstrap) -> Result<ByUser, ByUserError> {
        let settings: Vec<&Compared> =
            comparison.settings.iter().filter(|setting| setting.estimate.is_some()).collect();
        if settings.len() < 2 {
            let (settings, metric) = (format!("{} setting", settings.len()), comparison.metric.clone());
            return Err(ByUserError::TooFew { settings, metric });
        }
        refuse_other_splits(comparison, &settings, runs)?;
        let mut parts = Vec::new();
        let mut pooled = Pooled::Mean;
        for setting in &settings {
            let (how, users) = parts_of(&comparison.metric, setting, runs)?;
            pooled = how;
            refuse_other_users(comparison, (settings[0], parts.first()), (setting, &users))?;
            parts.push(users);
        }
        let best = &parts[0];
        let mut found: Vec<OfSetting> = settings
            .iter()
            .zip(&parts)
            .enumerate()
            .map(|(place, (setting, users))| {
                let pairs = pairs(best, users);
                OfSetting {
                    label: comparison.label(setting),
                    trials: setting.repeats.values().map(|(run, _)| runs[*run].record.trial.clone()).collect(),
                    value: pooled.values(&pairs).1,
                    against_best: (place > 0).then(|| difference(&pairs, pooled, bootstrap)),
                }
            })
            .collect();
        correct(&mut found);
        Ok(ByUser { metric: comparison.metric.clone(), bootstrap, users: best.len(), settings: found })
    }
}

/// A user's part in the metric: a sum, and of how many.
type Parts = BTreeMap<u32, (f64, f64)>;

/// What a metric takes of a user.
#[derive(Clone, Copy)]
enum PartOf {
    SquaredErrors,
    AbsoluteErrors,
    Rmse,
    Mae,
    /// A list metric, by its place.
    List(usize),
}

impl PartOf {
    fn metric(full_name: &str, lists: &[String]) -> Option<PartOf> {
        Some(match full_name.strip_prefix("test.")? {
            "rmse" => PartOf::SquaredErrors,
            "mae" => PartOf::AbsoluteErrors,
            "user-rmse" => PartOf::Rmse,
            "user-mae" => PartOf::Mae,
            list => PartOf::List(lists.iter().position(|known| known == list)?),
        })
    }

    fn pooled(self) -> Pooled {
        match self {
            PartOf::SquaredErrors => Pooled::RootMean,
            PartOf::AbsoluteErrors | PartOf::Rmse | PartOf::Mae | PartOf::List(_) => Pooled::Mean,
        }
    }

    /// A sum, and of how many.
    fn of(self, user: &UserError) -> Option<(f64, f64)> {
        let ratings = f64::from(user.ratings);
        Some(match self {
            PartOf::SquaredErrors => (user.squared_error, ratings),
            PartOf::AbsoluteErrors => (user.absolute_error, ratings),
            PartOf::Rmse => ((user.squared_error / ratings).sqrt(), 1.0),
            PartOf::Mae => (user.absolute_error / ratings, 1.0),
            PartOf::List(place) => (user.lists[place]?, 1.0),
        })
    }
}

/// Of each user that has any, the mean over the setting's seeds.
fn parts_of(metric: &str, setting: &Compared, runs: &[Run]) -> Result<(Pooled, Parts), ByUserError> {
    let mut parts = Parts::new();
    let mut pooled = Pooled::Mean;
    let seeds = setting.repeats.len() as f64;
    for (run, _) in setting.repeats.values() {
        let folder = &runs[*run].folder;
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let path = Layout::new(folder.parent().unwrap_or(folder)).trial(&name).user_errors();
        let errors = UserErrors::read(&path)?.ok_or(ByUserError::Nothing { path })?;
        let of = PartOf::metric(metric, &errors.lists).ok_or_else(|| no_such_metric(metric, &errors.lists))?;
        pooled = of.pooled();
        for user in &errors.users {
            if let Some((sum, weight)) = of.of(user) {
                let part = parts.entry(user.user).or_insert((0.0, 0.0));
                *part = (part.0 + sum / seeds, part.1 + weight / seeds);
            }
        }
    }
    Ok((pooled, parts))
}

fn no_such_metric(metric: &str, lists: &[String]) -> ByUserError {
    let ratings = ["rmse", "mae", "user-rmse", "user-mae"].into_iter();
    let known = ratings.chain(lists.iter().map(String::as_str)).map(|name| format!("test.{name}"));
    ByUserError::NoSuchMetric { metric: metric.to_owned(), known: known.collect::<Vec<_>>().join(", ") }
}

fn refuse_other_splits(comparison: &Comparison, settings: &[&Compared], runs: &[Run]) -> Result<(), ByUserError> {
    let tested_on = |setting: &Compared| {
        let data = setting.repeats.values().next().map(|(run, _)| &runs[*run].record.data);
        data.map(|data| (data.fingerprint.clone(), data.split_fingerprint.clone())).unwrap_or_default()
    };
    let of_best = tested_on(settings[0]);
    match settings.iter().find(|setting| tested_on(setting) != of_best) {
        None => Ok(()),
        Some(other) => {
            let of_other = tested_on(other);
            Err(ByUserError::OtherSplit {
                first: comparison.label(settings[0]),
                second: comparison.label(other),
                fingerprints: Box::new((of_best.0, of_best.1, of_other.0, of_other.1)),
            })
        }
    }
}

fn refuse_other_users(
    comparison: &Comparison,
    (best, of_best): (&Compared, Option<&Parts>),
    (other, of_other): (&Compared, &Parts),
) -> Result<(), ByUserError> {
    match of_best {
        Some(of_best) if !of_best.keys().eq(of_other.keys()) => Err(ByUserError::OtherUsers {
            first: comparison.label(best),
            second: comparison.label(other),
            users: of_best.len(),
            others: of_other.len(),
        }),
        _ => Ok(()),
    }
}

fn pairs(best: &Parts, other: &Parts) -> Vec<Pair> {
    let pair = |((first, weight), (second, _)): (&(f64, f64), &(f64, f64))| Pair {
        first: *first,
        second: *second,
        weight: *weight,
    };
    best.values().zip(other.values()).map(pair).collect()
}

/// Of sums over a user's ratings, tests compare the sums: over the same ratings, equal sums are an equal metric.
fn difference(pairs: &[Pair], pooled: Pooled, bootstrap: Bootstrap) -> Difference {
    let (best, other) = pooled.values(pairs);
    let differences: Vec<f64> = pairs.iter().map(|pair| pair.second - pair.first).collect();
    Difference {
        difference: other - best,
        interval: bootstrap.interval(pairs, pooled),
        t: paired_t(&differences),
        wilcoxon: wilcoxon(&differences),
        d_z: cohens_dz(&differences),
        rank_biserial: rank_biserial(&differences),
    }
}

/// The best was chosen by the same numbers, so that all pairs of settings count.
fn correct(settings: &mut [OfSetting]) {
    let family = settings.len() * (settings.len() - 1) / 2;
    for p in [(|difference| &mut difference.t) as fn(&mut Difference) -> &mut Option<f64>, |difference| {
        &mut difference.wilcoxon
    }] {
        let mut tested: Vec<&mut f64> =
            settings.iter_mut().filter_map(|setting| p(setting.against_best.as_mut()?).as_mut()).collect();
        let plain: Vec<f64> = tested.iter().map(|p| **p).collect();
        tested.iter_mut().zip(holm(&plain, family)).for_each(|(p, corrected)| **p = corrected);
    }
}

#[cfg(test)]
mod tests;
