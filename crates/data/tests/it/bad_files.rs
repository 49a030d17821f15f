//! What a message says, for every way in which files can be wrong.

use crate::{folder, load};
use hourglass_data::{SourceConfig, movielens};
use std::path::Path;

const DAT: &str = "expected UserID::MovieID::Rating[::Timestamp]";

/// Loads a folder with one file and checks the message after the file's path.
#[track_caller]
fn check(file: &str, content: &[u8], expected: &str) {
    let folder = folder(&[(file, content)]);
    let error = load(folder.path()).expect_err(expected).to_string();
    let path = folder.path().join(file).display().to_string();
    assert_eq!(error.strip_prefix(&path), Some(expected), "{error}");
}

#[test]
fn a_wrong_line_is_named() {
    let cases = [
        ("1::2::3\n1::3::x\n", ", line 2, column 3: rating \"x\" is not a number; "),
        ("1::2::3::9\n1::3::4,5::9\n", ", line 2, column 3: rating \"4,5\" is not a number; "),
        ("1::2::3\n1::2\n", ", line 2: the number of fields is 2, not 3; "),
        ("1::2::3\n1::3::3::9\n", ", line 2: the number of fields is 4, not 3; "),
        ("1::2::3::9\n1::3::3\n", ", line 2: the number of fields is 3, not 4; "),
        ("1::2\n1::3\n", ", line 1: the number of fields is 2, not 3; "),
        ("1,2,3\n", ", line 1: the number of fields is 1, not 3; "),
        ("1::2::3\n\n1::3::3\n", ", line 2: the number of fields is 0, not 3; "),
        ("1::2::3\n::3::3\n", ", line 2, column 1: user is empty; "),
        ("1::2::3\n1::::3\n", ", line 2, column 2: item is empty; "),
        ("1::2::3\n1::3::\n", ", line 2, column 3: rating is empty; "),
    ];
    for (content, expected) in cases {
        check("ratings.dat", content.as_bytes(), &format!("{expected}{DAT}"));
    }
    check("ratings.dat", b"", &format!(": holds no data; expected lines of {}", DAT.trim_start_matches("expected ")));
    check(
        "ratings.dat",
        b"\n\n",
        &format!(": holds no data; expected lines of {}", DAT.trim_start_matches("expected ")),
    );
}

#[test]
fn a_rating_that_cannot_be_is_named() {
    let remedy = "correct the line, or declare the scale of this data set, as scale = [0.5, 5]";
    let cases = [
        ("0", "rating 0 is outside the scale 1 to 5"),
        ("5.5", "rating 5.5 is outside the scale 1 to 5"),
        ("nan", "rating NaN is outside the scale 1 to 5"),
        ("inf", "rating inf is outside the scale 1 to 5"),
    ];
    for (rating, expected) in cases {
        let content = format!("1::2::3\n1::3::{rating}\n");
        check("ratings.dat", content.as_bytes(), &format!(", line 2, column 3: {expected}; {remedy}"));
    }
    let twice = ", line 4: user \"1\" has rated item \"2\" in line 1 already; remove one of the lines";
    check("ratings.dat", b"1::2::3\n1::3::3\n2::3::3\n1::2::4\n1::3::4\n", twice);
}

#[test]
fn a_file_with_a_header_can_be_wrong_in_more_ways() {
    const CSV: &str = "expected userId,movieId,rating,timestamp";
    let cases = [
        (
            "user,movieId,rating\n1,2,3\n",
            ", line 1: no column \"userId\" among user, movieId, rating; \
             expected a header with userId,movieId,rating,timestamp",
        ),
        ("userId,movieId,rating,timestamp\n1,2,3\n", ", line 2: the number of fields is 3, not 4; "),
        ("userId,movieId,rating\n1,2,3,4\n", ", line 2: the number of fields is 4, not 3; "),
        ("movieId,userId,rating\r\n1,2,3\r\n1,,3\r\n", ", line 3, column 2: userId is empty; "),
        ("rating,movieId,userId\n3,1,2\nfour,1,3\n", ", line 3, column 1: rating \"four\" is not a number; "),
        ("userId,movieId,rating\n", ": holds no data; expected lines of userId,movieId,rating,timestamp"),
    ];
    for (content, expected) in cases {
        let expected = if expected.ends_with("; ") { format!("{expected}{CSV}") } else { expected.to_owned() };
        check("ratings.csv", content.as_bytes(), &expected);
    }
    let latin_1 = ", line 3: not UTF-8 text; convert the file to UTF-8";
    check("ratings.csv", b"userId,movieId,rating\n1,2,3\nRen\xe9,2,3\n", latin_1);
}

#[test]
fn a_wrong_file_of_users_is_named() {
    let cases = [
        (
            "1::F::25::3::55117\n",
            ": no line for user \"2\", who has ratings; add one, or remove the file to do without attributes of users",
        ),
        (
            "1::F::25::3::5\n2::M::1::4::5\n1::F::1::3::5\n",
            ", line 3: user \"1\" is described above already; remove one of the lines",
        ),
        (
            "1::F::25::3::55117\n2::M::25\n",
            ", line 2: the number of fields is 3, not 5; expected UserID::Gender::Age::Occupation::Zip-code",
        ),
    ];
    for (users, expected) in cases {
        let folder = folder(&[("ratings.dat", b"1::2::3\n2::2::3\n"), ("users.dat", users.as_bytes())]);
        let error = load(folder.path()).expect_err(expected).to_string();
        assert!(error.ends_with(&format!("users.dat{expected}")), "{error}");
    }
}

#[test]
fn a_missing_place_is_named_in_full() {
    let empty = folder(&[("a-file", b"")]);
    let here = std::env::current_dir().unwrap();
    let root = empty.path().display();
    let remedy = "download a MovieLens data set from https://grouplens.org/datasets/movielens/ and unpack it there";
    let names = "ratings.dat, ratings-no-timestamp.dat, u.data, ratings.csv";
    let cases = [
        (
            Path::new("no/such").to_owned(),
            format!("{}/no/such: there is no such folder; {remedy}, or link the folder there", here.display()),
        ),
        (empty.path().join("a-file"), format!("{root}/a-file: this is a file; give the folder that holds it")),
        (empty.path().to_owned(), format!("{root}: no ratings file in this folder; expected one of {names}; {remedy}")),
    ];
    for (path, expected) in cases {
        assert_eq!(load(&path).unwrap_err().to_string(), expected);
    }
}

#[test]
fn an_unreadable_file_is_named() {
    let folder = folder(&[]);
    std::fs::create_dir(folder.path().join("u.data")).unwrap();
    let error = load(folder.path()).unwrap_err().to_string();
    let expected = format!("{}: cannot be read: ", folder.path().join("u.data").display());
    assert!(error.starts_with(&expected), "{error}");
}

#[test]
fn configurations_with_mistakes_do_not_parse() {
    let cases = [
        ("[movielens]", "missing field `path`"),
        ("[movielens]\npaht = \"a\"", "unknown field `paht`, expected `path` or `scale`"),
        (
            "[movielens]\npath = \"a\"\nscale = [5, 0.5]",
            "must be [minimum, maximum] with minimum below maximum, not [5, 0.5]",
        ),
        ("[movie-lens]\npath = \"a\"", "unknown variant `movie-lens`, expected `movielens` or `synthetic`"),
    ];
    for (config, expected) in cases {
        assert_eq!(toml::from_str::<SourceConfig>(config).unwrap_err().message(), expected);
    }
    let config = SourceConfig::Movielens(movielens::Config { path: "a".into(), scale: None });
    assert_eq!(toml::to_string(&config).unwrap(), "[movielens]\npath = \"a\"\n");
}
