//! The order of the lines in a file changes no split.

use crate::folder;
use hourglass_data::{Dataset, Split, SplitConfig};

const SPLITS: [&str; 14] = [
    "[files]\ntest = [\"b.csv\"]",
    "[folds]\nstratify = \"item\"",
    "[folds]\nstratify = \"none\"",
    "[folds]\nstratify = \"user\"",
    "[held-out-users]",
    "[leave-out]\nby = \"random\"",
    "[leave-out]\nby = \"time\"",
    "[masked]",
    "[random]\nstratify = \"item\"",
    "[random]\nstratify = \"none\"",
    "[random]\nstratify = \"user\"",
    "[temporal]\nper = \"all\"",
    "[temporal]\nper = \"user\"",
    "[temporal-cut]\ntest_from = 1005",
];

/// Line `n` of 300, which has its user, item, rating and time from `n`; times are often the same.
fn line(n: usize) -> String {
    format!("u{},i{},{},{}\n", n % 13, n / 13, n % 5 + 1, 1000 + n % 7)
}

fn split(config: &str, first: &[usize], second: &[usize]) -> Split {
    let content =
        |lines: &[usize]| "user,item,rating,time\n".to_owned() + &lines.iter().map(|&n| line(n)).collect::<String>();
    let folder = folder(&[("a.csv", content(first).as_bytes()), ("b.csv", content(second).as_bytes())]);
    let source = toml::from_str(&format!(
        "[delimited]\npath = [{:?}, {:?}]\ncolumns = {{ user = \"user\", item = \"item\", rating = \"rating\", time = \"time\" }}",
        folder.path().join("a.csv"),
        folder.path().join("b.csv")
    ));
    let config: SplitConfig = toml::from_str(config).unwrap();
    Dataset::new(&source.unwrap(), &Default::default(), &config).unwrap().split
}

#[test]
fn shuffled_lines_are_divided_alike() {
    // 89 and 71 have no divisor in common with the numbers of lines.
    let (first, second): (Vec<usize>, Vec<usize>) = ((0..200).collect(), (200..300).collect());
    let shuffled: [Vec<usize>; 2] =
        [(0..200).map(|n| n * 89 % 200).collect(), (0..100).map(|n| 200 + n * 71 % 100).collect()];
    for config in SPLITS {
        let original = split(config, &first, &second);
        assert_eq!(split(config, &shuffled[0], &shuffled[1]), original, "{config}");
        assert!(!original.test.ratings.is_empty(), "{config}");
    }
}
