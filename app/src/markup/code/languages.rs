//! What distinguishes languages to a scanner: comments, strings, words.

/// One language.
pub(super) struct Language {
    /// What people write after the fence.
    names: &'static str,
    pub(super) kind: Kind,
    /// What begins a comment that ends with its line.
    pub(super) comments: &'static [&'static str],
    /// What begins and ends a longer comment.
    pub(super) blocks: &'static [(&'static str, &'static str)],
    /// The longest opening first.
    pub(super) strings: &'static [Text],
    pub(super) words: &'static str,
    pub(super) values: &'static str,
    pub(super) types: &'static str,
    /// What begins a variable (`$`) or a decorator (`@`).
    pub(super) sigils: &'static str,
    /// Words are words in capitals too.
    pub(super) folds: bool,
    /// `name!` calls a macro.
    pub(super) bang: bool,
}

/// How a language is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Of words and signs, as most are.
    Words,
    /// Of tags in text.
    Tags,
    /// Of keys and values.
    Keys,
    /// Of selectors and properties.
    Rules,
    /// Of lines that their first signs tell apart.
    Lines,
}

/// One kind of string.
pub(super) struct Text {
    pub(super) open: &'static str,
    pub(super) close: &'static str,
    /// It may go over several lines.
    pub(super) lines: bool,
    /// A backslash takes the meaning from the next sign.
    pub(super) escapes: bool,
    /// It may be longer than one letter; `'` alone is otherwise no string.
    pub(super) long: bool,
}

impl Language {
    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.names.split(' ')
    }

    /// Whether `word` stands in `list`, one of this language's.
    pub(super) fn is(&self, list: &str, word: &str) -> bool {
        list.split(' ').any(|known| if self.folds { known.eq_ignore_ascii_case(word) } else { known == word })
    }
}

/// The language that goes by a name.
pub(super) fn find(name: &str) -> Option<&'static Language> {
    LANGUAGES.iter().find(|language| language.names().any(|known| known.eq_ignore_ascii_case(name)))
}

const fn text(open: &'static str, close: &'static str, lines: bool) -> Text {
    Text { open, close, lines, escapes: true, long: true }
}
const fn raw(open: &'static str, close: &'static str) -> Text {
    Text { open, close, lines: true, escapes: false, long: true }
}

const DOUBLE: Text = text("\"", "\"", false);
const DOUBLE_LINES: Text = text("\"", "\"", true);
const SINGLE: Text = text("'", "'", false);
const LETTER: Text = Text { open: "'", close: "'", lines: false, escapes: true, long: false };
const BACKTICK: Text = text("`", "`", true);
const SLASHES: &[&str] = &["//"];
const STARS: &[(&str, &str)] = &[("/*", "*/")];
const C_WORDS: &str = "if else for while do switch case default break continue return goto struct union enum typedef const static extern inline volatile register sizeof void auto";
const C_TYPES: &str = "int char short long float double unsigned signed bool size_t uint8_t uint16_t uint32_t uint64_t int8_t int16_t int32_t int64_t string";

const PLAIN: Language = Language {
    names: "",
    kind: Kind::Words,
    comments: &[],
    blocks: &[],
    strings: &[DOUBLE, SINGLE],
    words: "",
    values: "true false null",
    types: "",
    sigils: "",
    folds: false,
    bang: false,
};

pub(super) static LANGUAGES: [Language; 32] = [
    Language {
        names: "rust rs",
        comments: SLASHES,
        blocks: STARS,
        strings: &[
            raw("r##\"", "\"##"),
            raw("r#\"", "\"#"),
            raw("r\"", "\""),
            text("b\"", "\"", true),
            DOUBLE_LINES,
            LETTER,
        ],
        words: "as async await break const continue crate dyn else enum extern fn for if impl in let loop match mod move mut pub ref return self static struct super trait type unsafe use where while yield macro_rules",
        values: "true false None Some Ok Err",
        types: "Self bool char str u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize f32 f64",
        bang: true,
        ..PLAIN
    },
    Language {
        names: "python py python3 py3 ipython starlark",
        comments: &["#"],
        strings: &[text("\"\"\"", "\"\"\"", true), text("'''", "'''", true), DOUBLE, SINGLE],
        words: "and as assert async await break class continue def del elif else except finally for from global if import in is lambda match case nonlocal not or pass raise return try while with yield",
        values: "True False None self cls",
        types: "int str float bool list dict set tuple bytes object",
        sigils: "@",
        ..PLAIN
    },
    Language {
        names: "js javascript jsx mjs cjs node ts typescript tsx mts",
        comments: SLASHES,
        blocks: STARS,
        strings: &[BACKTICK, DOUBLE, SINGLE],
        words: "abstract as async await break case catch class const continue debugger declare default delete do else enum export extends finally for from function get if implements import in infer instanceof interface keyof let namespace new of private protected public readonly return satisfies set static super switch this throw try type typeof var void while with yield",
        values: "true false null undefined NaN Infinity",
        types: "string number boolean any unknown never object symbol bigint",
        sigils: "@$",
        ..PLAIN
    },
    Language {
        names: "json jsonc json5 jsonl ndjson",
        kind: Kind::Keys,
        comments: SLASHES,
        blocks: STARS,
        ..PLAIN
    },
    Language {
        names: "yaml yml",
        kind: Kind::Keys,
        comments: &["#"],
        values: "true false null yes no on off",
        sigils: "&*",
        ..PLAIN
    },
    Language {
        names: "toml ini cfg conf properties env dotenv editorconfig",
        kind: Kind::Keys,
        comments: &["#", ";"],
        strings: &[text("\"\"\"", "\"\"\"", true), raw("'''", "'''"), DOUBLE, SINGLE],
        values: "true false on off yes no",
        ..PLAIN
    },
    Language {
        names: "sh bash shell zsh fish console terminal shell-session",
        comments: &["#"],
        strings: &[DOUBLE_LINES, raw("'", "'")],
        words: "if then else elif fi for in do done while until case esac function select return break continue exit export local readonly declare alias source set unset shift trap sudo echo cd",
        sigils: "$",
        ..PLAIN
    },
    Language {
        names: "dockerfile docker containerfile",
        comments: &["#"],
        words: "FROM AS RUN CMD LABEL EXPOSE ENV ADD COPY ENTRYPOINT VOLUME USER WORKDIR ARG ONBUILD STOPSIGNAL HEALTHCHECK SHELL",
        sigils: "$",
        ..PLAIN
    },
    Language {
        names: "makefile make mk",
        comments: &["#"],
        words: "ifeq ifneq ifdef ifndef else endif include define endef export",
        sigils: "$",
        ..PLAIN
    },
    Language {
        names: "html htm xml svg vue svelte astro xhtml rss plist",
        kind: Kind::Tags,
        blocks: &[("<!--", "-->")],
        strings: &[DOUBLE_LINES, text("'", "'", true)],
        ..PLAIN
    },
    Language {
        names: "css scss less sass",
        kind: Kind::Rules,
        comments: SLASHES,
        blocks: STARS,
        words: "important from to and not or only",
        sigils: "@#$.",
        ..PLAIN
    },
    Language {
        names: "sql postgres postgresql mysql sqlite plsql tsql",
        comments: &["--"],
        blocks: STARS,
        strings: &[SINGLE, DOUBLE],
        words: "select from where and or not in is as on join left right inner outer full cross group by order having limit offset union all distinct insert into values update set delete create table index view drop alter add column primary key foreign references unique default check constraint case when then else end with recursive exists between like ilike asc desc begin commit rollback returning if over partition using cascade grant explain analyze",
        values: "null true false",
        types: "int integer bigint smallint text varchar char boolean date timestamp timestamptz time numeric decimal real double json jsonb uuid serial blob bytea",
        folds: true,
        ..PLAIN
    },
    Language {
        names: "c h",
        comments: SLASHES,
        blocks: STARS,
        strings: &[DOUBLE, LETTER],
        words: C_WORDS,
        types: C_TYPES,
        values: "NULL true false",
        sigils: "#",
        ..PLAIN
    },
    Language {
        names: "cpp c++ cc cxx hpp arduino objective-c objc cuda glsl hlsl",
        comments: SLASHES,
        blocks: STARS,
        strings: &[raw("R\"(", ")\""), DOUBLE, LETTER],
        words: "if else for while do switch case default break continue return goto struct union enum typedef const static extern inline volatile sizeof void auto class namespace using template typename public private protected virtual override final new delete this operator friend constexpr consteval noexcept try catch throw concept requires co_await co_return co_yield explicit mutable static_cast dynamic_cast",
        types: C_TYPES,
        values: "nullptr NULL true false",
        sigils: "#@",
        ..PLAIN
    },
    Language {
        names: "cs csharp c#",
        comments: SLASHES,
        blocks: STARS,
        strings: &[raw("\"\"\"", "\"\"\""), raw("@\"", "\""), text("$\"", "\"", false), DOUBLE, LETTER],
        words: "abstract as async await base break case catch class const continue default delegate do else enum event explicit extern finally fixed for foreach get goto if implicit in init interface internal is lock namespace new operator out override params private protected public readonly record ref return sealed set sizeof static struct switch this throw try typeof unsafe using var virtual void volatile when where while with yield",
        types: "bool byte char decimal double float int long object sbyte short string uint ulong ushort dynamic",
        ..PLAIN
    },
    Language {
        names: "java kotlin kt kts scala sc groovy gradle",
        comments: SLASHES,
        blocks: STARS,
        strings: &[text("\"\"\"", "\"\"\"", true), DOUBLE, SINGLE],
        words: "abstract as assert break by case catch class companion const continue data def default do else enum extends extension final finally for fun given if implements implicit import in init inner instanceof interface internal is lateinit lazy match native new object open operator override package private protected public record return sealed static super suspend switch synchronized this throw throws trait try type val var vararg void volatile when where while with yield",
        types: "boolean byte char double float int long short",
        sigils: "@",
        ..PLAIN
    },
    Language {
        names: "swift",
        comments: SLASHES,
        blocks: STARS,
        strings: &[text("\"\"\"", "\"\"\"", true), DOUBLE],
        words: "actor as associatedtype async await break case catch class continue default defer deinit do else enum extension fallthrough fileprivate for func guard if import in init inout internal is let mutating nonisolated open operator override private protocol public repeat rethrows return self some static struct subscript super switch throw throws try typealias var weak where while",
        values: "true false nil",
        sigils: "@#",
        ..PLAIN
    },
    Language {
        names: "go golang",
        comments: SLASHES,
        blocks: STARS,
        strings: &[raw("`", "`"), DOUBLE, LETTER],
        words: "break case chan const continue default defer else fallthrough for func go goto if import interface map package range return select struct switch type var",
        values: "true false nil iota",
        types: "any bool byte complex64 complex128 error float32 float64 int int8 int16 int32 int64 rune string uint uint8 uint16 uint32 uint64 uintptr",
        ..PLAIN
    },
    Language {
        names: "php",
        comments: &["//", "#"],
        blocks: STARS,
        words: "abstract and array as break case catch class clone const continue declare default do echo else elseif enum extends final finally fn for foreach function global goto if implements include instanceof interface isset list match namespace new or print private protected public readonly require require_once return static switch this throw trait try unset use var while yield",
        values: "true false null TRUE FALSE NULL",
        types: "int float bool string mixed void object iterable callable",
        sigils: "$",
        ..PLAIN
    },
    Language {
        names: "ruby rb rake gemspec",
        comments: &["#"],
        words: "alias and begin break case class def defined do else elsif end ensure for if in module next not or redo rescue retry return self super then undef unless until when while yield require require_relative attr_accessor attr_reader include raise puts",
        values: "true false nil",
        sigils: "@$",
        ..PLAIN
    },
    Language {
        names: "lua",
        comments: &["--"],
        blocks: &[("--[[", "]]")],
        strings: &[raw("[[", "]]"), DOUBLE, SINGLE],
        words: "and break do else elseif end for function goto if in local not or repeat return then until while",
        values: "true false nil self",
        ..PLAIN
    },
    Language {
        names: "r",
        comments: &["#"],
        words: "if else for while repeat function return break next in library require",
        values: "TRUE FALSE NULL NA NaN Inf",
        ..PLAIN
    },
    Language {
        names: "perl pl",
        comments: &["#"],
        words: "my our local sub if elsif else unless while until for foreach return use package require last next print die and or not eq ne lt gt",
        sigils: "$@%",
        ..PLAIN
    },
    Language {
        names: "haskell hs elm purescript",
        comments: &["--"],
        blocks: &[("{-", "-}")],
        strings: &[DOUBLE, LETTER],
        words: "case class data default deriving do else forall foreign if import in infix infixl infixr instance let module newtype of then type where",
        ..PLAIN
    },
    Language {
        names: "elixir ex exs erlang erl",
        comments: &["#", "%"],
        strings: &[text("\"\"\"", "\"\"\"", true), DOUBLE, SINGLE],
        words: "after alias and case catch cond def defmodule defp defstruct do else end fn for if import in not or quote raise receive require rescue try unless unquote use when with",
        values: "true false nil",
        sigils: "@",
        ..PLAIN
    },
    Language {
        names: "dart",
        comments: SLASHES,
        blocks: STARS,
        words: "abstract as assert async await break case catch class const continue default do else enum export extends extension factory final finally for get if implements import in is late mixin new on required return sealed set static super switch this throw try typedef var void while with yield",
        types: "int double bool num dynamic",
        sigils: "@",
        ..PLAIN
    },
    Language {
        names: "zig",
        comments: SLASHES,
        strings: &[DOUBLE, LETTER],
        words: "and break catch comptime const continue defer else enum errdefer error export extern fn for if inline orelse or packed pub return struct switch test try union unreachable usingnamespace var while",
        values: "true false null undefined",
        types: "bool u8 u16 u32 u64 usize i8 i16 i32 i64 isize f32 f64 void anytype type",
        sigils: "@",
        ..PLAIN
    },
    Language {
        names: "powershell ps1 pwsh",
        comments: &["#"],
        blocks: &[("<#", "#>")],
        strings: &[DOUBLE_LINES, raw("'", "'")],
        words: "begin break catch continue do else elseif end exit filter finally for foreach function if in param process return switch throw try until while",
        sigils: "$",
        folds: true,
        ..PLAIN
    },
    Language {
        names: "clojure clj lisp scheme elisp racket",
        comments: &[";"],
        strings: &[DOUBLE_LINES],
        words: "def defn defmacro defun define let lambda fn if cond do loop recur ns require when begin set",
        values: "nil true false t",
        ..PLAIN
    },
    Language {
        names: "nix terraform hcl tf proto protobuf graphql gql prisma nginx",
        comments: &["#", "//"],
        blocks: STARS,
        words: "let in with rec inherit import if then else assert resource variable output module provider data locals message enum service rpc returns syntax package option repeated optional oneof type input interface union scalar query mutation subscription fragment on extend implements directive schema model generator datasource server location upstream",
        sigils: "$@",
        ..PLAIN
    },
    Language { names: "diff patch", kind: Kind::Lines, ..PLAIN },
    Language { names: "markdown md mdx", kind: Kind::Lines, ..PLAIN },
];
