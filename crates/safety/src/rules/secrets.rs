//! Keys and passwords. A key of a known form waits for a person: once it was sent to a model of somebody else it cannot be taken
//! back, and the form leaves no doubt. What only may be a password is marked. No key is ever put into a log or an audit row: a finding
//! holds its place in the text, not the text.

use super::{LooksFor, Rule, checks};
use crate::{Class, Verdict};

const fn rule(
    name: &'static str,
    in_prompt: Verdict,
    says: &'static str,
    patterns: &'static [&'static str],
    accepts: fn(&str) -> bool,
) -> Rule {
    Rule {
        name,
        class: Class::Secret,
        in_prompt,
        in_name: Verdict::Block,
        says,
        looks_for: LooksFor::Exact(patterns, accepts),
    }
}

pub(super) const RULES: &[Rule] = &[
    rule(
        "secret.private_key",
        Verdict::Review,
        "There is a private key in this text. Take it out; if it was sent anywhere, replace it.",
        &[r"-----BEGIN (?:[A-Z0-9]+ ){0,2}PRIVATE KEY(?: BLOCK)?-----"],
        checks::any,
    ),
    rule(
        "secret.cloud_key",
        Verdict::Review,
        "There is a key of a cloud or payment provider in this text. Take it out; if it was sent anywhere, revoke it.",
        &[
            r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b",
            r"\bAIza[0-9A-Za-z_-]{35}\b",
            r"\b(?:sk|rk)_live_[0-9a-zA-Z]{20,}\b",
            r"\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}\b",
            r"\bDefaultEndpointsProtocol=https?;AccountName=[a-z0-9]+;AccountKey=[A-Za-z0-9+/=]{60,}",
            r"\bdop_v1_[a-f0-9]{64}\b",
        ],
        checks::is_no_placeholder,
    ),
    rule(
        "secret.model_key",
        Verdict::Review,
        "There is a key of a model provider, or a token of this studio, in this text. Take it out; if it was sent anywhere, revoke it.",
        &[
            r"\bsk-ant-[A-Za-z0-9]{2,12}-[A-Za-z0-9_-]{20,}",
            r"\bsk-(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{20,}T3BlbkFJ[A-Za-z0-9_-]{20,}",
            r"\bsk-(?:or-v1-|lf-|proj-)?[A-Za-z0-9]{32,}\b",
            r"\bhf_[A-Za-z0-9]{30,}\b",
            r"\bgsk_[A-Za-z0-9]{40,}\b",
            r"\bvobio_[0-9A-Za-z]{58}\b",
        ],
        checks::is_no_placeholder,
    ),
    rule(
        "secret.code_host_token",
        Verdict::Review,
        "There is a token of a code host, a chat or a package registry in this text. Take it out; if it was sent anywhere, revoke it.",
        &[
            r"\bgh[pousr]_[A-Za-z0-9]{36,}\b",
            r"\bgithub_pat_[A-Za-z0-9_]{60,}\b",
            r"\bglpat-[A-Za-z0-9_-]{20,}\b",
            r"\bxox[abeprs]-[A-Za-z0-9-]{20,}\b",
            r"\bhooks\.slack\.com/services/T[A-Z0-9]{6,}/B[A-Z0-9]{6,}/[A-Za-z0-9]{20,}",
            r"\bnpm_[A-Za-z0-9]{36}\b",
            r"\bpypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{40,}",
            r"\b[0-9]{8,10}:AA[A-Za-z0-9_-]{33}\b",
        ],
        checks::is_no_placeholder,
    ),
    rule(
        "secret.signed_token",
        Verdict::Flag,
        "There is a signed token (JWT) in this text. Take it out if it still works.",
        &[r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{16,}"],
        checks::any,
    ),
    rule(
        "secret.password",
        Verdict::Flag,
        "There may be a password in this text. Take it out if it is one that you use.",
        &[
            r#"\b[a-z][a-z0-9+.-]{2,20}://[A-Za-z0-9._%+-]{1,60}:[!-~]{3,80}@[A-Za-z0-9]"#,
            r#"(?i)\b[a-z0-9_.-]{0,40}(?:password|passwd|pwd|secret|api[_-]?key|access[_-]?key|auth[_-]?token|access[_-]?token)["']?[ ]{0,2}[:=]{1,2}[ ]{0,2}["']?[A-Za-z0-9_./+@#$%^&*!~-]{12,120}"#,
        ],
        checks::is_by_chance,
    ),
];

#[cfg(test)]
mod tests {
    use crate::{
        Place, Verdict,
        rules::testing::{finds, finds_nothing},
        screen,
    };

    /// Keys are put together here, so that no scanner of source code takes this file for a leak.
    fn made(front: &str, length: usize) -> String {
        let letters = "q8Zt3Lw9Xk2Vb7Nm4Rd6Hs5Pc".chars().cycle();
        front.chars().chain(letters.take(length)).collect()
    }

    #[test]
    fn keys_of_known_forms_wait_for_a_person() {
        for (key, rule) in [
            (format!("AKIA{}", "Q7RZT3LW2XK6VBNM"), "secret.cloud_key"),
            (made("sk_live_", 24), "secret.cloud_key"),
            (made("sk-ant-api03-", 60), "secret.model_key"),
            (made("hf_", 34), "secret.model_key"),
            (made("vobio_", 58), "secret.model_key"),
            (made("ghp_", 36), "secret.code_host_token"),
            (made("glpat-", 20), "secret.code_host_token"),
            (format!("-----BEGIN {} KEY-----", "RSA PRIVATE"), "secret.private_key"),
        ] {
            let text = format!("why does {key} not work");
            finds(&text, rule);
            assert_eq!(screen(&text, Place::Prompt).verdict, Verdict::Review, "{key}");
            let split: String = text.chars().flat_map(|c| [c, '\u{200b}']).collect();
            finds(&split, rule);
        }
        finds(&format!("api_key = '{}'", made("", 24)), "secret.password");
        finds(&format!("postgres://me:{}@db.example/x", made("", 14)), "secret.password");
    }

    #[test]
    fn placeholders_and_words_about_keys_are_nothing() {
        for near in [
            "AKIAIOSFODNN7EXAMPLE",
            "export OPENAI_API_KEY=your-key-goes-here-0000",
            "My password is a long sentence.",
            "the sk-learn package and a task-oriented-dialogue-system-with-words",
            "-----BEGIN CERTIFICATE-----",
        ] {
            finds_nothing(near);
        }
    }
}
