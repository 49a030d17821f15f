//! Attributes as columns: what each encoder makes of them, and from whom it learns.

use hourglass_data::{
    Attribute, Catalogue, Csr, Encoded, IdMap, Interactions, RatingsConfig, SideInfo, SideInfoConfig, SourceConfig,
    SplitConfig,
};
use proptest::prelude::*;

/// Users `1, 2, …` of whom all but the last rate something, and what is known of them.
fn users(attribute: &str, values: &[&str]) -> (Catalogue, Csr) {
    let ids = IdMap::new((1..=values.len()).map(|id| id.to_string()).collect());
    let values: Vec<String> = values.iter().map(|&value| value.to_owned()).collect();
    let rated = (0..values.len() as u32 - 1).map(|user| (user, 0, 3.0));
    let train = Csr::from_entries(values.len(), 1, rated);
    (Catalogue { ids, attributes: vec![Attribute { name: attribute.to_owned(), values }] }, train)
}

fn encode(written: &str, (users, train): &(Catalogue, Csr)) -> Result<Encoded, String> {
    let config: SideInfoConfig = toml::from_str(&format!("users = {written}")).map_err(|error| error.to_string())?;
    let items = Catalogue::of(IdMap::new(vec!["1".to_owned()]));
    let encoded = config.encode(users, &items, train).map_err(|error| error.to_string())?;
    assert_eq!((encoded.items.matrix.rows(), encoded.items.columns.len()), (1, 0));
    Ok(encoded.users)
}

/// The matrix in full, to three digits.
fn rows(encoded: &Encoded) -> Vec<Vec<f32>> {
    let mut rows = vec![vec![0.0; encoded.columns.len()]; encoded.matrix.rows()];
    for (row, column, value) in encoded.matrix.entries() {
        // Adding 0 takes the sign off a rounded -0.
        rows[row as usize][column as usize] = (value * 1000.0).round() / 1000.0 + 0.0;
    }
    rows
}

/// A matrix as it is written.
type Rows<'a> = &'a [&'a [f32]];

#[test]
fn every_encoder() {
    let genders = users("gender", &["M", "F", "", "M", "X"]);
    let ages = users("age", &["18", "30", "42", "", "54"]);
    let crowd = users("age", &["1", "1", "1", "2", "3", "4", "5"]);
    let genres = users("genres", &["Drama|Comedy", "Drama | Drama", "", "Comedy|War"]);
    let titles = users("title", &["Heat (1990)", "Up (2010)", "Ran", "Alien (1980)"]);
    let cases: [(&str, _, &[&str], Rows<'_>); 12] = [
        ("'gender'", &genders, &["gender=F", "gender=M"], &[&[0., 1.], &[1., 0.], &[0., 0.], &[0., 1.], &[0., 0.]]),
        (
            "{ one-hot = 'age' }",
            &ages,
            &["age=18", "age=30", "age=42"],
            &[&[1., 0., 0.], &[0., 1., 0.], &[0., 0., 1.], &[0.; 3], &[0.; 3]],
        ),
        (
            "{ multi-hot = { attribute = 'genres' } }",
            &genres,
            &["genres=Comedy", "genres=Drama"],
            &[&[1., 1.], &[0., 1.], &[0., 0.], &[1., 0.]],
        ),
        (
            "{ multi-hot = { attribute = 'genres', separator = '|Co' } }",
            &genres,
            &["genres=Drama", "genres=Drama | Drama", "genres=medy"],
            &[&[1., 0., 1.], &[0., 1., 0.], &[0.; 3], &[0.; 3]],
        ),
        // The mean is 30, the standard deviation √96.
        ("{ numeric = 'age' }", &ages, &["age"], &[&[-1.225], &[0.], &[1.225], &[0.], &[2.449]]),
        ("{ numeric = 'flat' }", &users("flat", &["0.1", "0.1", "0.1", "7"]), &["flat"], &[&[0.], &[0.], &[0.], &[0.]]),
        (
            "{ binned = { attribute = 'age', bins = { edges = [30, 50] } } }",
            &ages,
            &["age<30", "age=30..50", "age>=50"],
            &[&[1., 0., 0.], &[0., 1., 0.], &[0., 1., 0.], &[0.; 3], &[0., 0., 1.]],
        ),
        (
            "{ binned = { attribute = 'age', bins = { quantiles = 3 } } }",
            &ages,
            &["age<30", "age=30..42", "age>=42"],
            &[&[1., 0., 0.], &[0., 1., 0.], &[0., 0., 1.], &[0.; 3], &[0., 0., 1.]],
        ),
        (
            "{ binned = { attribute = 'age', bins = { quantiles = 4 } } }",
            &crowd,
            &["age<2", "age=2..3", "age>=3"],
            &[&[1., 0., 0.], &[1., 0., 0.], &[1., 0., 0.], &[0., 1., 0.], &[0., 0., 1.], &[0., 0., 1.], &[0., 0., 1.]],
        ),
        (
            "{ hashed = { attribute = 'gender', buckets = 1 } }",
            &genders,
            &["gender#0"],
            &[&[1.], &[1.], &[0.], &[1.], &[1.]],
        ),
        ("{ year = 'title' }", &titles, &["title:year"], &[&[-1.], &[1.], &[0.], &[-2.]]),
        // Among those who rate, AᵀA = [[1, 1], [1, 2]]: the eigenvalues are (3 ± √5) / 2.
        (
            "{ svd = { attribute = 'genres', rank = 9 } }",
            &genres,
            &["genres~0", "genres~1"],
            &[&[1.376, 0.325], &[0.851, -0.526], &[0., 0.], &[0.526, 0.851]],
        ),
    ];
    for (written, data, columns, expected) in cases {
        let encoded = encode(&format!("[{written}]"), data).expect(written);
        assert_eq!(encoded.columns, columns, "{written}");
        assert_eq!(rows(&encoded), expected, "{written}");
    }
}

#[test]
fn buckets_depend_on_the_text_alone() {
    let zips = users("zip", &["55117", "55105", "02139", "", "55117"]);
    let buckets = |written: &str| -> Vec<Vec<u32>> {
        let encoded =
            encode(&format!("[{{ hashed = {{ attribute = 'zip', buckets = 1000{written} }} }}]"), &zips).unwrap();
        assert_eq!((encoded.columns.len(), encoded.columns[17].as_str()), (1000, "zip#17"));
        (0..5).map(|user| encoded.matrix.row(user).columns.to_vec()).collect()
    };
    let whole = buckets("");
    // As another implementation of XXH3 gives them.
    assert_eq!(whole, [vec![431], vec![615], vec![460], vec![], vec![431]]);
    let areas = buckets(", prefix = 3");
    assert_eq!((&areas[0], areas[0] == areas[2]), (&areas[1], false));
    assert_eq!(buckets(", prefix = 9"), whole);
}

#[test]
fn encoders_stand_beside_each_other_and_read_back_as_they_are_written() {
    let ages = users("age", &["18", "30", "42"]);
    let encoded =
        encode("[{ numeric = 'age' }, 'age', { hashed = { attribute = 'age', buckets = 1 } }]", &ages).unwrap();
    assert_eq!(encoded.columns, ["age", "age=18", "age=30", "age#0"]);
    assert_eq!(rows(&encoded), [[-1., 1., 0., 1.], [1., 0., 1., 1.], [3., 0., 0., 1.]]);
    assert_eq!(encode("[]", &ages).unwrap().matrix, Csr::empty(3, 0));

    let written = "users = ['gender', { binned = { attribute = 'age', bins = { edges = [18, 35] } } }]\n\
                   items = [{ svd = { attribute = 'tags', rank = 8 } }, { year = 'title' }]";
    let config: SideInfoConfig = toml::from_str(written).unwrap();
    let again = toml::to_string(&config).unwrap();
    assert!(again.starts_with("users = [\"gender\", "), "{again}");
    assert_eq!(toml::from_str::<SideInfoConfig>(&again).unwrap(), config);
}

#[test]
fn somebody_new_is_encoded_as_those_who_are_known() {
    let ages = users("age", &["18", "30", "42", "", "54"]);
    let genders = users("gender", &["M", "F", "", "M", "X"]);
    let cases: [(&str, _, &str, &[f32]); 6] = [
        ("{ numeric = 'age' }", &ages, "42", &[1.225]),
        ("{ numeric = 'age' }", &ages, "", &[0.]),
        ("{ binned = { attribute = 'age', bins = { edges = [30, 50] } } }", &ages, "99", &[0., 0., 1.]),
        ("'gender'", &genders, "F", &[1., 0.]),
        ("'gender'", &genders, "X", &[0., 0.]),
        ("'gender'", &genders, "", &[0., 0.]),
    ];
    for (written, (users, train), value, expected) in cases {
        let config: SideInfoConfig = toml::from_str(&format!("users = [{written}]")).unwrap();
        let about = [(users.attributes[0].name.clone(), value.to_owned())].into();
        let encoded = config.encode_new_user(&about, users, train).unwrap();
        let columns = (0..encoded.columns() as u32).map(|column| format!("{column}")).collect();
        assert_eq!(rows(&Encoded { matrix: encoded, columns }), [expected], "{written} of {value}");
    }
    let config: SideInfoConfig = toml::from_str("users = [{ numeric = 'age' }]").unwrap();
    let error = config.encode_new_user(&[("age".to_owned(), "old".to_owned())].into(), &ages.0, &ages.1).unwrap_err();
    assert!(error.to_string().contains("the age \"old\" of \"the new user\" is not a number"), "{error}");
}

#[test]
fn what_cannot_be_encoded() {
    let ages = users("age", &["18", "thirty", "nan"]);
    let cases = [
        ("['agee']", "side_info.users: unknown attribute \"agee\"; this data set knows age"),
        (
            "['age', { one-hot = 'age' }]",
            "side_info.users: the column \"age=18\" is made twice; list its attribute with one such encoder only",
        ),
        (
            "[{ numeric = 'age' }]",
            "side_info.users: the age \"thirty\" of \"2\" is not a number; correct it, or make each value a column, as \
             { one-hot = \"age\" }",
        ),
        ("[3]", "invalid type: integer `3`, expected the name of an attribute, as \"gender\", or an encoder, as"),
        (
            "[{ numerik = 'age' }]",
            "unknown variant `numerik`, expected one of `binned`, `hashed`, `multi-hot`, `numeric`,",
        ),
        ("[{ numeric = 'age', one-hot = 'age' }]", "\"one-hot\" is a second encoder in one table; write { … }, { … }"),
        ("[{}]", "expected"),
        ("[{ svd = { attribute = 'age', rank = 0 } }]", "invalid value: integer `0`, expected a nonzero u16"),
        ("[{ svd = { attribute = 'age', rank = 2, sede = 1 } }]", "unknown field `sede`"),
        ("[{ hashed = { attribute = 'age' } }]", "missing field `buckets`"),
        (
            "[{ multi-hot = { attribute = 'age', separator = '' } }]",
            "separator \"\" separates nothing; expected for example \"|\"",
        ),
        (
            "[{ binned = { attribute = 'age', bins = { edges = [30, 18] } } }]",
            "must be finite numbers that ascend, as [18, 35], not [30.0, 18.0]",
        ),
    ];
    for (written, expected) in cases {
        let error = encode(written, &ages).expect_err(written);
        assert!(error.contains(expected), "{written}: {error}");
    }
}

/// Generated ratings of users and items with attributes that depend on nothing but `salt` and their place.
fn described(salt: usize) -> Interactions {
    let source: SourceConfig =
        toml::from_str("[synthetic]\nusers = 30\nitems = 25\nratings_per_user = 8\nseed = 3").unwrap();
    let mut data = hourglass_data::load(&source, &RatingsConfig::default()).unwrap();
    for catalogue in [&mut data.users, &mut data.items] {
        let of = |name: &str, text: &dyn Fn(usize) -> String| Attribute {
            name: name.to_owned(),
            values: (0..catalogue.ids.len()).map(text).collect(),
        };
        catalogue.attributes = vec![
            of("age", &|place| ((place * 7 + salt) % 23).to_string()),
            of("tags", &|place| format!("t{}|t{}", place * (salt + 1) % 9, place % 7)),
            of("title", &|place| format!("Film ({})", 1950 + (place * 11 + salt) % 60)),
        ];
    }
    data
}

fn every_encoder_of_both(data: &Interactions, train: &Csr) -> SideInfo {
    let list = "['age', { numeric = 'age' }, { binned = { attribute = 'age', bins = { quantiles = 4 } } }, \
                { hashed = { attribute = 'title', buckets = 16 } }, { multi-hot = { attribute = 'tags' } }, \
                { svd = { attribute = 'tags', rank = 3 } }, { year = 'title' }]";
    let config: SideInfoConfig = toml::from_str(&format!("users = {list}\nitems = {list}")).unwrap();
    config.encode(&data.users, &data.items, train).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn no_encoder_sees_a_held_out_rating(salt in 0_usize..50, seed in 0_u64..1000, value in 1_u8..=5) {
        let data = described(salt);
        let split: SplitConfig = toml::from_str(&format!("[random]\nseed = {seed}\nstratify = 'none'")).unwrap();
        let before = split.split(&data).unwrap();
        let mut changed = data.clone();
        for rating in &mut changed.ratings {
            let trained = before.train.row(rating.user as usize).columns.contains(&rating.item);
            rating.value = if trained { rating.value } else { value.into() };
        }
        let after = split.split(&changed).unwrap();
        prop_assert_ne!(&before.test, &after.test);
        prop_assert_eq!(every_encoder_of_both(&data, &before.train), every_encoder_of_both(&changed, &after.train));
    }

    #[test]
    fn who_has_no_training_rating_changes_no_column_and_nobody_else(salt in 0_usize..50, user in 0_u32..30, item in 0_u32..25) {
        let data = described(salt);
        let kept = data.ratings.iter().filter(|rating| rating.user != user && rating.item != item);
        let entries = kept.map(|rating| (rating.user, rating.item, rating.value));
        let train = Csr::from_entries(data.users.len(), data.items.len(), entries);
        let mut changed = data.clone();
        for (catalogue, place) in [(&mut changed.users, user), (&mut changed.items, item)] {
            for (attribute, value) in catalogue.attributes.iter_mut().zip(["99", "t0|new", "Film (1901)"]) {
                attribute.values[place as usize] = value.to_owned();
            }
        }
        let (before, after) = (every_encoder_of_both(&data, &train), every_encoder_of_both(&changed, &train));
        for (before, after, place) in [(before.users, after.users, user), (before.items, after.items, item)] {
            prop_assert_eq!(before.columns, after.columns);
            for other in (0..before.matrix.rows()).filter(|&row| row != place as usize) {
                prop_assert_eq!(before.matrix.row(other), after.matrix.row(other));
            }
            prop_assert_ne!(before.matrix.row(place as usize), after.matrix.row(place as usize));
        }
    }
}
