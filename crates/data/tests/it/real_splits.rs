//! The splits that the real data sets come with, where they are.

use crate::real_data::present;
use hourglass_data::{Dataset, HeldOut, SourceConfig, Split, SplitConfig};
use std::collections::BTreeSet;
use std::path::Path;

/// The data of a MovieLens folder, read from `ratings` (a list in TOML) and divided by `split`.
fn load(folder: &Path, ratings: &str, split: &str) -> Dataset {
    let source: SourceConfig = toml::from_str(&format!("[movielens]\npath = {folder:?}\nratings = {ratings}")).unwrap();
    let split: SplitConfig = toml::from_str(split).unwrap();
    Dataset::new(&source, &Default::default(), &split).unwrap()
}

fn sizes(split: &Split) -> [usize; 3] {
    [&split.train, &split.validation.ratings, &split.test.ratings].map(|part| part.len())
}

/// The fewest ratings that a user has in a part.
fn fewest(part: &hourglass_data::Csr) -> usize {
    (0..part.rows()).map(|user| part.row(user).len()).min().unwrap()
}

#[test]
fn the_five_test_files_of_movielens_100k_are_a_partition() {
    let Some(folder) = present("ml-100k") else { return };
    let whole = load(&folder, "[]", "[random]").fingerprint;
    let mut tested = BTreeSet::new();
    for fold in 1..=5 {
        let files = format!("[\"u{fold}.base\", \"u{fold}.test\"]");
        let split = format!("[files]\ntest = [\"u{fold}.test\"]\nvalidation = {{ fraction = 0 }}");
        let data = load(&folder, &files, &split);
        assert_eq!(sizes(&data.split), [80_000, 0, 20_000]);
        assert_eq!(data.fingerprint, whole);
        tested.extend(data.split.test.ratings.entries().map(|(user, item, _)| (user, item)));
    }
    assert_eq!(tested.len(), 100_000);
}

#[test]
fn ua_and_ub_of_movielens_100k_test_on_ten_ratings_of_each_user() {
    let Some(folder) = present("ml-100k") else { return };
    for name in ["ua", "ub"] {
        let files = format!("[\"{name}.base\", \"{name}.test\"]");
        let data = load(&folder, &files, &format!("[files]\ntest = [\"ml-100k/{name}.test\"]"));
        assert_eq!(sizes(&data.split), [81_513, 9_057, 9_430]);
        assert!((0..943).all(|user| data.split.test.ratings.row(user).len() == 10));
    }
}

#[test]
fn the_listed_rows_of_movielens_latest_small() {
    let (Some(folder), Some(lists)) = (present("ml-latest-small"), present("splits")) else { return };
    let data = load(&folder, "[]", &format!("[rows]\ntest = {:?}", lists.join("seed-000.test.txt.gz")));
    assert_eq!(sizes(&data.split), [80_668, 0, 20_168]);
}

#[test]
fn the_listed_rows_of_movielens_1m() {
    let (Some(folder), Some(lists)) = (present("ml-1m"), present("splits")) else { return };
    let [test, validation] = ["test", "validation"].map(|part| lists.join(format!("seed-004.{part}.txt.gz")));
    let data = load(&folder, "[]", &format!("[rows]\ntest = {test:?}\nvalidation = {validation:?}"));
    let Split { train, validation, test } = &data.split;
    assert_eq!(sizes(&data.split), [810_169, 90_019, 100_021]);
    assert!(fewest(train) >= 16 && fewest(&validation.ratings) >= 2 && fewest(&test.ratings) >= 2);
    let by_item = train.transpose();
    let cold = |item: u32| by_item.row(item as usize).is_empty();
    assert_eq!((0..3_706).filter(|&item| cold(item)).count(), 30);
    assert_eq!(test.ratings.entries().filter(|&(_, item, _)| cold(item)).count(), 18);
}

#[test]
fn times_and_users_of_movielens_100k() {
    let Some(folder) = present("ml-100k") else { return };
    let last = load(&folder, "[]", "[leave-out]").split;
    assert_eq!(sizes(&last), [100_000 - 2 * 943, 943, 943]);
    // Seconds are shared by few ratings, so that the parts come close to what is asked for.
    let [train, validation, test] = sizes(&load(&folder, "[]", "[temporal]").split);
    assert_eq!(train + validation + test, 100_000);
    assert!((10_000..=10_100).contains(&test) && (8_990..=9_100).contains(&validation), "{validation} {test}");
    let strong = load(&folder, "[]", "[held-out-users]").split;
    let users = |part: &HeldOut| (0..943).filter(|&user| !part.ratings.row(user).is_empty()).count();
    assert_eq!((users(&strong.test), users(&strong.validation)), (95, 85));
    assert!((0..943).all(|user| strong.test.ratings.row(user).is_empty() || strong.train.row(user).is_empty()));
}
