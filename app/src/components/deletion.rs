//! The end of an account, somebody's or one's own: what goes is said before.

use super::notice::field_error;
use crate::api::form::RefusedForm;
use api_types::PersonId;
use leptos::prelude::*;
use studio::{grouped, ports::store::Belongings};

/// What goes: `12 conversations with all their messages, 12 memories, 2 passkeys and 1 API token`.
fn all_of(belongings: Belongings) -> String {
    let count = |n: u32, one: &str, many: &str| {
        if n == 1 { format!("1 {one}") } else { format!("{} {many}", grouped(n as usize)) }
    };
    format!(
        "{}, {}, {} and {}",
        count(
            belongings.conversations,
            "conversation with all its messages",
            "conversations with all their messages"
        ),
        count(belongings.memories, "memory", "memories"),
        count(belongings.passkeys, "passkey", "passkeys"),
        count(belongings.tokens, "API token", "API tokens"),
    )
}

/// The section that deletes. `person` is whom an administrator deletes; nobody where it is oneself.
pub fn erasing(
    action: &'static str,
    person: Option<PersonId>,
    name: &str,
    belongings: Belongings,
    refused: Option<&RefusedForm>,
) -> impl IntoView + use<> {
    let error = refused.and_then(|form| form.error("name"));
    let typed = refused.and_then(|form| form.typed("name")).map(str::to_owned);
    let (heading, word) = match person {
        Some(_) => ("Delete for good".to_owned(), format!("Delete {name} for good")),
        None => ("Delete your account".to_owned(), "Delete my account for good".to_owned()),
    };
    let is_open = refused.is_some();
    let name = name.to_owned();
    view! {
        <section class="section">
            <h2>{heading}</h2>
            <p>{format!("{}: all of it is deleted. This cannot be undone; backups that were made before still hold it.", all_of(belongings))}</p>
            <details class="careful" open=is_open>
                <summary>"Delete…"</summary>
                <form class="stack" method="post" action=action data-touch>
                    {person.map(|id| view! { <input type="hidden" name="person" value=id.to_string() /> })}
                    <div class="field">
                        <label for="erase-name">"To be sure, type the name: "<b>{name}</b></label>
                        <input class="input" id="erase-name" name="name" autocomplete="off" required value=typed autofocus=error.is_some()
                            aria-invalid=error.is_some().then_some("true") aria-describedby="erase-error" />
                        {field_error("erase-error", error)}
                    </div>
                    <div class="actions"><button class="btn danger filled" type="submit">{word}</button></div>
                </form>
            </details>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_one_and_many_are_many() {
        let some = Belongings { conversations: 1, memories: 0, passkeys: 2, tokens: 0 };
        assert_eq!(
            all_of(some),
            "1 conversation with all its messages, 0 memories, 2 passkeys and 0 API tokens"
        );
        let many = Belongings { conversations: 12_000, memories: 1, passkeys: 1, tokens: 1 };
        assert_eq!(
            all_of(many),
            "12,000 conversations with all their messages, 1 memory, 1 passkey and 1 API token"
        );
    }
}
