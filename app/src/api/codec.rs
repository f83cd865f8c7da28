//! How arguments and problems travel: JSON or a form in, JSON out, `application/problem+json` for what was refused.

use api_types::Problem;
use serde::{Serialize, de::DeserializeOwned};
use server_fn::{
    Bytes, ContentType, Decodes, Encodes, Format, FormatType,
    error::{FromServerFnError, ServerFnErrorErr},
};

/// Takes a JSON object or a form, told apart by the first byte; unknown fields are refused by name in both.
///
/// Use it as `input = Post<FormOrJson>`; take plain arguments, never `#[server(flatten)]`.
pub struct FormOrJson;

impl ContentType for FormOrJson {
    const CONTENT_TYPE: &'static str = "application/json";
}

impl FormatType for FormOrJson {
    const FORMAT_TYPE: Format = Format::Text;
}

impl<T: Serialize> Encodes<T> for FormOrJson {
    type Error = serde_json::Error;
    fn encode(value: &T) -> Result<Bytes, Self::Error> {
        serde_json::to_vec(value).map(Bytes::from)
    }
}

impl<T: DeserializeOwned> Decodes<T> for FormOrJson {
    type Error = String;

    #[cfg(feature = "ssr")]
    fn decode(bytes: Bytes) -> Result<T, String> {
        let mut unknown = Vec::new();
        let mut note = |path: serde_ignored::Path<'_>| unknown.push(path.to_string());
        let is_json = bytes.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'{');
        let value = if is_json {
            let mut json = serde_json::Deserializer::from_slice(&bytes);
            let value = serde_ignored::deserialize(&mut json, &mut note).map_err(|e| e.to_string())?;
            json.end().map_err(|e| e.to_string())?;
            value
        } else {
            let text = std::str::from_utf8(&bytes).map_err(|_| "the form is not valid UTF-8".to_owned())?;
            if percent_decodes_badly(text) {
                return Err("the form is not valid UTF-8".to_owned());
            }
            let form = serde_urlencoded::Deserializer::new(form_urlencoded::parse(text.as_bytes()));
            serde_ignored::deserialize(form, &mut note).map_err(|e| e.to_string())?
        };
        if unknown.is_empty() { Ok(value) } else { Err(format!("unknown field {}", unknown.join(", "))) }
    }

    /// The browser only sends arguments; it never reads them.
    #[cfg(not(feature = "ssr"))]
    fn decode(bytes: Bytes) -> Result<T, String> {
        serde_json::from_slice(&bytes).map_err(|e| e.to_string())
    }
}

/// What a server function refuses with: a [`Problem`], with the status and the media type of RFC 9457.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
#[error("{0}")]
pub struct Refused(pub Problem);

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        #[cfg(feature = "ssr")]
        super::context::answer_with(&problem);
        Self(problem)
    }
}

/// The body of a refusal.
pub struct ProblemJson;

impl ContentType for ProblemJson {
    const CONTENT_TYPE: &'static str = "application/problem+json";
}

impl FormatType for ProblemJson {
    const FORMAT_TYPE: Format = Format::Text;
}

impl Encodes<Refused> for ProblemJson {
    type Error = serde_json::Error;
    fn encode(refused: &Refused) -> Result<Bytes, Self::Error> {
        serde_json::to_vec(&problem_json(&refused.0)?).map(Bytes::from)
    }
}

impl Decodes<Refused> for ProblemJson {
    type Error = serde_json::Error;
    fn decode(bytes: Bytes) -> Result<Refused, Self::Error> {
        serde_json::from_slice(&bytes)
    }
}

/// A problem as RFC 9457 has it: `type`, `title`, `status`, `detail`, and beside them `code` and the variant's fields.
///
/// # Errors
/// Never, for the variants there are.
pub fn problem_json(problem: &Problem) -> Result<serde_json::Value, serde_json::Error> {
    let mut json = serde_json::to_value(problem)?;
    if let Some(object) = json.as_object_mut() {
        object.insert("type".to_owned(), format!("/problems/{}", problem.code()).into());
        object.insert("title".to_owned(), problem.title().into());
        object.insert("status".to_owned(), problem.status().into());
        object.insert("detail".to_owned(), problem.to_string().into());
    }
    Ok(json)
}

impl FromServerFnError for Refused {
    type Encoder = ProblemJson;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Deserialization(why) | ServerFnErrorErr::Args(why) => {
                Problem::Malformed { detail: malformed(&why) }.into()
            }
            ServerFnErrorErr::MissingArg(field) => {
                Problem::field(&field, format!("{field} is missing.")).into()
            }
            // In the browser: the server could not be reached, or what came was no answer of it.
            ServerFnErrorErr::Request(_) | ServerFnErrorErr::Response(_) => Self(Problem::TryLater {
                detail: "The studio cannot be reached. Check your connection, then try again.".to_owned(),
            }),
            other => {
                #[cfg(feature = "ssr")]
                return studio::broken("a server function failed outside its body", &other).into();
                #[cfg(not(feature = "ssr"))]
                Self(Problem::Broken { trace_id: other.to_string() })
            }
        }
    }
}

/// The parser's words, as a sentence about the request.
fn malformed(why: &str) -> String {
    let why = why.strip_prefix("error deserializing argument: ").unwrap_or(why);
    let why: String = why.chars().filter(|c| !c.is_control()).take(200).collect();
    format!("This request cannot be read: {why}.")
}

#[cfg(feature = "ssr")]
fn percent_decodes_badly(form: &str) -> bool {
    // The URL standard's parser replaces broken UTF-8 silently; we would store what nobody typed.
    let mut bytes = Vec::with_capacity(form.len());
    let mut rest = form.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let pair = (rest.next(), rest.next());
            let hex = |b: Option<u8>| b.and_then(|b| char::from(b).to_digit(16));
            match (hex(pair.0), hex(pair.1)) {
                (Some(high), Some(low)) => bytes.push(u8::try_from(high * 16 + low).unwrap_or(0)),
                _ => return true,
            }
        } else {
            bytes.push(byte);
        }
    }
    std::str::from_utf8(&bytes).is_err()
}
