//! Several statements on one way to the database and back.
//!
//! A way costs more than most of our statements: on PostgreSQL the network and two wake-ups, on SQLite two hops between threads.

use crate::{dialect::Engine, exec::Statement};
use std::fmt::Write as _;

/// Several statements as one text. What is counted and answered is the last one.
///
/// # Design
/// On SQLite they run one after the other. On PostgreSQL they are one statement whose parts see the database as it was before all of
/// them: nobody but [`Unit::later`](crate::unit::Unit::later) and its like may say that this is the same.
pub(crate) fn together(engine: Engine, first: Vec<Statement>, last: Statement) -> Statement {
    if first.is_empty() {
        return last;
    }
    let mut sql = String::new();
    let mut values = 0;
    for (place, part) in first.iter().enumerate() {
        match engine {
            Engine::Sqlite => {
                renumber(part.sql(), values, &mut sql);
                sql.push_str("; ");
            }
            Engine::Postgres => {
                let opening = if place == 0 { "WITH" } else { "," };
                // Writing to a text does not fail.
                let _ok = write!(sql, "{opening} part{place} AS (");
                renumber(part.sql(), values, &mut sql);
                sql.push_str(") ");
            }
        }
        values += part.values();
    }
    renumber(last.sql(), values, &mut sql);
    Statement::joined(sql, first, last)
}

/// A text whose first placeholder is number `from` + 1. No text of ours has a `$` that is none.
fn renumber(sql: &str, from: usize, into: &mut String) {
    let mut parts = sql.split('$');
    into.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = part.split_at(digits);
        let _ok = write!(into, "${}{rest}", number.parse::<usize>().unwrap_or_default() + from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts() -> (Vec<Statement>, Statement) {
        let first = vec![
            Statement::new("INSERT INTO a (b, c) VALUES ($1, $2)").bind(1_i64).bind(2_i64),
            Statement::new("DELETE FROM d WHERE e = $1 OR f = $1").bind(3_i64),
        ];
        (first, Statement::new("UPDATE g SET h = $2 WHERE i = $1").bind(4_i64).bind(5_i64))
    }

    #[test]
    fn on_sqlite_they_follow_each_other_and_each_has_its_own_values() {
        let (first, last) = parts();
        let joined = together(Engine::Sqlite, first, last);
        assert_eq!(
            joined.sql(),
            "INSERT INTO a (b, c) VALUES ($1, $2); DELETE FROM d WHERE e = $3 OR f = $3; UPDATE g SET h = $5 WHERE i = $4"
        );
        assert_eq!(joined.values(), 5);
    }

    #[test]
    fn on_postgresql_they_are_one_statement_that_answers_like_its_last() {
        let (first, last) = parts();
        assert_eq!(
            together(Engine::Postgres, first, last).sql(),
            "WITH part0 AS (INSERT INTO a (b, c) VALUES ($1, $2)) , part1 AS (DELETE FROM d WHERE e = $3 OR f = $3) \
             UPDATE g SET h = $5 WHERE i = $4"
        );
    }

    #[test]
    fn one_alone_stays_as_it_is() {
        let (_, last) = parts();
        assert_eq!(together(Engine::Postgres, Vec::new(), last).sql(), "UPDATE g SET h = $2 WHERE i = $1");
    }
}
