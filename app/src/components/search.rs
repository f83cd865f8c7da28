//! Looking for words in the list of conversations.

use super::icon::icon;
use leptos::prelude::*;
use studio::SEARCH_CHARS_MAX;

/// Looks for words in titles and messages: a plain form that asks for this page.
pub fn search(words: Option<String>) -> impl IntoView {
    let is_search = words.is_some();
    view! {
        <form class="search" role="search" method="get" action="/conversations">
            <label class="sr" for="q">"Words in a title or a message"</label>
            <input class="input" id="q" name="q" type="search" placeholder="Titles and messages" autocomplete="off"
                maxlength=SEARCH_CHARS_MAX.to_string() value=words />
            <button class="btn" type="submit">{icon("search")}"Search"</button>
            {is_search.then(|| view! { <a class="btn quiet" href="/conversations">"Clear"</a> })}
        </form>
    }
}
