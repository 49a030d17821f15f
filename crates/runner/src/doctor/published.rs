//! Numbers that many papers quote, with the protocol that they belong to.

use hourglass_data::SplitConfig;

use super::Setting;

/// A published number.
pub(super) struct Published {
    /// Of the data set's folder.
    pub(super) data: &'static str,
    /// As it is quoted.
    pub(super) value: f64,
    /// What it is.
    pub(super) metric: &'static str,
    /// How it was measured.
    pub(super) protocol: Protocol,
    /// Whose it is.
    pub(super) of: &'static str,
}

/// How a number was measured.
#[derive(Clone, Copy)]
pub(super) enum Protocol {
    /// A tenth of all ratings is tested on, drawn at random.
    Random,
    /// The first of the folds that come with MovieLens-100K.
    U1,
    /// Some users are held out (Liang et al. 2018).
    HeldOutUsers,
}

const fn published(
    data: &'static str,
    value: f64,
    metric: &'static str,
    protocol: Protocol,
    of: &'static str,
) -> Published {
    Published { data, value, metric, protocol, of }
}

/// Sedhain et al. 2015, Zheng et al. 2016, Muller et al. 2018, Han et al. 2021, van den Berg et al. 2017, Strub et al. 2016, Liang et al.
/// 2018, Steck 2019, Shenbin et al. 2020, Mai 2019, as their papers or repositories print them.
pub(super) const PUBLISHED: &[Published] = &[
    published("ml-1m", 0.831, "rmse", Protocol::Random, "I-AutoRec"),
    published("ml-1m", 0.874, "rmse", Protocol::Random, "U-AutoRec"),
    published("ml-1m", 0.845, "rmse", Protocol::Random, "biased matrix factorisation"),
    published("ml-1m", 0.829, "rmse", Protocol::Random, "CF-NADE"),
    published("ml-1m", 0.824, "rmse", Protocol::Random, "SparseFC"),
    published("ml-1m", 0.823, "rmse", Protocol::Random, "SparseFC"),
    published("ml-1m", 0.8227, "rmse", Protocol::Random, "GLocal-K"),
    published("ml-1m", 0.832, "rmse", Protocol::Random, "GC-MC"),
    published("ml-1m", 0.857, "user-rmse", Protocol::Random, "Mai's deep autoencoder"),
    published("ml-10m", 0.782, "rmse", Protocol::Random, "I-AutoRec"),
    published("ml-10m", 0.771, "rmse", Protocol::Random, "CF-NADE"),
    published("ml-10m", 0.769, "rmse", Protocol::Random, "SparseFC"),
    published("ml-100k", 0.8889, "rmse", Protocol::U1, "GLocal-K"),
    published("ml-100k", 0.905, "rmse", Protocol::U1, "GC-MC"),
    published("ml-100k", 0.8808, "rmse", Protocol::U1, "myFM"),
    published("ml-20m", 0.426, "ndcg@100", Protocol::HeldOutUsers, "Mult-VAE"),
    published("ml-20m", 0.419, "ndcg@100", Protocol::HeldOutUsers, "Mult-DAE"),
    published("ml-20m", 0.420, "ndcg@100", Protocol::HeldOutUsers, "EASE"),
    published("ml-20m", 0.442, "ndcg@100", Protocol::HeldOutUsers, "RecVAE"),
    published("ml-20m", 0.395, "recall@20", Protocol::HeldOutUsers, "Mult-VAE"),
];

impl Protocol {
    /// In words.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Random => "a random tenth of all ratings",
            Self::U1 => "the fold u1",
            Self::HeldOutUsers => "held-out users",
        }
    }

    /// Whether a setting is tested so.
    pub(super) fn is_of(self, setting: &Setting<'_>) -> bool {
        let tenth = |key: &str| {
            let share = setting.value(key).and_then(toml::Value::as_float);
            share.is_some_and(|share| (share - 0.1).abs() < 0.005)
        };
        match (self, &setting.config.split) {
            (Self::Random, SplitConfig::Random(_)) => tenth("split.random.test"),
            (Self::Random, SplitConfig::Folds(folds)) => folds.folds == 10,
            // Lists of rows can be of anything.
            (Self::Random, SplitConfig::Rows(_)) => true,
            (Self::U1, SplitConfig::Files(files)) => files.test.iter().any(|file| file.ends_with("u1.test")),
            (Self::HeldOutUsers, SplitConfig::HeldOutUsers(_)) => true,
            _ => false,
        }
    }
}
