//! Every form of the MovieLens files, in a few lines.

use crate::{folder, load};
use hourglass_data::{Interactions, SourceConfig};

/// `(user, item, rating)` by names, in file order.
fn ratings(data: &Interactions) -> Vec<(&str, &str, f32)> {
    data.ratings.iter().map(|r| (data.users.name(r.user), data.items.name(r.item), r.value)).collect()
}

#[test]
fn every_form_reads_alike() {
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
        let data = load(folder.path()).expect(what);
        assert_eq!(ratings(&data), [("10", "3", 5.0), ("9", "20", 1.0)], "{what}");
        assert_eq!(data.users.names(), ["9", "10"], "{what}");
    }
}

#[test]
fn half_stars_and_a_declared_scale() {
    let half = folder(&[("ratings.csv", b"userId,movieId,rating\n1,1,0.5\n1,2,4.5\n")]);
    let data = load(half.path()).unwrap();
    assert_eq!((data.scale.minimum, data.scale.maximum), (0.5, 5.0));
    assert_eq!(ratings(&data), [("1", "1", 0.5), ("1", "2", 4.5)]);

    let ten = folder(&[("ratings.dat", b"1::1::0\n1::2::10\n")]);
    let source = format!("[movielens]\npath = {:?}\nscale = [0, 10]", ten.path());
    let data = toml::from_str::<SourceConfig>(&source).unwrap().load().unwrap();
    assert_eq!(ratings(&data), [("1", "1", 0.0), ("1", "2", 10.0)]);
}

#[test]
fn attributes_follow_their_users_whatever_the_order_of_lines() {
    let ratings: &[u8] = b"2::1::3\n10::1::4\n";
    let users: &[u8] = b"10::F::25::3::55117\n7::M::1::9::\xe9\n2::M::56::16::70072\n";
    let data = load(folder(&[("ratings.dat", ratings), ("users.dat", users)]).path()).unwrap();
    let read: Vec<_> = data.user_attributes.iter().map(|a| (a.name.as_str(), a.values.clone())).collect();
    let expected: [(&str, [&str; 2]); 3] = [("gender", ["M", "F"]), ("age", ["56", "25"]), ("occupation", ["16", "3"])];
    assert_eq!(read, expected.map(|(name, values)| (name, values.map(str::to_owned).to_vec())));

    let users: &[u8] = b"2|53|F|other|94043\n10|23|M|writer|32067\n";
    let data = load(folder(&[("u.data", b"2\t1\t3\t1\n10\t1\t4\t1\n"), ("u.user", users)]).path()).unwrap();
    let names: Vec<_> = data.user_attributes.iter().map(|attribute| attribute.name.as_str()).collect();
    assert_eq!(names, ["age", "gender", "occupation"]);
    assert_eq!(data.user_attributes[2].values, ["other", "writer"]);
}

#[test]
fn latin_1_names_are_read() {
    let data = load(folder(&[("ratings.dat", b"Ren\xe9::Caf\xe9::3\n")]).path()).unwrap();
    assert_eq!(ratings(&data), [("René", "Café", 3.0)]);
}

#[test]
fn the_order_of_lines_changes_no_index() {
    let read = |content: &[u8]| load(folder(&[("ratings.dat", content)]).path()).unwrap();
    let (forward, backward) = (read(b"1::b::3\n2::a::4\n30::c::5\n"), read(b"30::c::5\n2::a::4\n1::b::3\n"));
    assert_eq!((&forward.users, &forward.items), (&backward.users, &backward.items));
    assert_eq!(forward.matrix(), backward.matrix());
    assert_ne!(forward.fingerprint(), backward.fingerprint());
}
