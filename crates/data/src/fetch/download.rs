//! Downloading, from where an earlier attempt stopped.

use super::Archive;
use crate::Error;
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

/// Bytes between two reports of progress.
const CHUNK: usize = 1 << 16;

/// Completes the file, and checks what it holds. A file that holds something else is removed.
pub(super) fn download(
    archive: &Archive,
    part: &Path,
    progress: &mut dyn FnMut(u64, Option<u64>),
) -> Result<(), Error> {
    if !sum_of(part).is_ok_and(|sum| sum == *archive.sha256) {
        complete(archive, part, progress)?;
    }
    let unreadable = |reason| Error::Unreadable { path: part.to_owned(), reason };
    let found = sum_of(part).map_err(unreadable)?;
    if found == *archive.sha256 {
        return Ok(());
    }
    fs::remove_file(part).map_err(unreadable)?;
    Err(Error::WrongContent { url: archive.url.to_string(), found, expected: archive.sha256.to_string() })
}

fn complete(archive: &Archive, part: &Path, progress: &mut dyn FnMut(u64, Option<u64>)) -> Result<(), Error> {
    let failed = |reason: String| Error::Download { url: archive.url.to_string(), reason };
    let unwritable = |reason| Error::Unwritable { path: part.to_owned(), reason };
    let there = fs::metadata(part).map_or(0, |metadata| metadata.len());
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let request = agent.get(&*archive.url).header("range", format!("bytes={there}-"));
    let mut response = request.call().map_err(|error| failed(error.to_string()))?;
    // A server that does not know ranges sends the whole from its beginning.
    let (mut file, mut done) = match response.status().as_u16() {
        200 => (File::create(part).map_err(unwritable)?, 0),
        206 => (File::options().append(true).create(true).open(part).map_err(unwritable)?, there),
        // Nothing is left to send: what is there has another length than the archive, or is it.
        416 => return Ok(()),
        status => return Err(failed(format!("the server answers with status {status}"))),
    };
    let total = response.body().content_length().map(|rest| done + rest);
    let mut reader = response.body_mut().as_reader();
    let mut chunk = vec![0; CHUNK];
    loop {
        match reader.read(&mut chunk) {
            Ok(0) => break,
            Ok(length) => {
                file.write_all(&chunk[..length]).map_err(unwritable)?;
                done += length as u64;
                progress(done, total);
            }
            Err(error) => return Err(failed(error.to_string())),
        }
    }
    match total {
        Some(total) if done < total => Err(failed(format!("the connection ended after {done} of {total} bytes"))),
        _ => Ok(()),
    }
}

fn sum_of(path: &Path) -> io::Result<String> {
    let mut sum = Sha256::new();
    let mut file = File::open(path)?;
    let mut chunk = vec![0; CHUNK];
    loop {
        match file.read(&mut chunk)? {
            0 => return Ok(sum.finalize().iter().map(|byte| format!("{byte:02x}")).collect()),
            length => sum.update(&chunk[..length]),
        }
    }
}
