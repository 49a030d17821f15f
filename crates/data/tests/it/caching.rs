//! Prepared data that is kept: the same as made anew, and never what is stale or damaged.

use crate::folder;
use hourglass_data::{Dataset, RatingsConfig, SourceConfig, SplitConfig, movielens};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const RATINGS: &str = "1::10::5\n1::20::3\n1::30::1\n2::10::4\n2::20::2\n3::30::5\n3::10::3\n3::20::4\n";
const MOVIES: &[u8] = b"10::Heat (1995)::Action|Crime\n20::Caf\xe9 (1990)::Drama\n30::Up (2009)::Animation\n";

struct Kept {
    source: TempDir,
    cache: TempDir,
}

impl Kept {
    fn new() -> Self {
        let source = folder(&[("ratings.dat", RATINGS.as_bytes()), ("movies.dat", MOVIES)]);
        Self { source, cache: tempfile::tempdir().unwrap() }
    }

    fn config(&self) -> SourceConfig {
        let path = self.source.path().to_owned();
        SourceConfig::Movielens(movielens::Config { path, ratings: Vec::new() })
    }

    fn load(&self, split: &str) -> Dataset {
        let split: SplitConfig = toml::from_str(split).unwrap();
        Dataset::cached(&self.config(), &RatingsConfig::default(), &split, self.cache.path()).unwrap()
    }

    fn made_anew(&self, split: &str) -> Dataset {
        Dataset::new(&self.config(), &RatingsConfig::default(), &toml::from_str(split).unwrap()).unwrap()
    }

    fn files(&self) -> Vec<PathBuf> {
        files(self.cache.path())
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

const SPLIT: &str = "[random]\ntest = 0.25\nvalidation = 0.2\n";

#[test]
fn what_is_kept_equals_what_is_made_anew() {
    let kept = Kept::new();
    let anew = kept.made_anew(SPLIT);
    assert_eq!(kept.load(SPLIT), anew, "as it is written");
    assert_eq!(kept.files().len(), 1);
    assert_eq!(kept.load(SPLIT), anew, "as it is read");
    assert_eq!(anew.items.title(1), "Café (1990)");
}

#[test]
fn what_is_kept_is_used() {
    // Other data under the name of these: it would not be seen if the source were read.
    let (kept, other) = (Kept::new(), Kept::new());
    fs::write(other.source.path().join("ratings.dat"), RATINGS.replace("::5", "::2")).unwrap();
    let expected = other.load(SPLIT);
    kept.load(SPLIT);
    fs::copy(&other.files()[0], &kept.files()[0]).unwrap();
    assert_eq!(kept.load(SPLIT), expected);
}

#[test]
fn a_changed_file_or_setting_is_other_data() {
    let kept = Kept::new();
    let before = kept.load(SPLIT);
    fs::write(kept.source.path().join("ratings.dat"), RATINGS.replace("3::20::4", "3::20::1")).unwrap();
    let after = kept.load(SPLIT);
    assert_ne!(before.fingerprint, after.fingerprint);
    assert_eq!(after, kept.made_anew(SPLIT));
    assert_eq!(kept.files().len(), 2);
    kept.load("[random]\ntest = 0.25\nseed = 7\n");
    fs::write(kept.source.path().join("movies.dat"), &MOVIES[..30]).unwrap();
    assert_eq!(kept.load(SPLIT).items.title(1), "20");
    assert_eq!(kept.files().len(), 4);
}

#[test]
fn a_damaged_file_is_made_anew() {
    let kept = Kept::new();
    let anew = kept.load(SPLIT);
    let file = kept.files()[0].clone();
    let whole = fs::read(&file).unwrap();
    let cut = [0, 1, 7, 8, 100, whole.len() / 2, whole.len() - 1].map(|length| whole[..length].to_vec());
    let flipped = (0..whole.len()).step_by(17).map(|place| {
        let mut bytes = whole.clone();
        bytes[place] ^= 0x10;
        bytes
    });
    let longer = [&whole[..], b"more"].concat();
    for (number, bytes) in cut.into_iter().chain(flipped).chain([longer]).enumerate() {
        fs::write(&file, bytes).unwrap();
        assert_eq!(kept.load(SPLIT), anew, "damage {number}");
        assert!(fs::read(&file).unwrap() == whole, "damage {number} is not mended");
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_done_without() {
    let kept = Kept::new();
    let file = kept.cache.path().join("file");
    fs::write(&file, "").unwrap();
    let split: SplitConfig = toml::from_str(SPLIT).unwrap();
    let loaded = Dataset::cached(&kept.config(), &RatingsConfig::default(), &split, &file.join("cache")).unwrap();
    assert_eq!(loaded, kept.made_anew(SPLIT));
}
