//! What a message says, for every way in which files can be wrong: side by side, a table per source.

use crate::{MOVIELENS, folder, load};
use flate2::Compression;
use flate2::write::GzEncoder;
use hourglass_data::SourceConfig;
use polars::prelude::{Column, DataFrame, ParquetWriter};
use std::io::Write;

/// Loads each content from the same file, and checks the message after the file's path.
#[track_caller]
fn check(source: &str, file: &str, cases: &[(&[u8], &str)]) {
    for (content, expected) in cases {
        let folder = folder(&[(file, content)]);
        let path = folder.path().join(file).display().to_string();
        let error = load(folder.path(), source, "").expect_err(expected).to_string().replace(&path, "PATH");
        assert_eq!(error, format!("PATH{expected}"));
    }
}

/// With names of columns, and quotes.
const CSV: &str = "[delimited]\npath = \"FOLDER/a.csv\"\ncolumns = { user = \"u\", item = \"i\", rating = \"r\" }";

/// With places of columns, without quotes.
const COLONS: &str = "[delimited]\npath = \"FOLDER/a.dat\"\ncolumns = { user = 1, item = 2, rating = 3, time = 4 }\n\
                      format = { separator = \"::\", header = false }";

#[test]
fn delimited_with_header_and_quotes() {
    check(
        CSV,
        "a.csv",
        &[
            (b"", ": holds no data; expected lines of u, i, r between \",\""),
            (b"\n\n", ": holds no data; expected lines of u, i, r between \",\""),
            (b"u,i,r\n", ": holds no data; expected lines of u, i, r between \",\""),
            (
                b"u,i,x\n1,2,3\n",
                ", line 1: no column \"r\" among u, i, x; expected a header with u, i, r between \",\"",
            ),
            (
                b"1,2,3\n1,3,3\n",
                ", line 1: no column \"u\" among 1, 2, 3; expected a header with u, i, r between \",\"",
            ),
            (
                b"u;i;r\n1;2;3\n",
                ", line 1: no column \"u\" among u;i;r; expected a header with u, i, r between \",\"; where it is \";\" that separates \
                 columns, set format = { separator = \";\" }",
            ),
            (
                b"u,i,r,r\n1,2,3,4\n",
                ", line 1: column \"r\" is there twice, as columns 3 and 4; rename one, or give its place instead of its name",
            ),
            (
                b"u,i,r\n1,2,3\n1,3,four\n",
                ", line 3, column 3: r \"four\" is not a number; expected u, i, r between \",\"",
            ),
            (b"r,i,u\nfour,3,1\n", ", line 2, column 1: r \"four\" is not a number; expected u, i, r between \",\""),
            (b"u,i,r\n1,2,\"4,5\"\n", ", line 2, column 3: r \"4,5\" is not a number; expected u, i, r between \",\""),
            (b"u,i,r\n1,2,NaN\n", ", line 2, column 3: r \"NaN\" is not a number; expected u, i, r between \",\""),
            (b"u,i,r\n1,2,-inf\n", ", line 2, column 3: r \"-inf\" is not a number; expected u, i, r between \",\""),
            (b"u,i,r\n1,2,1e39\n", ", line 2, column 3: r \"1e39\" is not a number; expected u, i, r between \",\""),
            (b"u,i,r\n1,2,3\nu,i,r\n", ", line 3, column 3: r \"r\" is not a number; expected u, i, r between \",\""),
            (b"u,i,r\n1,2\n", ", line 2: the number of fields is 2, not 3; expected u, i, r between \",\""),
            (b"u,i,r\n1,2,3\n1,2,3,4\n", ", line 3: the number of fields is 4, not 3; expected u, i, r between \",\""),
            (b"u,i,r\r\n1,2,3\r\n,2,3\r\n", ", line 3, column 1: u is empty; expected u, i, r between \",\""),
            (b"u,i,r\r\n\r\n1,2,3\r\n\r\n1,3,\r\n", ", line 5, column 3: r is empty; expected u, i, r between \",\""),
            (
                b"u,i,r,\"a\nb\"\n1,2,3,\"c\nd\"\n\n1,3,x,",
                ", line 6, column 3: r \"x\" is not a number; expected u, i, r between \",\"",
            ),
            (b"u,i,r\n1, ,3\n", ", line 2, column 2: i is empty; expected u, i, r between \",\""),
            (b"u,i,r\n1,2,\n", ", line 2, column 3: r is empty; expected u, i, r between \",\""),
            (b"u,i,r\n1,1,1\n\n1,2,x\n", ", line 4, column 3: r \"x\" is not a number; expected u, i, r between \",\""),
            (
                b"u,i,r\n1,2,3\n\"1,3,3\n1,4,3\n",
                ", line 3: a quote opens in this line and is not closed; close it, or set format = { quotes = false } for a \
                 file in which quotes are text",
            ),
            (
                b"u,i,r\n1,2,3\nRen\xe9,2,3\n",
                ", line 3: not UTF-8 text; declare the encoding of the file, as format = { encoding = \"latin-1\" }, or \
                 convert it to UTF-8",
            ),
            (b"\xff\xfeu\0,\0i\0,\0r\0\n\0", ": UTF-16 text; convert the file to UTF-8"),
            (
                b"u,i,r\n1,2,3\n1,3,3\n1,2,4\n",
                ", line 4: user \"1\" has rated item \"2\" in line 2 already; remove one of the lines, or set \
                 ratings.duplicates = \"last\", \"mean\" or \"sum\"",
            ),
        ],
    );
}

#[test]
fn delimited_without_header_and_quotes() {
    const EXPECTED: &str =
        "expected user in column 1, item in column 2, rating in column 3, time in column 4 between \"::\"";
    let cases: [(&[u8], &str); 9] = [
        (b"1::2::3::9\n1::3::x::9\n", ", line 2, column 3: rating \"x\" is not a number; "),
        (b"1::2::3::yesterday\n", ", line 1, column 4: time \"yesterday\" is not a number; "),
        (b"1::2::3::9\n1::3::3::\n", ", line 2, column 4: time is empty; "),
        (b"1::2::3\n", ", line 1: the number of fields is 3, not 4; "),
        (b"1::2::3::9\n1::3::3\n", ", line 2: the number of fields is 3, not 4; "),
        (b"1::2::3::9\n1::3::3::9::9\n", ", line 2: the number of fields is 5, not 4; "),
        (b"1::2::3::9\n\n1::3::3::9\n", ", line 2: the number of fields is 0, not 4; "),
        (b"1,2,3,9\n", ", line 1: the number of fields is 1, not 2; "),
        (b"1::::3::9\n", ", line 1, column 2: item is empty; "),
    ];
    for (content, expected) in cases {
        check(COLONS, "a.dat", &[(content, &format!("{expected}{EXPECTED}"))]);
    }
    let by_name = COLONS.replace("user = 1", "user = \"u\"");
    let expected = ": column \"u\" is asked for by its name, but the file is declared to have no header; give its place, \
                    from 1, or set header = true";
    check(&by_name, "a.dat", &[(b"1::2::3::9\n", expected)]);
}

#[test]
fn compressed_files() {
    let lines: String = (0..2_000).map(|i| format!("{},{},{}\n", i % 89, i, i % 5)).collect();
    let text = format!("u,i,r\n{lines}");
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(text.as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let zstd = zstd::encode_all(text.as_bytes(), 1).unwrap();
    let mut damaged = gzip.clone();
    damaged[3_000..3_100].fill(0xff);
    let cases: [(&str, &[u8], &str); 4] = [
        ("gzip, cut off", &gzip[..gzip.len() / 2], ": the compressed file ends in the middle of line "),
        ("zstd, cut off", &zstd[..zstd.len() / 2], ": the compressed file ends in the middle of line "),
        ("gzip, damaged", &damaged, ": the compressed file is damaged at line "),
        ("gzip, a start alone", &gzip[..5], ": the compressed file ends in the middle of line 1; get it anew"),
    ];
    for (what, content, expected) in cases {
        let folder = folder(&[("a.csv", content)]);
        let path = folder.path().join("a.csv").display().to_string();
        let error = load(folder.path(), CSV, "").expect_err(what).to_string();
        assert!(error.starts_with(&format!("{path}{expected}")) && error.ends_with("; get it anew"), "{what}: {error}");
    }
}

#[test]
fn movielens() {
    const DAT: &str = "; expected UserID::MovieID::Rating[::Timestamp]";
    let cases: [(&str, &str); 7] = [
        ("1::2::3\n1::3::x\n", ", line 2, column 3: rating \"x\" is not a number"),
        ("1::2::3\n1::2\n", ", line 2: the number of fields is 2, not 3"),
        ("1::2::3\n1::3::3::9\n", ", line 2: the number of fields is 4, not 3"),
        ("1::2::3::9\n1::3::3\n", ", line 2: the number of fields is 3, not 4"),
        ("1,2,3\n", ", line 1: the number of fields is 1, not 2"),
        ("1::2::3\n::3::3\n", ", line 2, column 1: user is empty"),
        ("1::2::3\n1::3::nan\n", ", line 2, column 3: rating \"nan\" is not a number"),
    ];
    for (content, expected) in cases {
        check(MOVIELENS, "ratings.dat", &[(content.as_bytes(), &format!("{expected}{DAT}"))]);
    }
    let remedy = "correct the line, or declare the scale of this data set, as ratings.scale = [0.5, 5]";
    for rating in ["0", "5.5"] {
        let content = format!("1::2::3\n1::3::{rating}\n");
        let expected = format!(", line 2, column 3: rating {rating} is outside the scale 1 to 5; {remedy}");
        check(MOVIELENS, "ratings.dat", &[(content.as_bytes(), &expected)]);
    }
}

#[test]
fn descriptions() {
    let cases: [(&str, &str, &str); 4] = [
        (
            "users.dat",
            "1::F::25::3::5\n2::M::1::4::5\n1::F::1::3::5\n",
            ", line 3: \"1\" is described above already; remove one of the lines",
        ),
        (
            "users.dat",
            "1::F::25::3::55117\n2::M::25\n",
            ", line 2: the number of fields is 3, not 5; expected UserID::Gender::Age::Occupation::Zip-code",
        ),
        (
            "users.dat",
            "::F::25::3::5\n",
            ", line 1, column 1: id is empty; expected UserID::Gender::Age::Occupation::Zip-code",
        ),
        (
            "movies.dat",
            "2::Heat (1995)\n",
            ", line 1: the number of fields is 2, not 3; expected MovieID::Title::Genres",
        ),
    ];
    for (file, content, expected) in cases {
        let folder = folder(&[("ratings.dat", b"1::2::3\n2::2::3\n"), (file, content.as_bytes())]);
        let error = load(folder.path(), MOVIELENS, "").expect_err(expected).to_string();
        assert_eq!(error, format!("{}{expected}", folder.path().join(file).display()));
    }
}

#[test]
fn wide() {
    const WIDE: &str = "[wide]\npath = \"FOLDER/a.csv\"\nrows = \"items\"";
    const EXPECTED: &str = "expected a name, then ratings, between \",\"";
    check(
        WIDE,
        "a.csv",
        &[
            (b",u1,u2,u1\nb1,1,2,3\n", ", line 1: columns 2 and 4 are both named \"u1\"; rename one, or merge them"),
            (b",u1,u2\nb1,1,2\nb2,,\nb1,3,4\n", ", line 4: row \"b1\" is in line 2 already; rename one, or merge them"),
            (
                b",u1,u2\nb1,1,2\nb2,,good\n",
                ", line 3, column 3 (row \"b2\", column \"u2\"): rating \"good\" is not a number; expected a number, or \
                 nothing where there is no rating",
            ),
            (
                b",u1\nb1,nan\n",
                ", line 2, column 2 (row \"b1\", column \"u1\"): rating \"nan\" is not a number; expected a number, or \
                 nothing where there is no rating",
            ),
            (b",u1,\nb1,1,2\n", &format!(", line 1, column 3: the name of the column is empty; {EXPECTED}")),
            (b",u1,u2\nb1,1,2\n ,1,2\n", &format!(", line 3, column 1: the name of the row is empty; {EXPECTED}")),
            (b",u1,u2\nb1,1\n", &format!(", line 2: the number of fields is 2, not 3; {EXPECTED}")),
            (b",u1,u2\n", ": holds no data; expected lines of a name, then ratings, between \",\""),
        ],
    );
    let without = format!("{WIDE}\nformat = {{ header = false }}");
    let expected = ": the first line of a wide file names its columns; leave header = false out of data.wide.format";
    check(&without, "a.csv", &[(b"b1,1,2\n", expected)]);
    let folder = folder(&[("a.csv", b",u1,u2\nb1,1,2\nb2,,9\n")]);
    let error = load(folder.path(), WIDE, "scale = [1, 5]").unwrap_err().to_string();
    assert!(
        error.ends_with(
            "a.csv, line 3, column 3: rating 9 is outside the scale 1 to 5; correct the line, or declare \
                             the scale of this data set, as ratings.scale = [0.5, 5]"
        ),
        "{error}"
    );
}

#[test]
fn recbole() {
    const EXPECTED: &str = "expected a header with user_id:token, item_id:token and others between tabs";
    let untyped = "has no type; expected a name and its type, as user_id:token, where a type is token, token_seq, float or \
                   float_seq";
    check(
        "[recbole]\npath = \"FOLDER/a\"",
        "a.inter",
        &[
            (b"user_id\titem_id\n1\t2\n", &format!(", line 1, column 1: \"user_id\" {untyped}")),
            (b"user_id:token\titem_id:int\n1\t2\n", &format!(", line 1, column 2: \"item_id:int\" {untyped}")),
            (
                b"uid:token\titem_id:token\n1\t2\n",
                &format!(", line 1: no column \"user_id\" among uid, item_id; {EXPECTED}"),
            ),
            (
                b"user_id:token\titem_id:token\trating:float\n1\t2\tx\n",
                ", line 2, column 3: rating \"x\" is not a number; expected user_id:token, item_id:token and others between tabs",
            ),
        ],
    );
}

/// The bytes of a Parquet file.
fn parquet(columns: Vec<Column>) -> Vec<u8> {
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes).finish(&mut DataFrame::new_infer_height(columns).unwrap()).unwrap();
    bytes
}

#[test]
fn parquet_files() {
    const PARQUET: &str = "[parquet]\npath = \"FOLDER/a.parquet\"\ncolumns = { user = \"u\", item = \"i\", rating = \"r\", time = \"t\" }";
    let pairs = || vec![Column::new("u".into(), ["1", "2"]), Column::new("i".into(), [3_i64, 4])];
    let with = |ratings: Column| {
        let times = Column::new("t".into(), [1_i64, 2]);
        parquet(pairs().into_iter().chain([ratings, times]).collect())
    };
    let mut null_user = pairs();
    null_user[0] = Column::new("u".into(), [None, Some("2")]);
    null_user.extend([Column::new("r".into(), [1.0, 2.0]), Column::new("t".into(), [1_i64, 2])]);
    let whole = with(Column::new("r".into(), [1.0, 2.0]));
    let remedy = "remove the row, or give it a value";
    check(
        PARQUET,
        "a.parquet",
        &[
            (
                b"u,i,r\n1,2,3\n",
                ": not a Parquet file; expected one that starts with PAR1 (text files are read by [data.delimited])",
            ),
            (b"", ": not a Parquet file; expected one that starts with PAR1 (text files are read by [data.delimited])"),
            (&parquet(pairs()), ": no column \"r\" among u, i; name one of these in data.parquet.columns"),
            (
                &with(Column::new("r".into(), ["good", "bad"])),
                ", column \"r\": rating is of type Utf8View; expected integers or floats of 32 or 64 bits",
            ),
            (
                &with(Column::new("r".into(), [Some(1.0), None])),
                &format!(", row 2, column \"r\": rating is null; {remedy}"),
            ),
            (
                &with(Column::new("r".into(), [1.0, f64::NAN])),
                &format!(", row 2, column \"r\": rating is NaN; {remedy}"),
            ),
            (
                &with(Column::new("r".into(), [1e39, 2.0])),
                &format!(", row 1, column \"r\": rating is infinite; {remedy}"),
            ),
            (&parquet(null_user), &format!(", row 1, column \"u\": user is null; {remedy}")),
            (
                &whole[..whole.len() / 2],
                ": cannot be read: parquet: File out of specification: The file must end with PAR1",
            ),
        ],
    );
}

#[test]
fn files_that_are_not_there() {
    let empty = folder(&[("a-file", b"")]);
    let root = empty.path();
    std::fs::create_dir(root.join("u.data")).unwrap();
    std::os::unix::fs::symlink("loop", root.join("loop")).unwrap();
    let remedy = "download a MovieLens data set from https://grouplens.org/datasets/movielens/ and unpack it";
    let columns = "columns = { user = \"u\", item = \"i\" }";
    let cases = [
        (
            "[movielens]\npath = \"FOLDER/no\"".to_owned(),
            format!("/no: there is no such folder; {remedy} there, or link the folder there"),
        ),
        (
            "[movielens]\npath = \"FOLDER/a-file\"".to_owned(),
            "/a-file: this is a file; give the folder that holds it".to_owned(),
        ),
        (MOVIELENS.to_owned(), "/u.data: cannot be read: Is a directory (os error 21)".to_owned()),
        (
            format!("[delimited]\npath = \"FOLDER/no.csv\"\n{columns}"),
            "/no.csv: cannot be read: No such file or directory (os error 2)".to_owned(),
        ),
        (
            format!("[delimited]\npath = \"FOLDER/loop\"\n{columns}"),
            "/loop: cannot be read: Too many levels of symbolic links (os error 40)".to_owned(),
        ),
        (
            format!("[delimited]\npath = \"FOLDER\"\n{columns}"),
            ": cannot be read: Is a directory (os error 21)".to_owned(),
        ),
        (
            format!("[parquet]\npath = \"FOLDER\"\n{columns}"),
            ": cannot be read: Is a directory (os error 21)".to_owned(),
        ),
        (
            "[recbole]\npath = \"FOLDER/no\"".to_owned(),
            "/no.inter: cannot be read: No such file or directory (os error 2)".to_owned(),
        ),
    ];
    for (source, expected) in cases {
        let error = load(root, &source, "").unwrap_err().to_string();
        assert_eq!(error, format!("{}{expected}", root.display()), "{source}");
    }
    std::fs::remove_dir(root.join("u.data")).unwrap();
    let names = "ratings.dat, ratings-no-timestamp.dat, u.data, ratings.csv";
    assert_eq!(
        load(root, MOVIELENS, "").unwrap_err().to_string(),
        format!("{}: no ratings file in this folder; expected one of {names}; {remedy} there", root.display())
    );
}

#[test]
fn a_pair_in_two_files_names_both() {
    let folder = folder(&[("a", b"1\t2\t3\n"), ("b", b"1\t3\t3\n1\t2\t4\n")]);
    let source = "[delimited]\npath = [\"FOLDER/a\", \"FOLDER/b\"]\ncolumns = { user = 1, item = 2, rating = 3 }\n\
                  format = { separator = \"\\t\", header = false }";
    let root = folder.path().display();
    let expected = format!(
        "{root}/b, line 2: user \"1\" has rated item \"2\" in line 1 of {root}/a already; remove one of the lines, or set \
         ratings.duplicates = \"last\", \"mean\" or \"sum\""
    );
    assert_eq!(load(folder.path(), source, "").unwrap_err().to_string(), expected);
}

#[test]
fn nothing_to_choose_from() {
    let error = load(folder(&[]).path(), "[uniform]\nvalues = []", "").unwrap_err().to_string();
    assert_eq!(error, "data.uniform.values is empty; list the ratings there can be, as [1, 2, 3, 4, 5]");
}

#[test]
fn configurations_with_mistakes_do_not_parse() {
    let format = |format: &str| format!("{CSV}\nformat = {{ {format} }}");
    let cases = [
        ("[movielens]".to_owned(), "missing field `path`"),
        ("[movielens]\npaht = \"a\"".to_owned(), "unknown field `paht`, expected `path` or `ratings`"),
        (
            "[movie-lens]\npath = \"a\"".to_owned(),
            "unknown variant `movie-lens`, expected one of `delimited`, `images`, `movielens`, `parquet`, `recbole`, `synthetic`, \
             `uniform`, `wide`",
        ),
        (format("separator = \"\""), "separator \"\" separates nothing; expected for example \",\" or \"::\""),
        (
            format("separator = \"::\", quotes = true"),
            "separator \"::\" has several bytes, and goes with quotes = false only",
        ),
        (
            format("encoding = \"klingon\""),
            "unknown encoding \"klingon\"; expected \"utf-8\", \"latin-1\", or another name from \
             https://encoding.spec.whatwg.org that extends ASCII",
        ),
        (
            CSV.replace("\"u\"", "0"),
            "invalid value: integer `0`, expected a column's name, or its place in the line from 1",
        ),
        (CSV.replace("\"FOLDER/a.csv\"", "[]"), "invalid length 0, expected a file, or a list of files"),
        ("[wide]\npath = \"a\"\nrows = \"books\"".to_owned(), "unknown variant `books`, expected `items` or `users`"),
        ("[uniform]\ndensity = 1.5".to_owned(), "must be at least 0 and below 1, not 1.5"),
    ];
    for (config, expected) in cases {
        assert_eq!(toml::from_str::<SourceConfig>(&config).unwrap_err().message(), expected);
    }
}

#[test]
fn ids_that_are_no_places_are_named() {
    for id in ["A1", "0", "-1", "10000001", "1.5"] {
        let folder = folder(&[("ratings.csv", format!("userId,movieId,rating\n{id},1,3\n").as_bytes())]);
        let error = load(folder.path(), MOVIELENS, "catalogue = \"numbered\"").unwrap_err().to_string();
        let expected = format!(
            "ratings.catalogue = \"numbered\" takes ids from 1 to 10000000 as places, and {id:?} is none; use \"rated\" or \
             \"listed\""
        );
        assert_eq!(error, expected);
    }
}
