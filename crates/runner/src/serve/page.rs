//! The page for people: one document, its style, its script and its icon.

use hyper::Response;

use super::answer::{Body, text};

/// The file at this path.
pub(super) fn file(path: &str) -> Option<Response<Body>> {
    Some(match path {
        "/" => text("text/html; charset=utf-8", include_str!("page/page.html")),
        "/page.css" => text("text/css; charset=utf-8", include_str!("page/page.css")),
        "/page.js" => text("text/javascript; charset=utf-8", include_str!("page/page.js")),
        "/icon.svg" => text("image/svg+xml", include_str!("page/icon.svg")),
        _ => return None,
    })
}
