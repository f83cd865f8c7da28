//! SQL that destroys, or breaks out of a statement. Asked about every day; in a name it has no use.

use super::{LooksFor, Rule};
use crate::{Class, Verdict};

const fn rule(
    name: &'static str,
    in_name: Verdict,
    says: &'static str,
    patterns: &'static [&'static str],
) -> Rule {
    Rule {
        name,
        class: Class::Sql,
        in_prompt: Verdict::Flag,
        in_name,
        says,
        looks_for: LooksFor::Code(patterns),
    }
}

pub(super) const RULES: &[Rule] = &[
    rule(
        "sql.drop",
        Verdict::Flag,
        "A statement in this text deletes a table or a database. Do not run it unread.",
        &[
            r"\b(?:drop|truncate)(?:[ \n]|/\*[ -)+-~]*\*/)+(?:table|database|schema|tablespace)\b",
            r#"\bdelete[ \n]+from[ \n]+[a-z0-9_."`]+[ \n]*(?:;|--|$|where[ \n]+['"]?1['"]?[ \n]*=[ \n]*['"]?1)"#,
        ],
    ),
    rule(
        "sql.break_out",
        Verdict::Block,
        "There is SQL in this text that breaks out of a statement. Remove it if it is not what you want to talk about.",
        &[
            r#"['"][ \n]*\)*[ \n]*;[ \n]*(?:drop|delete|insert|update|alter|truncate|exec|shutdown|create|select)\b"#,
            r#"['"][ \n]*\)*(?:[ \n]|/\*[ -)+-~]*\*/)*(?:or|and|\|\||&&)(?:[ \n(]|/\*[ -)+-~]*\*/)+(?:not[ \n]+)?['"(]*[a-z0-9_]*['")]*[ \n]*(?:=|like\b|<|>)[ \n]*(?:['"(]|[0-9]|[a-z]{1,3}\b)"#,
            r#"['"][ \n]*(?:or|and)[ \n]+(?:if|sleep|benchmark|substring|ascii|extractvalue|updatexml|exists|case)[ \n]*\("#,
            r"\bunion(?:[ \n(]|/\*[ -)+-~]*\*/)+(?:all|distinct)?(?:[ \n(]|/\*[ -)+-~]*\*/)*select\b",
            r#"['"]\)*;?--"#,
            r"\bwaitfor[ \n]+delay[ \n]*'",
            r"\b(?:pg_sleep|dbms_sleep|sleep|benchmark)[ \n]*\([ \n]*[0-9]+[ \n]*\)[ \n)]*(?:,|--|#|;|$)",
            r"\b(?:substring|substr|ascii|char|extractvalue|updatexml|concat)[ \n]*\([ \n(]*(?:select\b|0x[0-9a-f])",
            r"\bselect[ \n]+(?:@@version|version\(\)|load_file\()",
            r"\border[ \n]+by[ \n]+[0-9]+[ \n]*(?:--|#)",
            r"\bchar\([0-9]+\)[ \n]*(?:\+|\|\|)",
            r"\bif[ \n]*\([ \n]*(?:substring|substr|ascii|length|mid)[ \n]*\(",
            r"\b(?:or|and|when|having)[ \n(]+'?([0-9])'?[ \n]*=[ \n]*'?[0-9]'?",
            r"\bxp_cmdshell\b",
            r"\bexec(?:ute)?[ \n]*\([ \n]*'",
            r"\binto[ \n]+(?:out|dump)file[ \n]*'",
        ],
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
    fn tables_that_go_and_statements_that_are_left_are_found() {
        finds("DROP TABLE users;", "sql.drop");
        finds("drop/**/table users", "sql.drop");
        finds("delete from orders;", "sql.drop");
        for text in [
            "Robert'); DROP TABLE students;--",
            "' OR '1'='1",
            "\" or\t1 = 1",
            "1 UNION  ALL\nSELECT password",
            "1 union/**/select 2",
            "admin'--",
            "'; WAITFOR DELAY '0:0:5'",
        ] {
            finds(text, "sql.break_out");
        }
        for near in [
            "delete from orders where id = 7",
            "Drop the table in the corner and select one of 'red' or 'blue'.",
            "It's 'on' and 'off' -- nothing else.",
            "The student union selects a president.",
            "If 1 apple costs 2 dollars, what do 3 cost?",
        ] {
            finds_nothing(near);
        }
    }

    #[test]
    fn a_question_goes_on_and_a_name_does_not() {
        assert_eq!(screen("Why does ' OR 1=1 work?", Place::Prompt).verdict, Verdict::Flag);
        assert_eq!(screen("Robert'); DROP TABLE students;--", Place::Name).verdict, Verdict::Block);
    }
}
