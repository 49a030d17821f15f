//! What holds for every split.

use super::{Split, SplitConfig};
use crate::interactions::tests::interactions;
use crate::{FillConfig, Finite, HeldOut, Interactions};
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use std::path::Path;

/// Every split that draws at random, to which a line with a seed is added.
const RANDOM: [&str; 11] = [
    "[random]\nstratify = \"item\"",
    "[random]\nstratify = \"none\"",
    "[random]\nstratify = \"user\"",
    "[folds]\nstratify = \"item\"",
    "[folds]\nstratify = \"none\"\nfold = 3",
    "[folds]\nstratify = \"user\"\nfold = 5",
    "[leave-out]\nby = \"random\"\ncount = 2",
    "[files]\ntest = [\"b.csv\"]",
    "[held-out-users]",
    "[held-out-users]\ntest = 0.4\nvalidation = 0.3\nfold_in = 0.5",
    "[masked]\nvalidation = 0.1",
];

/// Every split that does not.
const DETERMINISTIC: [&str; 7] = [
    "[leave-out]",
    "[leave-out]\ncount = 2\nvalidation = 0",
    "[temporal]\nper = \"all\"\ntest = 0.3",
    "[temporal]\nper = \"user\"\ntest = 0.3",
    "[temporal-cut]\ntest_from = 30\nvalidation_from = 20",
    "[files]\ntest = [\"b.csv\"]\nvalidation = { files = [\"a.csv\"] }",
    "[rows]",
];

fn every_split(seed: u16, folder: &Path) -> impl Iterator<Item = SplitConfig> {
    let lists = ["0\n5\n", "1\n7\n19\n"].into_iter().zip(["test", "validation"]).map(|(rows, name)| {
        let path = folder.join(name);
        std::fs::write(&path, rows).unwrap();
        format!("\n{name} = {path:?}")
    });
    let lists: String = lists.collect();
    let random = RANDOM.iter().map(move |lines| format!("{lines}\nseed = {seed}"));
    let fixed =
        DETERMINISTIC.iter().map(move |&lines| if lines == "[rows]" { format!("[rows]{lists}") } else { lines.into() });
    random.chain(fixed).map(|lines| toml::from_str(&lines).expect(&lines))
}

prop_compose! {
    /// Ratings that all have different values, from three files.
    pub(super) fn any_data()(
        pairs in btree_set((0_u32..8, 0_u32..30), 20..150),
        times in vec(0_i64..50, 150),
    ) -> Interactions {
        let numbered = pairs.iter().zip(0..).map(|(&(user, item), value)| (user, item, value as f32));
        let mut data = interactions(&numbered.collect::<Vec<_>>());
        let count = data.ratings.len();
        data.times = times[..count].to_vec();
        data.counts.read = count;
        data.files = vec![("a.csv".into(), 0..count / 4), ("b.csv".into(), count / 4..count / 2), ("c.csv".into(), count / 2..count)];
        data
    }
}

/// The values of all parts, which are the places of the ratings, ascending.
fn places(split: &Split) -> Vec<usize> {
    let of =
        |part: &HeldOut| part.ratings.entries().chain(part.fold_in.iter().flat_map(|shown| shown.entries())).collect();
    let parts: [Vec<_>; 3] = [split.train.entries().collect(), of(&split.validation), of(&split.test)];
    let mut places: Vec<usize> = parts.concat().iter().map(|&(.., value)| value as usize).collect();
    places.sort_unstable();
    places
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_split_is_a_partition_and_the_same_again(data in any_data(), seed: u16) {
        let folder = tempfile::tempdir().unwrap();
        for config in every_split(seed, folder.path()) {
            // Small strata cannot give every part.
            let Ok(split) = config.split(&data) else { continue };
            prop_assert_eq!(&config.split(&data).unwrap(), &split);
            let places = places(&split);
            match config {
                SplitConfig::Masked(_) => prop_assert_eq!(&split.train, &data.matrix()),
                SplitConfig::HeldOutUsers(_) => {
                    prop_assert!(places.is_sorted_by(|left, right| left < right));
                    let left_out = (0..data.ratings.len()).filter(|place| places.binary_search(place).is_err());
                    for rating in left_out.map(|place| data.ratings[place]) {
                        prop_assert!(split.train.row(rating.user as usize).is_empty());
                    }
                }
                _ => prop_assert_eq!(places, (0..data.ratings.len()).collect::<Vec<_>>(), "{:?}", config),
            }
        }
    }

    #[test]
    fn no_fill_sees_a_held_out_rating(data in any_data(), seed: u16, value in -100.0_f32..100.0) {
        let folder = tempfile::tempdir().unwrap();
        let constant = FillConfig::Constant(Finite::try_from(3.0).unwrap());
        let fills = [
            FillConfig::Bias, constant, FillConfig::GlobalMean, FillConfig::ItemMean, FillConfig::UserMean, FillConfig::Zero,
        ];
        let learned_from = |config: &SplitConfig| matches!(config, SplitConfig::Masked(_));
        for config in every_split(seed, folder.path()).filter(|config| !learned_from(config)) {
            let Ok(split) = config.split(&data) else { continue };
            let mut changed = data.clone();
            for (.., place) in split.validation.ratings.entries().chain(split.test.ratings.entries()) {
                changed.ratings[place as usize].value = value;
            }
            let again = config.split(&changed).unwrap();
            prop_assert_eq!(&again.train, &split.train);
            prop_assert_eq!((&again.validation.fold_in, &again.test.fold_in), (&split.validation.fold_in, &split.test.fold_in));
            for fill in fills {
                prop_assert_eq!(fill.fit(&again.train), fill.fit(&split.train));
            }
        }
    }
}

#[test]
fn another_seed_is_another_split() {
    let mut data = interactions(&(0..400).map(|place| (place / 20, place % 20, place as f32)).collect::<Vec<_>>());
    data.files = vec![("a.csv".into(), 0..300), ("b.csv".into(), 300..400)];
    for lines in RANDOM {
        let split = |seed| {
            let config: SplitConfig = toml::from_str(&format!("{lines}\nseed = {seed}")).unwrap();
            config.split(&data).unwrap().fingerprint()
        };
        assert_ne!(split(1), split(2), "{lines}");
    }
}

#[test]
fn splits_with_mistakes_do_not_parse() {
    let splits =
        "`files`, `folds`, `held-out-users`, `leave-out`, `masked`, `random`, `rows`, `temporal`, `temporal-cut`";
    let cases = [
        ("[leave-one-out]", format!("unknown variant `leave-one-out`, expected one of {splits}")),
        ("[leave-out]\nby = \"date\"", "unknown variant `date`, expected `random` or `time`".to_owned()),
        ("[temporal]\nper = \"item\"", "unknown variant `item`, expected `all` or `user`".to_owned()),
        ("[temporal]\nseed = 1", "unknown field `seed`, expected one of `test`, `validation`, `per`".to_owned()),
        ("[temporal-cut]", "missing field `test_from`".to_owned()),
        ("[rows]", "missing field `test`".to_owned()),
        ("[masked]\ntest = 1", "must be at least 0 and below 1, not 1".to_owned()),
        ("[held-out-users]\nfold_in = -1", "must be at least 0 and below 1, not -1".to_owned()),
    ];
    for (lines, expected) in cases {
        assert_eq!(toml::from_str::<SplitConfig>(lines).unwrap_err().message(), expected, "{lines}");
    }
}
