//! Images in both forms, right and wrong.

use crate::{folder, load};
use hourglass_data::Interactions;

/// Two images of 1 × 3 pixels.
const IDX: &[u8] = &[0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3, 0, 7, 255, 1, 0, 9];
const LABELS: &[u8] = &[0, 0, 8, 1, 0, 0, 0, 2, 4, 2];

/// `(image, pixel, value)`, and the labels.
fn seen(data: &Interactions) -> (Vec<(u32, u32, f32)>, Vec<&str>) {
    let pixels = data.ratings.iter().map(|rating| (rating.user, rating.item, rating.value)).collect();
    (pixels, data.users.attributes.iter().flat_map(|label| &label.values).map(String::as_str).collect())
}

#[test]
fn a_pixel_of_zero_is_a_value() {
    let cases: [(&str, &[u8], &str, &[&str]); 5] = [
        ("IDX", IDX, "", &[]),
        ("IDX with labels", IDX, "labels = { file = \"FOLDER/labels\" }", &["4", "2"]),
        ("lines", b"0,7,255\n1,0,9\n", "", &[]),
        ("lines with labels at the end", b"0,7,255,4\n1,0,9,2\n", "labels = { column = 4 }", &["4", "2"]),
        ("lines with labels at the start", b"4,0,7,255\n2,1,0,9\n", "labels = { column = 1 }", &["4", "2"]),
    ];
    for (what, content, labels, expected) in cases {
        let folder = folder(&[("images", content), ("labels", LABELS)]);
        let data = load(folder.path(), &format!("[images]\npath = \"FOLDER/images\"\n{labels}"), "").expect(what);
        let pixels = vec![(0, 0, 0.0), (0, 1, 7.0), (0, 2, 255.0), (1, 0, 1.0), (1, 1, 0.0), (1, 2, 9.0)];
        assert_eq!(seen(&data), (pixels, expected.to_vec()), "{what}");
        assert_eq!((data.users.ids.names(), data.items.len()), (&["1".to_owned(), "2".to_owned()][..], 3), "{what}");
    }
}

#[test]
fn wrong_images_are_named() {
    let column = "labels = { column = 4 }";
    let file = "labels = { file = \"FOLDER/labels\" }";
    let cases: [(&[u8], &str, &str); 9] = [
        (&IDX[..20], "", ": 4 bytes follow the head, which promises [2, 1, 3] = 6"),
        (&IDX[..10], "", ": no IDX file of bytes in 3 dimensions, which starts with [0, 0, 8, 3]"),
        (
            &[0, 0, 13, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            "",
            ": no IDX file of bytes in 3 dimensions, which starts with [0, 0, 8, 3]",
        ),
        (LABELS, "", ": no IDX file of bytes in 3 dimensions, which starts with [0, 0, 8, 3]"),
        (IDX, column, ": an IDX file has no columns; labels = { file = … } names another file"),
        (b"1,2\n", file, ": 2 labels for 1 images"),
        (b"1,2\n3,x\n", "", ", line 2, column 2: pixel \"x\" is not a number; expected numbers between commas"),
        (b"1,2\n3\n", "", ", line 2: the number of fields is 1, not 2; expected numbers between commas"),
        (b"", "", ": holds no data; expected lines of numbers between commas"),
    ];
    for (content, labels, expected) in cases {
        let folder = folder(&[("images", content), ("labels", LABELS)]);
        let source = format!("[images]\npath = \"FOLDER/images\"\n{labels}");
        let error = load(folder.path(), &source, "").expect_err(expected).to_string();
        assert_eq!(error, format!("{}{expected}", folder.path().join("images").display()));
    }
    let folder = folder(&[("images", b"0,17\n")]);
    let error = load(folder.path(), "[images]\npath = \"FOLDER/images\"", "scale = [0, 16]").unwrap_err().to_string();
    assert!(error.contains("images, line 1: rating 17 is outside the scale 0 to 16"), "{error}");
}
