//! Unpacking, within a folder.

use crate::Error;
use std::fs::{self, File};
use std::io;
use std::path::{Component, Path, PathBuf};
use zip::ZipArchive;
use zip::read::ZipFile;
use zip::result::ZipError;

/// Unpacks a zip file of one folder, so that the folder is called `target`; it appears when it is whole.
pub(super) fn unpack(archive: &Path, target: &Path) -> Result<(), Error> {
    let unreadable = |reason: io::Error| Error::Unreadable { path: archive.to_owned(), reason };
    let broken = |error: ZipError| unreadable(io::Error::other(error));
    let unwritable = |reason| Error::Unwritable { path: target.to_owned(), reason };
    let mut zip = ZipArchive::new(File::open(archive).map_err(unreadable)?).map_err(broken)?;
    let mut places = Vec::with_capacity(zip.len());
    for index in 0..zip.len() {
        let entry = zip.by_index(index).map_err(broken)?;
        let name = entry.name().map_err(broken)?;
        let safe = place(&name, entry.is_symlink());
        let (path, entry) = (archive.to_owned(), name.into_owned());
        places.push(safe.ok_or(Error::UnsafeArchive { path, entry })?);
    }
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let unfinished = target.with_file_name(format!(".{name}.unpacking"));
    match fs::remove_dir_all(&unfinished) {
        Err(reason) if reason.kind() != io::ErrorKind::NotFound => return Err(unwritable(reason)),
        _ => fs::create_dir_all(&unfinished).map_err(unwritable)?,
    }
    for (index, place) in places.iter().enumerate() {
        let mut entry = zip.by_index(index).map_err(broken)?;
        write(&mut entry, &unfinished.join(place)).map_err(unwritable)?;
    }
    fs::rename(&unfinished, target).map_err(unwritable)
}

fn write(entry: &mut ZipFile<'_, File>, path: &Path) -> io::Result<()> {
    if entry.is_dir() {
        return fs::create_dir_all(path);
    }
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    io::copy(entry, &mut File::create(path)?).map(drop)
}

/// Where an entry goes, without the folder that all are in; none where that would be outside.
fn place(name: &str, link: bool) -> Option<PathBuf> {
    let path = Path::new(name);
    let inside = path.components().all(|part| matches!(part, Component::Normal(_))) && !name.contains('\\');
    (inside && !link).then(|| path.components().skip(1).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_leave_the_folder_has_no_place() {
        let cases = [
            ("ml-1m/", false, Some("")),
            ("ml-1m/users.dat", false, Some("users.dat")),
            ("ml-1m/tags/a.csv", false, Some("tags/a.csv")),
            ("ml-1m/link", true, None),
            ("../users.dat", false, None),
            ("ml-1m/../../users.dat", false, None),
            ("/etc/passwd", false, None),
            ("ml-1m\\..\\..\\users.dat", false, None),
        ];
        for (name, link, expected) in cases {
            assert_eq!(place(name, link), expected.map(PathBuf::from), "{name}");
        }
    }
}
