//! The audit log over the wire: its page, its commands, and what they say when somebody was at the rows.

use crate::support::{Person, Running, Studio, databases, unescaped, until};
use serde_json::{Value, json};
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _};
use std::{fs, process::Output, time::Instant};

fn printed(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// All sealed rows, once there are none that wait.
fn exported(studio: &Studio) -> Vec<Value> {
    until("all rows are sealed", || {
        let verified = printed(&studio.run(&["audit", "verify"]));
        (verified.contains("is whole") && !verified.contains("not sealed yet")).then_some(())
    });
    let output = studio.run(&["audit", "export"]);
    assert!(output.status.success(), "{}", printed(&output));
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Does something to the rows of a studio, as nobody may.
fn by_hand(studio: &Studio, sql: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        sqlx::any::install_default_drivers();
        let url = match studio.settings.get("DATABASE_URL") {
            Some(url) => url.clone(),
            None => format!("sqlite://{}", studio.data().join("vobio.db").display()),
        };
        let mut conn = AnyConnection::connect(&url).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut conn).await.unwrap();
        conn.close().await.unwrap();
    });
}

/// Somebody of every role, and things that are written down.
fn life(running: &Running) -> (Person, Person) {
    let mut ana = running.owner();
    let ben = ana.brings("Ben", "member");
    let of_ben = ana.id_of("Ben");
    assert_eq!(ana.call("/api/person/set-role", json!({ "person": of_ben, "role": "admin" })).status, 200);
    (ana, ben)
}

#[test]
fn an_administrator_finds_who_did_what_on_a_page_that_needs_no_script() {
    for database in databases() {
        let studio = Studio::new().on(&database);
        let running = studio.start();
        let (mut ana, mut ben) = life(&running);
        let token = ana.token(&["read"]);
        let invite = ana.invite("member");
        let page = unescaped(&ana.page("/audit").body);
        for words in
            ["Joined", "Role changed: Ben", "role member → admin", "API token made", "scopes read", "days 1"]
        {
            assert!(page.contains(words), "{words}: {page}");
        }
        assert!(!page.contains(&token) && !page.contains(&invite), "no secret");
        assert!(page.contains("href=\"/audit\" aria-current=\"page\""), "it is in the menu");

        let found = |person: &mut Person, query: &str| {
            let body = unescaped(&person.page(&format!("/audit?{query}")).body);
            let rows = body.matches("<li class=\"row\">").count();
            (rows, body)
        };
        let (rows, body) = found(&mut ana, "what=role+changed");
        assert_eq!(rows, 1, "{body}");
        assert!(body.contains("value=\"role changed\"") && body.contains(">Clear<"), "what was asked stays");
        assert_eq!(found(&mut ben, "who=ben").0, 3, "he joined with an invitation, and has another role");
        assert_eq!(found(&mut ana, "until=2020-01-01").0, 0);
        assert!(found(&mut ana, "from=2020-01-01").0 > 3);
        let (rows, body) = found(&mut ana, "what=%3Cscript%3E");
        assert!(rows == 0 && body.contains("Nothing found"), "{body}");
        assert!(!ana.page("/audit?what=%3Cscript%3Ex").body.contains("<script>x"));
        for wrong in ["from=yesterday", "before=x"] {
            assert_eq!(ana.page(&format!("/audit?{wrong}")).status, 404, "{wrong}");
        }
        until("the chain is sealed", || ana.page("/audit").body.contains("chained and sealed").then_some(()));

        let mut cem = ana.brings("Cem", "member");
        assert_eq!(cem.page("/audit").status, 403);
        assert!(!cem.page("/chat").body.contains("href=\"/audit\""));
        assert_eq!(Person::new(&running.url).page("/audit").status, 302);
    }
}

#[test]
fn a_long_log_is_read_in_parts_and_a_search_goes_with_them() {
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    for _ in 0..51 {
        ana.invite("member");
    }
    let page = ana.page("/audit?what=made").body;
    assert_eq!(page.matches("Invitation made").count(), 50);
    let (_, rest) = page.split_once("href=\"/audit?what=made&amp;before=").expect("another part");
    let older = ana.page(&format!("/audit?what=made&before={}", &rest[..36])).body;
    assert_eq!(older.matches("Invitation made").count(), 1);
    assert!(older.contains("href=\"/audit?what=made\""), "and back");
}

#[test]
fn a_row_is_sealed_while_the_studio_serves() {
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    let head = || String::from_utf8(studio.run(&["audit", "head"]).stdout).unwrap();
    until("the owner is in it", || head().starts_with("1 ").then_some(()));
    let before = Instant::now();
    ana.invite("member");
    until("the invitation is in it", || head().starts_with("2 ").then_some(()));
    println!("sealed and seen from outside after {:?}", before.elapsed());
}

#[test]
fn the_commands_say_whether_it_is_whole_and_name_the_row_that_is_not() {
    for database in databases() {
        let studio = Studio::new().on(&database);
        let running = studio.start();
        let (mut ana, _) = life(&running);
        let rows = exported(&studio);
        assert_eq!(
            rows.iter().map(|row| row["position"].as_u64().unwrap()).collect::<Vec<_>>(),
            [1, 2, 3, 4, 5]
        );
        assert_eq!(rows[4]["action"], "person.role_changed");
        assert!(rows[4]["trace"].is_string(), "{}", rows[4]);
        let text = serde_json::to_string(&rows).unwrap();
        assert!(!text.contains("Ana") && !text.contains("Ben") && !text.contains("127.0.0.1"), "{text}");

        let kept = studio.folder.path().join("head");
        fs::write(&kept, studio.run(&["audit", "head"]).stdout).unwrap();
        let kept = kept.to_str().unwrap();
        let whole = studio.run(&["audit", "verify", "--head", kept]);
        assert!(whole.status.success(), "{}", printed(&whole));
        assert!(
            printed(&whole).contains("is whole: 5 rows")
                && printed(&whole).contains("The end that you kept is in it.")
        );
        let hash = rows[2]["hash"].as_str().unwrap();
        assert!(studio.run(&["audit", "verify", "--head", hash]).status.success());
        let other = studio.run(&["audit", "verify", "--head", &"0".repeat(63)]);
        assert!(
            !other.status.success() && printed(&other).contains("is neither a file nor"),
            "{}",
            printed(&other)
        );
        let after = studio.run(&["audit", "export", "--after", "3"]);
        assert_eq!(String::from_utf8(after.stdout).unwrap().lines().count(), 2);

        // Also while the studio serves.
        by_hand(&studio, "UPDATE audit SET who_id = 'x' WHERE position = 3");
        let found = studio.run(&["audit", "verify"]);
        let id = rows[2]["id"].as_str().unwrap();
        assert!(!found.status.success());
        assert!(
            printed(&found).contains(&format!("NOT WHOLE: row 3 ({id}) was changed")),
            "{}",
            printed(&found)
        );
        let who = rows[2]["who_id"].as_str().unwrap();
        by_hand(&studio, &format!("UPDATE audit SET who_id = '{who}' WHERE position = 3"));
        assert!(studio.run(&["audit", "verify"]).status.success());

        // It goes on, also after a restart, and what is missing is missed all the same.
        running.stop();
        let _running = studio.start();
        ana.invite("member");
        assert_eq!(exported(&studio).len(), 6);
        assert!(studio.run(&["audit", "verify", "--head", kept]).status.success());
        by_hand(&studio, "DELETE FROM audit WHERE position IN (2, 3)");
        let found = studio.run(&["audit", "verify"]);
        assert!(
            !found.status.success() && printed(&found).contains("rows 2 to 3 were removed"),
            "{}",
            printed(&found)
        );
    }
}

#[test]
fn where_there_is_no_studio_there_is_no_log_and_none_is_made() {
    let studio = Studio::new();
    for words in ["verify", "head", "export"] {
        let output = studio.run(&["audit", words]);
        assert!(
            !output.status.success() && printed(&output).contains("there is no database"),
            "{}",
            printed(&output)
        );
    }
    assert!(!studio.data().join("vobio.db").exists());
}
