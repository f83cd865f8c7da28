//! The chat template that comes with the weights, rendered so that what people wrote stays apart from it.
//!
//! # Design
//! A template writes control tokens (`<|im_start|>`) as text, and the tokenizer makes tokens of them. If a person's
//! own "<|im_end|>" went through the same text, they could end their turn and speak as the system. So the template
//! sees marks in place of the texts; the rendered prompt is cut at the marks, and only the template's own words may
//! become control tokens (`tokens`). A mark wears rare white space: where the template trimmed it, the text it stands
//! for is trimmed as well.

use api_types::MessageRole;
use minijinja::{Environment, Error, ErrorKind, Value, context};
use studio::ports::ChatRequest;

/// What a template without one of its own gets.
const CHATML: &str = "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] \
                      + '<|im_end|>\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}\
                      {% endif %}";

/// Steps a template may take; the default model's takes about 40 for each turn.
const STEPS_MAX: u64 = 5_000_000;

/// A piece of a rendered prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// The template's own words; may hold control tokens.
    Frame(String),
    /// What somebody said; never does.
    Said(String),
}

/// A chat template.
#[derive(Debug, Clone)]
pub(crate) struct ChatTemplate {
    source: String,
    bos: String,
    eos: String,
}

impl ChatTemplate {
    /// `source` is `tokenizer.chat_template`; `None` means ChatML. `bos` and `eos` are those tokens' texts.
    ///
    /// The error is what is wrong with the template.
    pub(crate) fn new(source: Option<&str>, bos: String, eos: String) -> Result<Self, String> {
        let template = Self { source: source.unwrap_or(CHATML).to_owned(), bos, eos };
        // A broken template is a fault of the weights, not of the first question.
        template.parts(&[Turn { role: "user", texts: vec!["hello"] }])?;
        Ok(template)
    }

    /// Renders a conversation; the parts in order are the whole prompt, the beginning of the answer included.
    ///
    /// The error is why the template refused.
    pub(crate) fn render(&self, request: &ChatRequest) -> Result<Vec<Part>, String> {
        let mut turns = Vec::with_capacity(request.turns.len() + 1);
        if !request.system_prompt.is_empty() {
            turns.push(Turn { role: "system", texts: vec![&request.system_prompt] });
        }
        for turn in &request.turns {
            turns.push(Turn { role: turn.role.as_str(), texts: vec![&turn.text] });
        }
        let mut parts = match self.parts(&turns) {
            Ok(parts) => parts,
            // Some know no system role, some insist on alternating ones.
            Err(refused) => self.parts(&plainer(turns)).map_err(|_| refused)?,
        };
        if let Some(prefix) = request.prefix.as_ref().filter(|prefix| !prefix.is_empty()) {
            parts.push(Part::Said(prefix.clone()));
        }
        Ok(parts)
    }

    fn parts(&self, turns: &[Turn<'_>]) -> Result<Vec<Part>, String> {
        let texts: Vec<String> = turns.iter().map(|turn| turn.texts.join("\n\n")).collect();
        let messages: Vec<Value> = turns
            .iter()
            .enumerate()
            .map(|(number, turn)| context! { role => turn.role, content => mark(number) })
            .collect();
        let context = context! {
            messages,
            add_generation_prompt => true,
            bos_token => self.bos,
            eos_token => self.eos,
        };
        let rendered = environment().render_str(&self.source, context).map_err(|error| short(&error))?;
        let parts = cut(&rendered, &texts);
        let heard = turns.last().is_none_or(|_| {
            let last = texts.last().map_or("", |text| text.trim());
            parts.iter().any(|part| matches!(part, Part::Said(text) if text.trim() == last))
        });
        if heard { Ok(parts) } else { Err("it leaves out what was asked".to_owned()) }
    }
}

/// Somebody's turn; more than one text when turns were put together.
struct Turn<'a> {
    role: &'static str,
    texts: Vec<&'a str>,
}

/// The same conversation without a system turn and with alternating ones.
fn plainer(turns: Vec<Turn<'_>>) -> Vec<Turn<'_>> {
    let mut plain: Vec<Turn<'_>> = Vec::new();
    for mut turn in turns {
        if turn.role == "system" {
            turn.role = MessageRole::User.as_str();
        }
        match plain.last_mut().filter(|last| last.role == turn.role) {
            Some(last) => last.texts.append(&mut turn.texts),
            None => plain.push(turn),
        }
    }
    plain
}

/// White space that no template writes and every `trim` takes.
const EDGE: char = '\u{2003}';
/// Private use: stands in no template.
const OPEN: char = '\u{E000}';
const CLOSE: char = '\u{E001}';

fn mark(number: usize) -> String {
    format!("{EDGE}{OPEN}{number}{CLOSE}{EDGE}")
}

/// Cuts a rendered prompt at its marks and puts the texts back.
fn cut(rendered: &str, texts: &[String]) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = rendered;
    while let Some((before, after)) = rest.split_once(OPEN)
        && let Some((number, after)) = after.split_once(CLOSE)
    {
        let text = number.parse().ok().and_then(|number: usize| texts.get(number)).map_or("", String::as_str);
        let (before, text) = match before.strip_suffix(EDGE) {
            Some(before) => (before, text),
            None => (before, text.trim_start()),
        };
        let (after, text) = match after.strip_prefix(EDGE) {
            Some(after) => (after, text),
            None => (after, text.trim_end()),
        };
        parts.push(Part::Frame(before.to_owned()));
        parts.push(Part::Said(text.to_owned()));
        rest = after;
    }
    parts.push(Part::Frame(rest.to_owned()));
    parts.retain(|part| !matches!(part, Part::Frame(text) | Part::Said(text) if text.is_empty()));
    parts
}

/// As chat templates expect it: Jinja with trimmed blocks, Python's methods, `raise_exception`.
fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    environment.set_fuel(Some(STEPS_MAX));
    environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    environment.add_function("raise_exception", |message: String| -> Result<Value, Error> {
        Err(Error::new(ErrorKind::InvalidOperation, message))
    });
    environment
}

/// The first line of an error, shortened: templates are long and people are not helped by them.
fn short(error: &Error) -> String {
    error.to_string().lines().next().unwrap_or_default().chars().take(160).collect()
}

#[cfg(test)]
mod tests;
