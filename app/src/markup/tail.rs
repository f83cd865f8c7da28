//! The unfinished end of an answer: it is shown as it was written, in a frame that fits it.

use super::lines::Fence;
use super::render::{figure_open, language, words};

/// What an unfinished text looks like so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// Words.
    Words,
    /// Code in a language, or in none that it names.
    Code(String),
}

/// An unfinished text and the frame it is shown in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tail<'a> {
    /// The frame.
    pub frame: Frame,
    /// What is shown in it: the text without the fence around code, be it half written.
    pub text: &'a str,
}

impl Frame {
    /// The frame as safe HTML with `text` in it, at the element with `data-tail`; the caret stands at its end.
    pub fn html(&self, text: &str) -> String {
        let mut html = String::new();
        match self {
            Self::Words => {
                html.push_str("<p class=\"tail caret\" data-tail>");
                words(&mut html, text);
                html.push_str("</p>");
            }
            Self::Code(language) => {
                figure_open(&mut html, language);
                html.push_str("<pre tabindex=\"0\"><code class=\"caret\" data-tail>");
                super::render::escape(&mut html, text);
                html.push_str("</code></pre></figure>");
            }
        }
        html
    }
}

impl<'a> Tail<'a> {
    /// Looks at what [`Blocks::tail`](super::Blocks::tail) gives. As the text grows, the shown text grows with it or the
    /// frame becomes another.
    pub fn of(unfinished: &'a str) -> Self {
        let words = Self { frame: Frame::Words, text: unfinished };
        let Some((first, code)) = unfinished.split_once('\n') else {
            // A fence whose line has not arrived is not shown for a moment as words.
            return if Fence::may_open(unfinished) { Self { text: "", ..words } } else { words };
        };
        let Some(fence) = Fence::opened_by(first) else { return words };
        let info = first.trim_start().trim_start_matches(['`', '~']);
        Self { frame: Frame::Code(language(info).to_owned()), text: fence.without_half_close(code) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_words_and_an_open_fence_is_code_without_its_fence() {
        let shown = |text: &'static str| (Tail::of(text).frame, Tail::of(text).text);
        assert_eq!(shown("a **b"), (Frame::Words, "a **b"));
        assert_eq!(shown("``"), (Frame::Words, ""));
        assert_eq!(shown("``a"), (Frame::Words, "``a"));
        assert_eq!(shown("```ru"), (Frame::Words, ""));
        assert_eq!(shown("```a``` b"), (Frame::Words, "```a``` b"));
        assert_eq!(shown("```rust\nfn a() {"), (Frame::Code("rust".into()), "fn a() {"));
        assert_eq!(shown("```rust\nfn a() {\n``"), (Frame::Code("rust".into()), "fn a() {\n"));
        assert_eq!(shown("~~~\na\n```"), (Frame::Code(String::new()), "a\n```"));
    }

    #[test]
    fn what_is_shown_only_grows_while_the_frame_stays() {
        let text = "```js\nlet a = `x`;\n``\n` b\n`\n";
        let mut before = Tail::of("");
        for end in 0..=text.len() {
            let now = Tail::of(&text[..end]);
            assert!(now.frame != before.frame || now.text.starts_with(before.text), "{:?}", &text[..end]);
            before = now;
        }
    }

    #[test]
    fn frames_are_html_without_anything_of_the_text_in_a_tag() {
        assert_eq!(Frame::Words.html("a <b>"), "<p class=\"tail caret\" data-tail>a &lt;b&gt;</p>");
        assert_eq!(
            Frame::Code("rust".into()).html("<i>"),
            "<figure class=\"code\"><figcaption><span>rust</span></figcaption>\
             <pre tabindex=\"0\"><code class=\"caret\" data-tail>&lt;i&gt;</code></pre></figure>"
        );
        // A fence names what it likes; only a name is shown.
        assert_eq!(Tail::of("```\"><img\nx").frame, Frame::Code(String::new()));
    }
}
