//! Markdown events to HTML. Every tag is written here; what a message brings along is text.

use super::blocks::Continues;
use super::text::{PLAIN, escape, figure, language, unbroken_words};
use super::{NESTING_MAX, address, code, formula, wall};
use pulldown_cmark::{
    Alignment, CodeBlockKind, Event, LinkType, Options, Parser, Tag, TagEnd, TextMergeStream,
};

/// The Markdown we read: CommonMark with tables, strike-through and task lists.
pub(super) const OPTIONS: Options =
    Options::ENABLE_TABLES.union(Options::ENABLE_STRIKETHROUGH).union(Options::ENABLE_TASKLISTS);

/// How much deeper than a table its cells are: a row is in between.
const TABLE_DEPTH: usize = 2;

/// A block as HTML, still on this side of the wall.
pub(super) struct Rendered {
    pub(super) html: String,
    /// The list at its very end, which the next block may go on with.
    pub(super) list: Option<Continues>,
}

/// Renders one block; `continues` is the list it goes on with. `None` when that would be more than `room` bytes: at most
/// one event more is written before that is known, and a parser fills one line of a table with thousands of empty cells.
pub(super) fn block(markdown: &str, continues: Option<Continues>, room: usize) -> Option<Rendered> {
    let mut page = Page { continues, room, ..Page::default() };
    let markdown = formula::escape(markdown);
    // Whole stretches of text: the parser tells an address with a `_` in it in pieces.
    for event in TextMergeStream::new(Parser::new_ext(&markdown, OPTIONS)) {
        page.event(event);
        if page.html.len() > room {
            return None;
        }
    }
    Some(Rendered { html: page.html, list: page.list })
}

/// What is being written.
#[derive(Default)]
struct Page {
    html: String,
    /// How long it may be.
    room: usize,
    depth: usize,
    /// The code block that is open: its language and its text so far.
    code: Option<(String, String)>,
    /// The image that is open: where it lies, and its text so far; images in it only add their text.
    image: Option<(String, String, usize)>,
    /// Links that are open, and whether each was written: an unsafe one is not.
    links: Vec<bool>,
    aligns: Vec<Alignment>,
    column: usize,
    in_head: bool,
    /// Whether the tags of the table that is open are written: all of them or none.
    is_table: bool,
    continues: Option<Continues>,
    list: Option<Continues>,
    /// Characters since the last place where a line may break.
    unbroken: usize,
}

impl Page {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => {
                self.depth += 1;
                self.start(tag);
            }
            Event::End(tag) => {
                self.end(tag);
                self.depth -= 1;
            }
            Event::Text(text) => self.prose(&text),
            Event::Html(text) | Event::InlineHtml(text) if is_line_break(&text) => self.line_break(),
            Event::Html(text) | Event::InlineHtml(text) => self.text(&text),
            Event::Code(text) => {
                self.tag("<code>");
                self.text(&text);
                self.tag("</code>");
            }
            // As people who write a poem or an address mean it, and as it stood there while it was written.
            Event::SoftBreak | Event::HardBreak => self.line_break(),
            Event::Rule => self.tag("<hr>"),
            Event::TaskListMarker(done) => self.task(done),
            // Not switched on.
            Event::InlineMath(text) | Event::DisplayMath(text) | Event::FootnoteReference(text) => {
                self.text(&text)
            }
        }
        if self.depth == 0
            && !matches!(self.html.get(self.html.len().saturating_sub(5)..), Some("</ul>" | "</ol>"))
        {
            self.list = None;
        }
    }

    /// Text whose bare addresses are links, where a link may stand.
    fn prose(&mut self, text: &str) {
        let mut rest = text;
        while self.code.is_none()
            && self.links.is_empty()
            && let Some(at) = address::find(rest)
        {
            let (before, after) = (&rest[..at.start], &rest[at.end..]);
            self.text(before);
            let address = &rest[at];
            self.link(LinkType::Autolink, address);
            self.text(address);
            self.end(TagEnd::Link);
            rest = after;
        }
        self.text(rest);
    }

    fn text(&mut self, text: &str) {
        match (&mut self.code, &mut self.image) {
            (Some((_, code)), _) => code.push_str(text),
            (_, Some((_, alt, _))) => alt.push_str(text),
            _ => unbroken_words(&mut self.html, text, &mut self.unbroken),
        }
    }

    fn line_break(&mut self) {
        if self.image.is_some() {
            return self.text("\n");
        }
        self.unbroken = 0;
        self.tag("<br>");
    }

    /// Writes a tag, unless the words are collected for something else.
    fn tag(&mut self, tag: &str) {
        if self.code.is_none() && self.image.is_none() {
            self.html.push_str(tag);
        }
    }

    /// The same, for what may be nested: too deep, the tag is left out.
    fn nested(&mut self, tag: &str) {
        if self.depth <= NESTING_MAX {
            self.tag(tag);
        }
    }

    /// Writes a tag of a table; in one that is too deep, what keeps its words apart.
    fn in_table(&mut self, tag: &str, without: &str) {
        self.tag(if self.is_table { tag } else { without });
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Paragraph => self.nested("<p>"),
            Tag::HtmlBlock => self.nested(PLAIN),
            Tag::Heading { level, .. } => {
                let tag = heading(level as usize);
                self.nested(&format!("<{tag}>"));
            }
            Tag::BlockQuote(_) => self.nested("<blockquote>"),
            Tag::CodeBlock(kind) => {
                let info = if let CodeBlockKind::Fenced(info) = &kind { language(info) } else { "" };
                self.code = Some((info.to_owned(), String::new()));
            }
            Tag::List(first) => self.list_start(first),
            Tag::Item => {
                if let (1 | 2, Some(Continues(Some(next)))) = (self.depth, &mut self.list) {
                    *next = next.saturating_add(1);
                }
                self.nested("<li>");
            }
            Tag::Table(aligns) => {
                self.aligns = aligns;
                self.is_table = self.depth + TABLE_DEPTH <= NESTING_MAX;
                self.in_table(
                    "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table\"><table>",
                    "",
                );
            }
            Tag::TableHead => {
                (self.in_head, self.column) = (true, 0);
                self.in_table("<thead><tr>", "");
            }
            Tag::TableRow => {
                self.column = 0;
                self.in_table("<tr>", "");
            }
            Tag::TableCell => self.cell(),
            Tag::Emphasis => self.nested("<em>"),
            Tag::Strong => self.nested("<strong>"),
            Tag::Strikethrough => self.nested("<del>"),
            Tag::Link { link_type, dest_url, .. } => self.link(link_type, &dest_url),
            Tag::Image { dest_url, .. } => match &mut self.image {
                Some((_, _, inside)) => *inside += 1,
                None => self.image = Some((dest_url.into_string(), String::new(), 0)),
            },
            // Not switched on.
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph | TagEnd::HtmlBlock => self.nested("</p>"),
            TagEnd::Heading(level) => {
                let tag = heading(level as usize);
                self.nested(&format!("</{tag}>"));
            }
            TagEnd::BlockQuote(_) => self.nested("</blockquote>"),
            TagEnd::CodeBlock => {
                if let Some((language, code)) = self.code.take() {
                    let begin = self.html.len();
                    figure(&mut self.html, &language, |html| code::highlight(html, &language, &code));
                    if self.html.len() > self.room {
                        self.html.truncate(begin);
                        figure(&mut self.html, &language, |html| escape(html, &code));
                    }
                }
            }
            TagEnd::List(_) if self.depth >= NESTING_MAX => {}
            TagEnd::List(ordered) => self.tag(if ordered { "</ol>" } else { "</ul>" }),
            TagEnd::Item => self.nested("</li>"),
            TagEnd::Table => self.in_table("</tbody></table></div>", ""),
            TagEnd::TableHead => {
                self.in_head = false;
                self.in_table("</tr></thead><tbody>", "<br>");
            }
            TagEnd::TableRow => self.in_table("</tr>", "<br>"),
            TagEnd::TableCell => self.in_table(if self.in_head { "</th>" } else { "</td>" }, " "),
            TagEnd::Emphasis => self.nested("</em>"),
            TagEnd::Strong => self.nested("</strong>"),
            TagEnd::Strikethrough => self.nested("</del>"),
            TagEnd::Link => {
                if self.links.pop() == Some(true) {
                    self.tag("</a>");
                }
            }
            TagEnd::Image => self.image_end(),
            _ => {}
        }
    }

    fn list_start(&mut self, first: Option<u64>) {
        let continues = if self.depth == 1 { self.continues.take() } else { None };
        if self.depth == 1 {
            let next = continues.map_or(first, |Continues(next)| next);
            self.list = Some(Continues(next));
        }
        // A list without its items would be none.
        if self.depth >= NESTING_MAX {
            return;
        }
        let goes_on = if continues.is_some() { " data-continues=\"\"" } else { "" };
        let number = continues.map_or(first, |Continues(next)| next);
        match number {
            None => self.tag(&format!("<ul{goes_on}>")),
            Some(1) => self.tag(&format!("<ol{goes_on}>")),
            Some(number) => self.tag(&format!("<ol start=\"{number}\"{goes_on}>")),
        }
    }

    fn task(&mut self, done: bool) {
        if self.depth > NESTING_MAX {
            return;
        }
        // The marker comes right after its item's tag, or after the paragraph the item begins with.
        let begun = if self.html.ends_with("<p>") { self.html.len() - 3 } else { self.html.len() };
        if self.html[..begun].ends_with("<li>") {
            self.html.insert_str(begun - 1, " class=\"task\"");
        }
        self.tag(match done {
            true => "<span class=\"check done\" role=\"img\" aria-label=\"done\"></span>",
            false => "<span class=\"check\" role=\"img\" aria-label=\"to do\"></span>",
        });
    }

    fn cell(&mut self) {
        let aligned = match self.aligns.get(self.column) {
            Some(Alignment::Center) => " class=\"al-c\"",
            Some(Alignment::Right) => " class=\"al-r\"",
            _ => "",
        };
        self.column += 1;
        let tag = if self.in_head { "th" } else { "td" };
        self.in_table(&format!("<{tag}{aligned}>"), "");
    }

    fn link(&mut self, kind: LinkType, address: &str) {
        let address = if kind == LinkType::Email { format!("mailto:{address}") } else { address.to_owned() };
        let written = self.image.is_none() && self.depth <= NESTING_MAX && wall::is_safe_link(&address);
        self.links.push(written);
        if written {
            self.anchor("", &address);
        }
    }

    fn anchor(&mut self, class: &str, address: &str) {
        self.html.push_str("<a");
        self.html.push_str(class);
        self.html.push_str(" href=\"");
        escape(&mut self.html, &address.replace(' ', "%20"));
        // The wall sets these on every link; written here as well, they are counted.
        self.html.push_str("\" target=\"_blank\" rel=\"noopener nofollow ugc\">");
    }

    /// An image does not load: it becomes a link that says what it shows.
    fn image_end(&mut self) {
        let Some((address, alt, inside)) = self.image.take() else { return };
        if inside > 0 {
            self.image = Some((address, alt, inside - 1));
            return;
        }
        let alt = alt.trim();
        let words = if alt.is_empty() { "[image]".to_owned() } else { format!("[image: {alt}]") };
        let linked = !self.links.contains(&true) && wall::is_safe_link(&address);
        if linked {
            self.anchor(" class=\"image\"", &address);
        }
        escape(&mut self.html, &words);
        if linked {
            self.html.push_str("</a>");
        }
    }
}

/// The one tag of HTML that is more than text: models write it where Markdown has no line break, in a cell of a table.
fn is_line_break(html: &str) -> bool {
    matches!(html.trim_end(), "<br>" | "<br/>" | "<br />")
}

/// A page has its own first and second headings: those of a message begin at the third.
const fn heading(level: usize) -> &'static str {
    ["h3", "h4", "h5", "h6"][if level < 4 { level - 1 } else { 3 }]
}
