//! Fetching, from a server in this process.

use hourglass_data::fetch::{Archive, fetch};
use sha2::{Digest, Sha256};
use std::fs;
use std::io::{BufRead, BufReader, Cursor, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// How a server answers one request.
#[derive(Clone, Copy)]
enum Answer {
    /// The range that is asked for.
    Range,
    /// The range, but after so many bytes the connection ends.
    CutAfter(usize),
    /// The whole, whatever is asked for.
    Whole,
    Status(&'static str),
}

/// Answers requests in turn; the first byte that each asked for is noted.
fn serve(content: Vec<u8>, answers: Vec<Answer>) -> (String, Arc<Mutex<Vec<usize>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/set.zip", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&asked);
    std::thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut from = 0;
            for line in BufReader::new(stream.try_clone().unwrap()).lines().map(Result::unwrap) {
                if let Some(range) = line.to_ascii_lowercase().strip_prefix("range: bytes=") {
                    from = range.trim_end_matches('-').parse().unwrap();
                }
                if line.is_empty() {
                    break;
                }
            }
            noted.lock().unwrap().push(from);
            let (status, body, sent) = match answer {
                Answer::Range => ("206 Partial Content", &content[from..], content.len() - from),
                Answer::CutAfter(length) => ("206 Partial Content", &content[from..], length),
                Answer::Whole => ("200 OK", &content[..], content.len()),
                Answer::Status(status) => (status, &[][..], 0),
            };
            let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            stream.write_all(head.as_bytes()).unwrap();
            stream.write_all(&body[..sent]).unwrap();
        }
    });
    (url, asked)
}

fn zip_of(entries: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(content.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn good_zip() -> Vec<u8> {
    zip_of(&[("ml-tiny/ratings.dat", "1::2::3\n"), ("ml-tiny/more/README", "read me")])
}

fn archive(url: String, content: &[u8]) -> Archive {
    let sum: String = Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect();
    Archive { name: "tiny".into(), url: url.into(), sha256: sum.into() }
}

fn attempt(archive: &Archive, folder: &Path) -> Result<(), String> {
    fetch(archive, folder, &mut |_, _| ()).map(|path| assert_eq!(path, folder.join("tiny"))).map_err(|e| e.to_string())
}

fn names(folder: &TempDir) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn an_archive_becomes_a_folder_and_is_not_fetched_twice() {
    let (folder, content) = (tempfile::tempdir().unwrap(), good_zip());
    let (url, asked) = serve(content.clone(), vec![Answer::Range]);
    let archive = archive(url, &content);
    for _ in 0..2 {
        attempt(&archive, folder.path()).unwrap();
    }
    assert_eq!(*asked.lock().unwrap(), [0]);
    assert_eq!(names(&folder), ["tiny"]);
    assert_eq!(fs::read_to_string(folder.path().join("tiny/ratings.dat")).unwrap(), "1::2::3\n");
    assert_eq!(fs::read_to_string(folder.path().join("tiny/more/README")).unwrap(), "read me");
}

#[test]
fn an_interrupted_download_goes_on_where_it_stopped() {
    let (folder, content) = (tempfile::tempdir().unwrap(), good_zip());
    let (url, asked) = serve(content.clone(), vec![Answer::CutAfter(50), Answer::CutAfter(20), Answer::Range]);
    let archive = archive(url, &content);
    for _ in 0..2 {
        let error = attempt(&archive, folder.path()).unwrap_err();
        assert!(error.starts_with(&format!("{}: cannot be downloaded: ", archive.url)), "{error}");
        assert_eq!(names(&folder), [".tiny.zip.part"]);
    }
    attempt(&archive, folder.path()).unwrap();
    assert_eq!(*asked.lock().unwrap(), [0, 50, 70]);
    assert_eq!(names(&folder), ["tiny"]);
}

#[test]
fn a_server_without_ranges_is_asked_for_the_whole() {
    let (folder, content) = (tempfile::tempdir().unwrap(), good_zip());
    let (url, asked) = serve(content.clone(), vec![Answer::CutAfter(50), Answer::Whole]);
    let archive = archive(url, &content);
    attempt(&archive, folder.path()).unwrap_err();
    attempt(&archive, folder.path()).unwrap();
    assert_eq!(*asked.lock().unwrap(), [0, 50]);
    assert_eq!(names(&folder), ["tiny"]);
}

#[test]
fn what_is_not_as_pinned_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let (url, _) = serve(good_zip(), vec![Answer::Whole, Answer::Status("404 Not Found")]);
    let archive = archive(url, b"something else");
    let error = attempt(&archive, folder.path()).unwrap_err();
    assert!(error.starts_with(&format!("{}: the SHA-256 is ", archive.url)), "{error}");
    assert!(error.contains(&format!("not {}", archive.sha256)), "{error}");
    assert_eq!(names(&folder), Vec::<String>::new());
    let error = attempt(&archive, folder.path()).unwrap_err();
    assert!(error.contains("the server answers with status 404"), "{error}");
}

#[test]
fn nothing_is_written_outside_of_the_folder() {
    for entry in ["../escaped", "ml-tiny/../../escaped", "/tmp/escaped"] {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("datasets");
        let content = zip_of(&[("ml-tiny/fine", "fine"), (entry, "bad")]);
        let (url, _) = serve(content.clone(), vec![Answer::Whole]);
        let error = attempt(&archive(url, &content), &folder).unwrap_err();
        assert!(error.contains("would be written outside of its folder; nothing was unpacked"), "{entry}: {error}");
        assert_eq!(names(&parent), ["datasets"], "{entry}");
        assert!(!folder.join("tiny").exists(), "{entry}");
    }
}
