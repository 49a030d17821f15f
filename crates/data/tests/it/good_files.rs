//! Every form of the files that are read, in a few lines, and what `[ratings]` makes of them.

use crate::{MOVIELENS, folder, load};
use flate2::Compression;
use flate2::write::GzEncoder;
use hourglass_data::{Attribute, Axis, Interactions, write_parquet, write_wide};
use polars::prelude::{Column, DataFrame, ParquetWriter};
use std::io::Write;

/// A rating by the names of its user and its item.
type Triple<'a> = (&'a str, &'a str, f32);

/// `(user, item, rating)` by names, in the order of their indices.
fn ratings(data: &Interactions) -> Vec<(&str, &str, f32)> {
    data.ratings.iter().map(|r| (data.users.ids.name(r.user), data.items.ids.name(r.item), r.value)).collect()
}

fn attributes(attributes: &[Attribute]) -> Vec<(&str, Vec<&str>)> {
    attributes.iter().map(|a| (a.name.as_str(), a.values.iter().map(String::as_str).collect())).collect()
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn every_form_of_movielens_reads_alike() {
    let cases: [(&str, &str, &str); 9] = [
        ("time stamps", "ratings.dat", "10::3::5::978300760\n9::20::1::978300761\n"),
        ("no time stamps", "ratings-no-timestamp.dat", "10::3::5\n9::20::1\n"),
        ("no line end at the end", "ratings.dat", "10::3::5\n9::20::1"),
        ("Windows line ends", "ratings.dat", "10::3::5\r\n9::20::1\r\n"),
        ("empty lines at the end", "ratings.dat", "10::3::5\n9::20::1\n\n\n"),
        ("tabs", "u.data", "10\t3\t5\t881250949\n9\t20\t1\t881250950\n"),
        ("a header", "ratings.csv", "userId,movieId,rating,timestamp\r\n10,3,5.0,964982703\r\n9,20,1.0,964982704\r\n"),
        ("other columns", "ratings.csv", "rating,note,movieId,userId\n5,\"a, b\",3,10\n1,,20,9\n"),
        (
            "quotes and a byte order mark",
            "ratings.csv",
            "\u{feff}\"userId\",movieId,\"rating\"\n\"10\",3,\"5.0\"\n9,\"20\",1\n",
        ),
    ];
    for (what, file, content) in cases {
        let folder = folder(&[(file, content.as_bytes())]);
        let data = load(folder.path(), MOVIELENS, "").expect(what);
        assert_eq!(ratings(&data), [("9", "20", 1.0), ("10", "3", 5.0)], "{what}");
    }
}

#[test]
fn every_form_of_text_reads_alike() {
    let text = "u,i,r,t\n10,3,5,7\n9,20,1,8\n";
    let (gz, zst) = (gzip(text), zstd::encode_all(text.as_bytes(), 1).unwrap());
    let named = "columns = { user = \"u\", item = \"i\", rating = \"r\", time = \"t\" }";
    let cases: [(&str, &[u8], &str); 11] = [
        ("plain", text.as_bytes(), named),
        ("gzip", &gz, named),
        ("zstd", &zst, named),
        ("Windows line ends", b"u,i,r,t\r\n10,3,5,7\r\n9,20,1,8\r\n", named),
        ("a byte order mark", b"\xef\xbb\xbfu,i,r,t\n10,3,5,7\n9,20,1,8\n", named),
        ("quotes", b"\"u\",\"i\",r,t\n\"10\",3,\"5\",7\n9,\"20\",1,8\n", named),
        ("blank lines and spaces around numbers", b"u,i,r,t\n\n10,3, 5 ,7\n\n9,20,1,8\n\n", named),
        ("other columns", b"t,x,r,i,u\n7,\"a,b\",5,3,10\n8,,1,20,9\n", named),
        (
            "places",
            b"10;x;3;5;7\n9;x;20;1;8\n",
            "columns = { user = 1, item = 3, rating = 4, time = 5 }\nformat = { separator = \";\", header = false }",
        ),
        (
            "a separator of several characters",
            b"u::i::r::t\n10::3::5::7\n9::20::1::8\n",
            "columns = { user = \"u\", item = \"i\", rating = \"r\", time = \"t\" }\nformat = { separator = \"::\" }",
        ),
        ("exponents", b"u,i,r,t\n10,3,5e0,7.0\n9,20,0.1E1,8\n", named),
    ];
    for (what, content, rest) in cases {
        let folder = folder(&[("a", content)]);
        let data = load(folder.path(), &format!("[delimited]\npath = \"FOLDER/a\"\n{rest}"), "").expect(what);
        assert_eq!(ratings(&data), [("9", "20", 1.0), ("10", "3", 5.0)], "{what}");
        assert_eq!(data.times, [8, 7], "{what}");
    }
}

#[test]
fn ids_are_text() {
    let pairs = "columns = { user = 1, item = 2 }";
    let cases: [(&str, &[u8], &str, Triple<'_>); 4] = [
        ("a huge number", b"123456789012345678901234567890,1\n", "", ("123456789012345678901234567890", "1", 1.0)),
        ("zeros in front", b"A10,0007\n", "", ("A10", "0007", 1.0)),
        ("latin-1", b"Ren\xe9,Caf\xe9\n", ", encoding = \"latin-1\"", ("René", "Café", 1.0)),
        ("quotes as text", b"\"a,\"b\n", ", quotes = false", ("\"a", "\"b", 1.0)),
    ];
    for (what, content, format, expected) in cases {
        let folder = folder(&[("a", content)]);
        let source = format!("[delimited]\npath = \"FOLDER/a\"\n{pairs}\nformat = {{ header = false{format} }}");
        assert_eq!(ratings(&load(folder.path(), &source, "").expect(what)), [expected], "{what}");
    }
}

#[test]
fn a_zero_and_what_is_below_it_are_ratings() {
    let folder = folder(&[("a", b"u,i,r\n1,1,0\n1,2,-9.5\n1,3,10\n")]);
    let source = "[delimited]\npath = \"FOLDER/a\"\ncolumns = { user = \"u\", item = \"i\", rating = \"r\" }";
    let data = load(folder.path(), source, "scale = [-10, 10]").unwrap();
    assert_eq!(ratings(&data), [("1", "1", 0.0), ("1", "2", -9.5), ("1", "3", 10.0)]);
}

#[test]
fn scales_are_known_or_declared() {
    let half = folder(&[("ratings.csv", b"userId,movieId,rating\n1,1,0.5\n1,2,4.5\n")]);
    let data = load(half.path(), MOVIELENS, "").unwrap();
    assert_eq!(data.scale.map(<[f32; 2]>::from), Some([0.5, 5.0]));
    let ten = folder(&[("ratings.dat", b"1::1::0\n1::2::10\n")]);
    let data = load(ten.path(), MOVIELENS, "scale = [0, 10]").unwrap();
    assert_eq!(ratings(&data), [("1", "1", 0.0), ("1", "2", 10.0)]);
}

#[test]
fn attributes_follow_their_users_and_items_whatever_the_order_of_lines() {
    let users: &[u8] = b"10::F::25::3::55117\n7::M::1::9::\xe9\n2::M::56::16::70072\n";
    let movies: &[u8] = b"9::Never rated::Drama\n1::Les Mis\xe9rables (1995)::Drama|Musical\n";
    let files: [(&str, &[u8]); 3] =
        [("ratings.dat", b"2::1::3\n10::1::4\n"), ("users.dat", users), ("movies.dat", movies)];
    let data = load(folder(&files).path(), MOVIELENS, "").unwrap();
    let expected =
        [("gender", ["M", "F"]), ("age", ["56", "25"]), ("occupation", ["16", "3"]), ("zip", ["70072", "55117"])];
    assert_eq!(attributes(&data.users.attributes), expected.map(|(name, values)| (name, values.to_vec())));
    assert_eq!(
        (data.items.title(0), data.items.attributes[1].values[0].as_str()),
        ("Les Misérables (1995)", "Drama|Musical")
    );

    let users: &[u8] = b"2|53|F|other|94043\n10|23|M|writer|32067\n";
    let files: [(&str, &[u8]); 2] = [("u.data", b"2\t1\t3\t1\n10\t1\t4\t1\n"), ("u.user", users)];
    let data = load(folder(&files).path(), MOVIELENS, "").unwrap();
    assert_eq!(attributes(&data.users.attributes)[2], ("occupation", vec!["other", "writer"]));
}

#[test]
fn a_wide_matrix_reads_alike_in_both_directions() {
    let by_item = ",u1,u2,u3\nb1,1.5,,0\nb2,,,\nb3,,-2,\n";
    let by_user = "user,b1,b2,b3\nu1,1.5,,\nu2,,,-2.0\nu3,0,,\n";
    let expected = [("u1", "b1", 1.5), ("u2", "b3", -2.0), ("u3", "b1", 0.0)];
    for (rows, text) in [("items", by_item), ("users", by_user)] {
        for content in [text.as_bytes().to_vec(), gzip(text), text.replace('\n', "\r\n").into_bytes()] {
            let folder = folder(&[("a.csv", &content)]);
            let source = format!("[wide]\npath = \"FOLDER/a.csv\"\nrows = \"{rows}\"");
            let data = load(folder.path(), &source, "").unwrap();
            assert_eq!(ratings(&data), expected, "{rows}");
            assert_eq!(
                load(folder.path(), &source, "catalogue = \"listed\"").unwrap().items.ids.names(),
                ["b1", "b2", "b3"]
            );
        }
    }
}

#[test]
fn recbole_files_with_and_without_descriptions() {
    let inter: &[u8] = b"user_id:token\titem_id:token\trating:float\ttimestamp:float\n10\t3\t5.0\t7\n9\t20\t1\t8.0\n";
    let user: &[u8] = b"user_id:token\tage:token\tgender:token\n9\t24\tM\n10\t53\tF\n";
    let item: &[u8] =
        b"item_id:token\tmovie_title:token_seq\tclass:token_seq\n3\tToy Story\tAnimation Comedy\n20\tHeat\tAction\n";
    let files = [("a.b.inter", inter), ("a.b.user", user), ("a.b.item", item)];
    let folder_of = folder(&files);
    let data = load(folder_of.path(), "[recbole]\npath = \"FOLDER/a.b\"", "").unwrap();
    assert_eq!(ratings(&data), [("9", "20", 1.0), ("10", "3", 5.0)]);
    assert_eq!(data.times, [8, 7]);
    assert_eq!(attributes(&data.users.attributes), [("age", vec!["24", "53"]), ("gender", vec!["M", "F"])]);
    let expected = [("title", vec!["Toy Story", "Heat"]), ("class", vec!["Animation|Comedy", "Action"])];
    assert_eq!(attributes(&data.items.attributes), expected);

    let nested = folder(&[]);
    std::fs::create_dir(nested.path().join("a")).unwrap();
    std::fs::write(nested.path().join("a/a.inter"), "item_id:token\tuser_id:token\tn:float\n7\t8\t3\n").unwrap();
    let source = "[recbole]\npath = \"FOLDER/a\"";
    assert_eq!(ratings(&load(nested.path(), source, "").unwrap()), [("8", "7", 1.0)]);
    let counts = format!("{source}\ncolumns = {{ user = \"user_id\", item = \"item_id\", rating = \"n\" }}");
    assert_eq!(ratings(&load(nested.path(), &counts, "").unwrap()), [("8", "7", 3.0)]);
}

#[test]
fn parquet_columns_of_every_type_read_alike() {
    let users = [
        Column::new("u".into(), ["10", "9"]),
        Column::new("u".into(), [10_i32, 9]),
        Column::new("u".into(), [10_u64, 9]),
    ];
    let values = [
        Column::new("r".into(), [5.0_f32, 1.0]),
        Column::new("r".into(), [5.0_f64, 1.0]),
        Column::new("r".into(), [5_i64, 1]),
    ];
    for (user, rating) in users.into_iter().zip(values) {
        let folder = folder(&[]);
        let columns = vec![Column::new("x".into(), [true, false]), rating, Column::new("i".into(), [3_i64, 20]), user];
        let file = std::fs::File::create(folder.path().join("a")).unwrap();
        ParquetWriter::new(file).with_row_group_size(Some(1)).finish(&mut DataFrame::new(2, columns).unwrap()).unwrap();
        let source = "[parquet]\npath = \"FOLDER/a\"\ncolumns = { user = \"u\", item = \"i\", rating = \"r\" }";
        assert_eq!(ratings(&load(folder.path(), source, "").unwrap()), [("9", "20", 1.0), ("10", "3", 5.0)]);
    }
}

#[test]
fn what_is_converted_reads_the_same() {
    let parquet = |time: &str| {
        format!(
            "[parquet]\npath = \"FOLDER/b\"\ncolumns = {{ user = \"user\", item = \"item\", rating = \"rating\"{time} }}"
        )
    };
    for (content, time) in
        [("1::2::3::10\n01::4::5::30\nx y::é::4::20\n", ", time = \"time\""), ("1::2::3\n2::9::5\n", "")]
    {
        let folder = folder(&[("ratings.dat", content.as_bytes())]);
        let original = load(folder.path(), MOVIELENS, "").unwrap();
        write_parquet(&original, &folder.path().join("b")).unwrap();
        let again = load(folder.path(), &parquet(time), "").unwrap();
        assert_eq!(again.fingerprint(), original.fingerprint());
        assert_eq!((&again.ratings, &again.times), (&original.ratings, &original.times));
        let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names.len(), 2, "nothing unfinished is left: {names:?}");
    }
    let folder = folder(&[("ratings.dat", b"1::2::3\n")]);
    let data = load(folder.path(), MOVIELENS, "").unwrap();
    let error = write_parquet(&data, &folder.path().join("no/b")).unwrap_err().to_string();
    assert!(error.ends_with("/no/b: cannot be written: No such file or directory (os error 2)"), "{error}");
}

#[test]
fn a_matrix_that_is_written_reads_the_same() {
    let folder = folder(&[("ratings.dat", b"1::2::3\n01::4::5\nx, \"y\"::z::4.5\n")]);
    let original = load(folder.path(), MOVIELENS, "").unwrap();
    for (rows, name, axis) in [
        ("items", "items.csv", Axis::Items),
        ("users", "users.csv", Axis::Users),
        ("items", "items.csv.gz", Axis::Items),
    ] {
        let path = folder.path().join(name);
        write_wide(&original, axis, &path).unwrap();
        let source = format!("[wide]\npath = \"FOLDER/{name}\"\nrows = \"{rows}\"");
        let again = load(folder.path(), &source, "").unwrap();
        assert_eq!(again.fingerprint(), original.fingerprint(), "{name}");
        assert_eq!(std::fs::read(&path).unwrap().starts_with(&[0x1f, 0x8b]), name.ends_with("gz"), "{name}");
    }
    let text = std::fs::read_to_string(folder.path().join("items.csv")).unwrap();
    assert_eq!(text, ",01,1,\"x, \"\"y\"\"\"\n2,,3,\n4,5,,\nz,,,4.5\n");
    let error = write_wide(&original, Axis::Items, &folder.path().join("no/b.csv")).unwrap_err().to_string();
    assert!(error.contains("/no/b.csv: cannot be written: No such file or directory"), "{error}");
}

#[test]
fn what_counts_as_a_rating_is_declared() {
    let text: &[u8] = b"u,i,r\n1,1,0.5\n1,3,4.5\n1,3,2.5\n3,1,3.5\n";
    let folder = folder(&[("a", text)]);
    let source = "[delimited]\npath = \"FOLDER/a\"\ncolumns = { user = \"u\", item = \"i\", rating = \"r\" }";
    let low = ("1", "1", 0.5);
    let other = ("3", "1", 3.5);
    // The columns after the ratings: lost to the cast, no events, duplicates, too few.
    let cases: [(&str, &[Triple<'_>], [usize; 4]); 7] = [
        ("duplicates = \"last\"", &[low, ("1", "3", 2.5), other], [0, 0, 1, 0]),
        ("duplicates = \"mean\"", &[low, ("1", "3", 3.5), other], [0, 0, 1, 0]),
        ("duplicates = \"sum\"", &[low, ("1", "3", 7.0), other], [0, 0, 1, 0]),
        ("duplicates = \"last\"\ncast = \"integer\"", &[("1", "3", 2.0), ("3", "1", 3.0)], [1, 0, 1, 0]),
        ("implicit = { above = 3 }", &[("1", "3", 1.0), ("3", "1", 1.0)], [0, 2, 0, 0]),
        (
            "duplicates = \"sum\"\nimplicit = { above = 0 }",
            &[("1", "1", 1.0), ("1", "3", 2.0), ("3", "1", 1.0)],
            [0, 0, 1, 0],
        ),
        ("duplicates = \"last\"\nminimum = { per_user = 2 }", &[low, ("1", "3", 2.5)], [0, 0, 1, 1]),
    ];
    for (config, expected, [cast_to_zero, not_events, duplicates, too_few]) in cases {
        let data = load(folder.path(), source, config).expect(config);
        assert_eq!(ratings(&data), expected, "{config}");
        let counts = hourglass_data::Counts { read: 4, of_others: 0, cast_to_zero, not_events, duplicates, too_few };
        assert_eq!(data.counts, counts, "{config}");
    }
    let numbered = load(folder.path(), source, "duplicates = \"last\"\ncatalogue = \"numbered\"").unwrap();
    assert_eq!((numbered.users.ids.names(), numbered.items.len()), (&["1", "2", "3"].map(str::to_owned)[..], 3));
}

#[test]
fn the_catalogue_can_hold_what_nobody_rated() {
    let files: [(&str, &[u8]); 2] = [("ratings.dat", b"1::10::3\n"), ("movies.dat", b"9::A::X\n10::B::Y\n")];
    let folder = folder(&files);
    for (catalogue, items) in [("rated", &["10"][..]), ("listed", &["9", "10"])] {
        let data = load(folder.path(), MOVIELENS, &format!("catalogue = \"{catalogue}\"")).unwrap();
        assert_eq!(data.items.ids.names(), items);
        assert_eq!(data.items.title(items.len() as u32 - 1), "B");
    }
}

#[test]
fn the_order_of_lines_changes_no_index() {
    let read = |content: &[u8]| load(folder(&[("ratings.dat", content)]).path(), MOVIELENS, "").unwrap();
    let (forward, backward) = (read(b"1::b::3\n2::a::4\n30::c::5\n"), read(b"30::c::5\n2::a::4\n1::b::3\n"));
    assert_eq!((&forward.users, &forward.items), (&backward.users, &backward.items));
    assert_eq!(forward.matrix(), backward.matrix());
    assert_eq!(forward.fingerprint(), backward.fingerprint());
}

#[test]
fn tags_of_an_item_are_joined_whoever_gave_them() {
    let tags = "userId,movieId,tag,timestamp\r\n1,20,Heist,5\r\n2,10,\"L.A., noir\",6\r\n1,20,Al|Bob,7\r\n3,20, heist ,8\r\n\
                3,77,lost,9\r\n3,30,,9\r\n";
    let files: [(&str, &[u8]); 3] = [
        ("ratings.csv", b"userId,movieId,rating\n1,10,4\n1,20,5\n1,30,3\n"),
        ("movies.csv", b"movieId,title,genres\n30,Up (2009),Animation\n10,Heat (1995),Crime|Drama\n20,Ran,Drama\n"),
        ("tags.csv", tags.as_bytes()),
    ];
    let folder = folder(&files);
    let items = load(folder.path(), MOVIELENS, "").unwrap().items;
    assert_eq!(items.attributes[2].name, "tags");
    assert_eq!(items.attributes[2].values, ["l.a., noir", "al/bob|heist", ""]);
    let source =
        toml::from_str::<hourglass_data::SourceConfig>(&format!("[movielens]\npath = {:?}", folder.path())).unwrap();
    assert!(source.files().unwrap().iter().any(|path| path.ends_with("tags.csv")));
}
