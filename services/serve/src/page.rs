//! The page: what `make web` left in dashboards/web/dist, inside the program, with the headers that keep it to itself.

use actix_web::{
    HttpResponse,
    http::header::{self, HeaderValue},
    middleware::DefaultHeaders,
};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "../../dashboards/web/dist"]
struct Dist;

/// Nothing from elsewhere, nothing inline, no frames.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Vite names these files by their content, so they never change.
const FOREVER: &str = "public, max-age=31536000, immutable";

/// What stands in the head of every answer.
pub(crate) fn headers() -> DefaultHeaders {
    DefaultHeaders::new()
        .add((header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY))
        .add((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .add((header::X_FRAME_OPTIONS, "DENY"))
        .add((header::REFERRER_POLICY, "no-referrer"))
        .add(("Permissions-Policy", "camera=(), geolocation=(), microphone=()"))
        .add(("Cross-Origin-Opener-Policy", "same-origin"))
        .add(("Cross-Origin-Resource-Policy", "same-origin"))
}

/// The file at `path`; `None` when there is none. `known` is the version the caller has (If-None-Match).
pub(crate) fn file(path: &str, known: Option<&HeaderValue>) -> Option<HttpResponse> {
    let name = path.trim_start_matches('/');
    let name = if name.is_empty() { "index.html" } else { name };
    let file = Dist::get(name)?;
    let version = format!("\"{}\"", hex(&file.metadata.sha256_hash()[..16]));
    let keep = if name.starts_with("assets/") { FOREVER } else { "no-cache" };
    if known.is_some_and(|known| known.as_bytes() == version.as_bytes()) {
        return Some(
            HttpResponse::NotModified()
                .insert_header((header::ETAG, version))
                .insert_header((header::CACHE_CONTROL, keep))
                .finish(),
        );
    }
    Some(
        HttpResponse::Ok()
            .insert_header((header::CONTENT_TYPE, content_type(name)))
            .insert_header((header::ETAG, version))
            .insert_header((header::CACHE_CONTROL, keep))
            .body(file.data),
    )
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
