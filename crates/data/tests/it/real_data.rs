//! Counts of the real data sets, where they are: in the folder that `HOURGLASS_DATASETS` names, or in `datasets`.

use crate::{MOVIELENS, load};
use hourglass_data::{Csr, FillConfig, Interactions, SideInfo, SideInfoConfig, SplitConfig, random};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The folder of a data set, unless it is not there.
pub(crate) fn present(name: &str) -> Option<PathBuf> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets");
    let folder = std::env::var_os("HOURGLASS_DATASETS").map_or(workspace, PathBuf::from).join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: {} is not present", folder.display());
    None
}

/// Users, items, ratings and their mean to six digits.
fn counts(data: &Interactions) -> (usize, usize, usize, String) {
    let mean = data.matrix().mean().expect("ratings");
    (data.users.len(), data.items.len(), data.ratings.len(), format!("{mean:.6}"))
}

/// How often each rating occurs, from `lowest`.
fn histogram(data: &Interactions, lowest: f32, step: f32) -> Vec<usize> {
    let place = |value: f32| ((value - lowest) / step).round() as usize;
    let highest = data.ratings.iter().map(|rating| place(rating.value)).max().expect("ratings");
    let mut counts = vec![0; highest + 1];
    data.ratings.iter().for_each(|rating| counts[place(rating.value)] += 1);
    counts
}

/// Attributes of a data set as columns.
fn side_info(written: &str, data: &Interactions, train: &Csr) -> SideInfo {
    toml::from_str::<SideInfoConfig>(written).unwrap().encode(&data.users, &data.items, train).unwrap()
}

/// The times of the first and the last rating.
fn period(data: &Interactions) -> (i64, i64) {
    (*data.times.iter().min().expect("times"), *data.times.iter().max().expect("times"))
}

/// The users and items of all ratings, by their names, with the values.
fn triples(data: &Interactions) -> BTreeSet<(String, String, u32)> {
    let name =
        |r: &hourglass_data::Rating| (data.users.ids.name(r.user).to_owned(), data.items.ids.name(r.item).to_owned());
    data.ratings.iter().map(|rating| (name(rating).0, name(rating).1, rating.value.to_bits())).collect()
}

#[test]
fn movielens_1m() {
    let Some(folder) = present("ml-1m") else { return };
    let data = load(&folder, MOVIELENS, "").unwrap();
    assert_eq!(counts(&data), (6_040, 3_706, 1_000_209, "3.581564".to_owned()));
    assert_eq!(histogram(&data, 1.0, 1.0), [56_174, 107_557, 261_197, 348_971, 226_310]);
    assert_eq!((data.users.ids.name(0), data.users.ids.name(6_039)), ("1", "6040"));
    assert_eq!((data.items.ids.name(0), data.items.ids.name(3_705)), ("1", "3952"));
    assert_eq!((data.times.len(), data.counts.read, data.counts.duplicates), (0, 1_000_209, 0));
    assert_eq!(data.items.title(0), "Toy Story (1995)");
    // Every rated film is described, and every user has rated 20 or more.
    assert!(data.items.attributes[0].values.iter().all(|title| !title.is_empty()));
    let matrix = data.matrix();
    assert!((0..matrix.rows()).all(|user| matrix.row(user).len() >= 20));

    let split = SplitConfig::Random(random::Config::default()).split(&data).unwrap();
    let lengths = [&split.train, &split.validation.ratings, &split.test.ratings].map(|part| part.len());
    assert_eq!(lengths, [810_169, 90_019, 100_021]);
    let fill = FillConfig::UserMean.fit(&split.train);
    assert!(fill.user.iter().all(|&mean| (1.0..=5.0).contains(&mean)));

    let one_hot = side_info("users = ['gender', 'age', 'occupation']", &data, &split.train).users.matrix;
    assert_eq!((one_hot.rows(), one_hot.columns(), one_hot.len()), (6_040, 2 + 7 + 21, 3 * 6_040));
    let genres = side_info("items = [{ multi-hot = { attribute = 'genres' } }]", &data, &split.train).items;
    assert_eq!(genres.columns.len(), 18);
    let zip = "users = [{ hashed = { attribute = 'zip', buckets = 64, prefix = 3 } }, { numeric = 'age' }]";
    assert_eq!(side_info(zip, &data, &split.train).users.columns.len(), 64 + 1);

    let listed = load(&folder, MOVIELENS, "catalogue = \"listed\"").unwrap();
    assert_eq!((listed.users.len(), listed.items.len()), (6_040, 3_883));
    let numbered = load(&folder, MOVIELENS, "catalogue = \"numbered\"").unwrap();
    assert_eq!((numbered.users.len(), numbered.items.len()), (6_040, 3_952));
}

#[test]
fn movielens_100k() {
    let Some(folder) = present("ml-100k") else { return };
    let whole = load(&folder, MOVIELENS, "").unwrap();
    assert_eq!(counts(&whole), (943, 1_682, 100_000, "3.529860".to_owned()));
    assert_eq!(histogram(&whole, 1.0, 1.0), [6_110, 11_370, 27_145, 34_174, 21_201]);
    assert_eq!(period(&whole), (874_724_710, 893_286_638));
    let names =
        |attributes: &[hourglass_data::Attribute]| attributes.iter().map(|a| a.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&whole.users.attributes), ["age", "gender", "occupation", "zip"]);
    assert_eq!(names(&whole.items.attributes), ["title", "release", "video-release", "address", "genres"]);
    assert_eq!((whole.items.title(0), whole.items.title(542)), ("Toy Story (1995)", "Misérables, Les (1995)"));
    assert_eq!(whole.items.attributes[4].values[0], "Animation|Children's|Comedy");

    let mut tests = BTreeSet::new();
    for (split, sizes) in
        [("u1", [80_000, 20_000]), ("u2", [80_000, 20_000]), ("u3", [80_000, 20_000]), ("u4", [80_000, 20_000])]
            .into_iter()
            .chain([("u5", [80_000, 20_000]), ("ua", [90_570, 9_430]), ("ub", [90_570, 9_430])])
    {
        let source = format!("{MOVIELENS}\nratings = [\"{split}.base\", \"{split}.test\"]");
        let data = load(&folder, &source, "").expect(split);
        assert_eq!(data.files.iter().map(|(_, rows)| rows.len()).collect::<Vec<_>>(), sizes, "{split}");
        assert_eq!(data.fingerprint(), whole.fingerprint(), "{split}");
        let test = load(&folder, &format!("{MOVIELENS}\nratings = [\"{split}.test\"]"), "").expect(split);
        match split.strip_prefix('u').and_then(|fold| fold.parse::<u8>().ok()) {
            Some(_) => tests.extend(triples(&test)),
            None => assert!((0..943).all(|user| test.matrix().row(user).len() == 10), "{split}"),
        }
    }
    assert_eq!(tests, triples(&whole));
}

#[test]
fn movielens_latest_small() {
    let Some(folder) = present("ml-latest-small") else { return };
    let data = load(&folder, MOVIELENS, "").unwrap();
    assert_eq!(counts(&data), (610, 9_724, 100_836, "3.501557".to_owned()));
    let half_stars = [1_370, 2_811, 1_791, 7_551, 5_550, 20_047, 13_136, 26_818, 8_551, 13_211];
    assert_eq!(histogram(&data, 0.5, 0.5), half_stars);
    assert_eq!(period(&data), (828_124_615, 1_537_799_250));
    assert_eq!((data.users.ids.name(609), data.items.ids.name(9_723)), ("610", "193609"));
    assert_eq!(data.items.title(0), "Toy Story (1995)");
    assert_eq!(load(&folder, MOVIELENS, "catalogue = \"listed\"").unwrap().items.len(), 9_742);
    let cut = load(&folder, MOVIELENS, "cast = \"integer\"").unwrap();
    assert_eq!((cut.ratings.len(), cut.counts.cast_to_zero), (100_836 - 1_370, 1_370));

    let lines = "[delimited]\npath = \"FOLDER/tags.csv\"\ncolumns = { user = \"userId\", item = \"movieId\", time = \"timestamp\" }";
    assert_eq!(load(&folder, lines, "duplicates = \"sum\"").unwrap().counts.read, 3_683);
    assert_eq!([data.items.coverage("title"), data.items.coverage("tags")], [9_724, 1_554]);

    let train = data.matrix();
    let tags = side_info("items = [{ multi-hot = { attribute = 'tags' } }]", &data, &train).items.columns;
    assert_eq!(tags.len(), 1_472);
    let svd = "items = [{ svd = { attribute = 'tags', rank = 16 } }, { year = 'title' }]";
    let svd = side_info(svd, &data, &train).items;
    assert_eq!(svd.columns[14..], ["tags~14", "tags~15", "title:year"]);
    assert!(svd.matrix.entries().all(|(.., value)| value.is_finite()));
}

#[test]
fn douban() {
    let Some(folder) = present("douban") else { return };
    let source = |files: &str| {
        format!(
            "[delimited]\npath = [{files}]\ncolumns = {{ user = 1, item = 2, rating = 3 }}\n\
                 format = {{ separator = \"\\t\", header = false }}"
        )
    };
    let both = load(&folder, &source("\"FOLDER/train.tsv.gz\", \"FOLDER/test.tsv.gz\""), "scale = [1, 5]").unwrap();
    assert_eq!((both.users.len(), both.items.len(), both.ratings.len()), (2_999, 3_000, 136_891));
    assert_eq!(both.files.iter().map(|(_, rows)| rows.clone()).collect::<Vec<_>>(), [0..123_202, 123_202..136_891]);
    let train = load(&folder, &source("\"FOLDER/train.tsv.gz\""), "").unwrap();
    assert_eq!(format!("{:.6}", train.matrix().mean().unwrap()), "3.693398");
}

#[test]
fn amazon_musical_instruments() {
    let Some(folder) = present("amazon-musical-instruments-5core") else { return };
    let source = "[delimited]\npath = \"FOLDER/ratings.csv\"\n\
                  columns = { user = \"reviewerID\", item = \"asin\", rating = \"overall\", time = \"unixReviewTime\" }";
    let data = load(&folder, source, "").unwrap();
    assert_eq!(counts(&data), (1_429, 900, 10_261, "4.488744".to_owned()));
    assert_eq!(histogram(&data, 1.0, 1.0), [217, 250, 772, 2_084, 6_938]);
    assert_eq!((data.items.ids.name(0), data.items.ids.name(1)), ("1384719342", "B00004Y2UT"));
    // It is the 5-core of a larger set: nobody has fewer.
    let core = load(&folder, source, "minimum = { per_user = 5, per_item = 5 }").unwrap();
    assert_eq!(core.counts.too_few, 0);
}

/// How many images have each of the labels 0 to 9.
fn classes(data: &Interactions) -> Vec<usize> {
    let labels = &data.users.attributes[0];
    assert_eq!(labels.name, "label");
    (0..10).map(|class: u8| labels.values.iter().filter(|label| **label == class.to_string()).count()).collect()
}

#[test]
fn images() {
    if let Some(folder) = present("mnist-test-10k") {
        let source = "[images]\npath = \"FOLDER/t10k-images-idx3-ubyte.gz\"\n\
                      labels = { file = \"FOLDER/t10k-labels-idx1-ubyte.gz\" }";
        let data = load(&folder, source, "").unwrap();
        assert_eq!((data.users.len(), data.items.len(), data.ratings.len()), (10_000, 784, 7_840_000));
        assert_eq!(classes(&data), [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
    }
    if let Some(folder) = present("digits") {
        let source = "[images]\npath = \"FOLDER/digits.csv.gz\"\nlabels = { column = 65 }";
        let data = load(&folder, source, "scale = [0, 16]").unwrap();
        assert_eq!((data.users.len(), data.items.len(), data.ratings.len()), (1_797, 64, 1_797 * 64));
        assert_eq!(classes(&data), [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
    }
}
