//! Links from a page to files near it.

use std::fmt::Write;
use std::path::{Component, Path};

/// The address of `file` from a page in `folder`: relative, with every letter that means something in an address encoded.
pub(super) fn link(folder: &Path, file: &Path) -> String {
    let relative = file.strip_prefix(folder).unwrap_or(file);
    let parts = relative.components().filter_map(|part| match part {
        Component::Normal(name) => Some(encoded(&name.to_string_lossy())),
        Component::ParentDir => Some("..".to_owned()),
        Component::CurDir | Component::RootDir | Component::Prefix(_) => None,
    });
    let path = parts.collect::<Vec<_>>().join("/");
    // A first part with a colon would be taken for a protocol; from the root on, the address is absolute.
    if relative.is_absolute() { format!("file:///{path}") } else { format!("./{path}") }
}

fn encoded(name: &str) -> String {
    name.bytes().fold(String::new(), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            write!(text, "%{byte:02X}").expect("memory takes the text");
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_relative_and_encoded() {
        let cases = [
            ("results/demo", "results/demo/3fa2/run.json", "./3fa2/run.json"),
            ("results", "results/a b/#1/é?.svg", "./a%20b/%231/%C3%A9%3F.svg"),
            ("results", "results/javascript:alert(1)/x", "./javascript%3Aalert%281%29/x"),
            ("results", "/else where/x", "file:///else%20where/x"),
        ];
        for (folder, file, expected) in cases {
            assert_eq!(link(Path::new(folder), Path::new(file)), expected);
        }
    }
}
