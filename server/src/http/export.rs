//! `GET /api/account/export`: everything a person owns as a zip, written while it is sent.
//!
//! # Design
//! No temporary file and no archive in memory: the writer of the archive puts its bytes into a buffer, and the buffer goes
//! out after each part of the export. A zip that is not rewound says each file's size after the file, which every unpacker
//! reads. Where it breaks off (the session ended, the database is away) the download ends without its end, which the
//! browser says.

use super::{Http, events::is_foreign, problems};
use api_types::Problem;
use app::api::context::Caller;
use axum::{
    Extension,
    body::{Body, Bytes},
    extract::State,
    response::{IntoResponse, Response},
};
use futures::stream;
use http::{HeaderMap, HeaderValue, header};
use std::{
    io::{self, Write},
    mem,
    sync::{Arc, Mutex, PoisonError},
};
use studio::{Export, Studio};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions, write::StreamWriter};

/// The export; 401 for strangers, 429 while another one of the same person runs.
pub(super) async fn export(
    State(http): State<Http>,
    Extension(Caller(caller)): Extension<Caller>,
    headers: HeaderMap,
) -> Response {
    if is_foreign(&headers, &http.cookies.origin) {
        return problems::answer(&Problem::NotPermitted);
    }
    let begun = async { http.studio.begin_export(&caller?.in_session()?).await };
    let export = match begun.await {
        Ok(export) => export,
        Err(problem) => return problems::answer(&problem),
    };
    let begun_at = begun_at(&export);
    let name = format!("attachment; filename=\"vobio-export-{}.zip\"", begun_at.date());
    let archive = Archive::new(http.studio.clone(), export, begun_at);
    let body = stream::unfold(Some(archive), |archive| async {
        let mut archive = archive?;
        match archive.more().await {
            Ok(Some(bytes)) => Some((Ok(bytes), Some(archive))),
            Ok(None) => None,
            Err(fault) => {
                tracing::warn!(fault = %fault, "an export broke off");
                Some((Err(fault), None))
            }
        }
    });
    let mut response = Body::from_stream(body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/zip"));
    if let Ok(name) = HeaderValue::from_str(&name) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    response
}

/// When it was begun, in UTC as everything in it.
fn begun_at(export: &Export) -> jiff::civil::DateTime {
    let at = jiff::Timestamp::from_microsecond(export.begun_at.0).unwrap_or_default();
    at.to_zoned(jiff::tz::TimeZone::UTC).datetime()
}

/// How its files are written.
fn options(at: jiff::civil::DateTime) -> SimpleFileOptions {
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    // The field begins in 1980; what it cannot say stays unsaid.
    match zip::DateTime::try_from(at) {
        Ok(at) => options.last_modified_time(at),
        Err(_) => options,
    }
}

/// What the archive's writer has written and nobody has sent yet.
#[derive(Clone, Default)]
struct Unsent(Arc<Mutex<Vec<u8>>>);

impl Unsent {
    fn take(&self) -> Vec<u8> {
        mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Unsent {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Archive {
    studio: Arc<Studio>,
    export: Export,
    /// `None` when the archive has its end.
    writer: Option<ZipWriter<StreamWriter<Unsent>>>,
    unsent: Unsent,
    options: SimpleFileOptions,
}

impl Archive {
    fn new(studio: Arc<Studio>, export: Export, begun_at: jiff::civil::DateTime) -> Self {
        let unsent = Unsent::default();
        let writer = Some(ZipWriter::new_stream(unsent.clone()));
        Self { studio, export, writer, unsent, options: options(begun_at) }
    }

    /// The next bytes; `None` after the last.
    async fn more(&mut self) -> io::Result<Option<Bytes>> {
        while let Some(mut writer) = self.writer.take() {
            let part = self.studio.export_part(&mut self.export).await.map_err(io::Error::other)?;
            match part {
                Some(part) => {
                    if let Some(name) = part.file {
                        writer.start_file(name, self.options)?;
                    }
                    writer.write_all(part.text.as_bytes())?;
                    self.writer = Some(writer);
                }
                None => {
                    writer.finish()?;
                }
            }
            let bytes = self.unsent.take();
            if !bytes.is_empty() {
                return Ok(Some(bytes.into()));
            }
        }
        Ok(None)
    }
}
