//! Counts of the real data sets, where they are: in the folder that `HOURGLASS_DATASETS` names, or in `datasets`.

use crate::load;
use hourglass_data::{FillConfig, Interactions, SideInfoConfig, SplitConfig, random};
use std::path::{Path, PathBuf};

/// A data set, unless it is not there.
fn present(name: &str) -> Option<Interactions> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets");
    let folder = std::env::var_os("HOURGLASS_DATASETS").map_or(workspace, PathBuf::from).join(name);
    if folder.is_dir() {
        return Some(load(&folder).expect(name));
    }
    println!("skipped: {} is not present", folder.display());
    None
}

/// Users, items, ratings and their mean to six digits.
fn counts(data: &Interactions) -> (usize, usize, usize, String) {
    let mean = data.matrix().mean().expect("ratings");
    (data.users.len(), data.items.len(), data.ratings.len(), format!("{mean:.6}"))
}

/// How often each rating occurs, from the lowest.
fn histogram(data: &Interactions, step: f32) -> Vec<usize> {
    let place = |value: f32| ((value - data.scale.minimum) / step).round() as usize;
    let mut counts = vec![0; place(data.scale.maximum) + 1];
    data.ratings.iter().for_each(|rating| counts[place(rating.value)] += 1);
    counts
}

#[test]
fn movielens_1m() {
    let Some(data) = present("ml-1m") else { return };
    assert_eq!(counts(&data), (6_040, 3_706, 1_000_209, "3.581564".to_owned()));
    assert_eq!(histogram(&data, 1.0), [56_174, 107_557, 261_197, 348_971, 226_310]);

    let split = SplitConfig::Random(random::Config::default()).split(&data).unwrap();
    assert_eq!([&split.train, &split.validation, &split.test].map(|part| part.len()), [810_169, 90_019, 100_021]);
    let fill = FillConfig::UserMean.fit(&split.train);
    assert!(fill.user.iter().all(|&mean| data.scale.contains(mean)));

    let side_info = SideInfoConfig { users: ["gender", "age", "occupation"].map(str::to_owned).to_vec() };
    let encoded = side_info.encode(&data).unwrap();
    assert_eq!((encoded.users.rows(), encoded.users.columns(), encoded.users.len()), (6_040, 2 + 7 + 21, 3 * 6_040));
}

#[test]
fn movielens_100k() {
    let Some(data) = present("ml-100k") else { return };
    assert_eq!(counts(&data), (943, 1_682, 100_000, "3.529860".to_owned()));
    assert_eq!(histogram(&data, 1.0), [6_110, 11_370, 27_145, 34_174, 21_201]);
    assert_eq!(data.user_attributes.len(), 3);
}

#[test]
fn movielens_latest_small() {
    let Some(data) = present("ml-latest-small") else { return };
    assert_eq!(counts(&data), (610, 9_724, 100_836, "3.501557".to_owned()));
    let half_stars = [1_370, 2_811, 1_791, 7_551, 5_550, 20_047, 13_136, 26_818, 8_551, 13_211];
    assert_eq!(histogram(&data, 0.5), half_stars);
}
