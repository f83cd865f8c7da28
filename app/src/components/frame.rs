//! The frame of every page behind sign-in: rail, page, bar of pages on a phone.

use super::{
    account::account_notice,
    icon::{DOORWAY, MARK, icon, small_icon},
    theme, touch, when,
};
use crate::{
    api::{context, form, kept},
    islands::Live,
};
use api_types::Micros;
use leptos::prelude::*;
use studio::{
    ConversationPage, SignedIn, Window,
    ports::{Timestamp, store::AccountEventRow},
};

/// Which entry of the rail is this page's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Here {
    /// A conversation, or a new one.
    Chat(Option<api_types::ConversationId>),
    /// The list of all conversations.
    Conversations,
    /// Models.
    Models,
    /// Model servers, or one of them.
    Servers,
    /// Runs, or one of them.
    Runs,
    /// What was spent.
    Usage,
    /// The people of the studio.
    People,
    /// The flags.
    Flags,
    /// The audit log.
    Audit,
    /// One's own settings.
    Settings,
    /// Nowhere in it.
    Nowhere,
}

/// What the frame shows besides the page.
pub struct FrameData {
    /// The person.
    pub by: SignedIn,
    /// Whether there are chats for this person.
    pub has_chat: bool,
    /// The recent conversations.
    pub recent: ConversationPage,
    /// Conversations with an answer under way.
    pub answering: Vec<api_types::ConversationId>,
    /// What happened to the account and was not seen yet.
    pub news: Vec<AccountEventRow>,
    /// What was spent in this hour, where that is counted.
    pub this_hour: Option<Window>,
    /// Now.
    pub now: Timestamp,
}

/// The frame around `main` (a whole `<main>` element and what belongs beside it).
pub fn frame(data: FrameData, here: Here, main: impl IntoView + 'static) -> impl IntoView {
    let has_chat = data.has_chat;
    view! {
        <div class="app" data-address=address()>
            <a class="skip" href="#main">"Skip to the page"</a>
            {rail(&data, here)}
            {notice(&data)}
            {main}
            {tabbar(has_chat, here)}
            <p class="sr" aria-live="polite" id="announce"></p>
            {touch::dialog()}
            <Live />
        </div>
    }
}

/// The address that the page should have, where it has another: the page of a form that was refused, or whose fields are
/// kept, stands under the form's own; and what was told once in a query is not told again.
fn address() -> Option<String> {
    let asked = context::asked_for()?;
    let told = ["?saved=", "?added=", "?removed=", "?recovered=", "?looked=", "?welcome="];
    let was_told = told.iter().find_map(|query| asked.split_once(query)).map(|(path, _)| path.to_owned());
    let is_forms = form::refused_form().is_some() || form::is_answered() || kept::kept().is_some();
    was_told.or_else(|| is_forms.then_some(asked))
}

/// What the account's person should know; not beside the page's own toast, which goes first.
fn notice(data: &FrameData) -> Option<impl IntoView + use<>> {
    let (event, more) = studio::notice_of(&data.news).filter(|_| context::asked("deleted").is_none())?;
    Some(account_notice(event, more, data.now))
}

fn current(yes: bool) -> Option<&'static str> {
    yes.then_some("page")
}

fn rail(data: &FrameData, here: Here) -> impl IntoView + use<> {
    let (name, has_news) = (data.by.name().to_owned(), !data.news.is_empty());
    let first: String = name.chars().next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    let role = data.by.role().title();
    view! {
        <aside class="rail" id="rail" popover aria-label="Studio">
            <div class="brand">
                <a href="/" aria-label="Vobio, start"><span class="contents" inner_html=MARK></span><span class="word">"Vobio"</span></a>
                <button class="btn quiet icon-only small fold needs-live" type="button" data-fold aria-label="Fold the side bar" title="Fold the side bar">
                    {icon("fold")}
                </button>
            </div>
            <nav class="pages" aria-label="Pages">
                {data.has_chat.then(|| view! {
                    <a class="btn new" href="/chat" title="New chat">{icon("plus")}<span class="word">"New chat"</span></a>
                    <a class="link" href="/conversations" title="Conversations" aria-current=current(here == Here::Conversations)>
                        {icon("chat")}<span class="name">"Conversations"</span>
                    </a>
                })}
                <a class="link" href="/models" title="Models" aria-current=current(here == Here::Models)>
                    {icon("model")}<span class="name">"Models"</span>
                </a>
                <a class="link" href="/runs" title="Runs" aria-current=current(here == Here::Runs)>
                    {icon("clock")}<span class="name">"Runs"</span>
                </a>
                <a class="link" href="/usage" title="Usage" aria-current=current(here == Here::Usage)>
                    {icon("coins")}<span class="name">"Usage"</span>
                </a>
            </nav>
            {data.has_chat.then(|| recent(data, here))}
            <div class="self">
                {context::context().is_ok_and(|context| context.mock).then(|| view! {
                    <p class="mode" title="Their answers are scripted">{icon("flask")}<span class="name">"Mock models are on"</span></p>
                })}
                {data.this_hour.map(|hour| view! {
                    <a class="spent" href="/usage" title="What you spent in this hour, and what is held for what is under way">
                        {icon("coins")}<span class="name" id="spent">{spent(&hour)}</span>
                    </a>
                })}
                <button class="person" type="button" popovertarget="person-menu" aria-label=format!("{name}, your menu")>
                    <span class="face" aria-hidden="true">{first}</span>
                    <span class="name">{name.clone()}</span>
                    {has_news.then(news_dot)}
                    {small_icon("updown")}
                </button>
                <div class="menu up" id="person-menu" popover>
                    <p class="heading"><b>{name}</b>{role}</p>
                    <hr />
                    <a href="/settings" aria-current=current(here == Here::Settings)>{icon("settings")}"Settings"{has_news.then(news_dot)}</a>
                    {data.by.admin().is_ok().then(|| view! {
                        <a href="/admin/models" aria-current=current(here == Here::Servers)>{icon("model")}"Model servers"</a>
                        <a href="/people" aria-current=current(here == Here::People)>{icon("person")}"People"</a>
                        <a href="/flags" aria-current=current(here == Here::Flags)>{icon("flag")}"Flags"</a>
                        <a href="/audit" aria-current=current(here == Here::Audit)>{icon("shield")}"Audit log"</a>
                    })}
                    <hr />
                    {theme_choice()}
                    <form method="post" action="/api/session/end">
                        <button type="submit">{icon("leave")}"Sign out"</button>
                    </form>
                </div>
            </div>
        </aside>
    }
}

/// What was spent in this hour, with what is held.
pub fn spent(hour: &Window) -> String {
    let used = Micros(hour.spent.saturating_add(hour.held)).in_cents();
    format!("{used} of {} this hour", Micros(hour.limit).in_cents())
}

/// Something happened to the account that its person has not seen.
pub fn news_dot() -> impl IntoView {
    view! { <span class="dot news" role="img" aria-label="news of your account"></span> }
}

fn recent(data: &FrameData, here: Here) -> impl IntoView + use<> {
    let mut groups: Vec<(&'static str, Vec<AnyView>)> = Vec::new();
    for conversation in &data.recent.conversations {
        let group = when::group(conversation.updated_at, data.now);
        if groups.last().is_none_or(|(name, _)| *name != group) {
            groups.push((group, Vec::new()));
        }
        let id = conversation.id;
        let answering = data.answering.contains(&id);
        let entry = view! {
            <li data-conversation=id.to_string()>
                <a class="link" href=format!("/chat/{id}") aria-current=current(here == Here::Chat(Some(id)))>
                    <span class="name">{conversation.title.clone()}</span>
                    {answering.then(|| view! { <span class="dot" role="img" aria-label="answering"></span> })}
                </a>
            </li>
        };
        if let Some((_, entries)) = groups.last_mut() {
            entries.push(entry.into_any());
        }
    }
    let more = data.recent.next.is_some();
    view! {
        <nav class="recent" aria-label="Recent conversations">
            {groups.into_iter().map(|(name, entries)| view! { <h2>{name}</h2><ul>{entries}</ul> }).collect_view()}
            {more.then(|| view! { <a class="link more" href="/conversations"><span class="name">"All conversations"</span></a> })}
        </nav>
    }
}

/// Light, dark, or what the system says.
pub fn theme_choice() -> impl IntoView {
    let chosen = theme::look().theme.unwrap_or("auto");
    let choice = |value: &'static str, label: &'static str| {
        view! { <label><input type="radio" name="theme" value=value checked=chosen == value data-theme-choice /><span>{label}</span></label> }
    };
    view! {
        <div class="padded needs-live">
            <fieldset class="segmented">
                <legend class="sr">"Theme"</legend>
                {choice("auto", "Auto")}
                {choice("light", "Light")}
                {choice("dark", "Dark")}
            </fieldset>
        </div>
    }
}

fn tabbar(has_chat: bool, here: Here) -> impl IntoView {
    view! {
        <nav class="tabbar" aria-label="Pages, below">
            {has_chat.then(|| view! {
                <a href="/chat" aria-current=current(matches!(here, Here::Chat(_)))>{icon("chat")}"Chat"</a>
                <a href="/conversations" aria-current=current(here == Here::Conversations)>{icon("search")}"Conversations"</a>
            })}
            <a href="/models" aria-current=current(here == Here::Models)>{icon("model")}"Models"</a>
            <a href="/runs" aria-current=current(here == Here::Runs)>{icon("clock")}"Runs"</a>
        </nav>
    }
}

/// The button that opens the rail on a phone.
pub fn drawer() -> impl IntoView {
    view! {
        <button class="btn quiet icon-only drawer" type="button" popovertarget="rail" aria-label="Menu">{icon("menu")}</button>
    }
}

/// A page that is not there, or not any more, and what one can do.
pub fn nothing_here(data: FrameData, body: impl IntoView + 'static) -> impl IntoView {
    let main = view! {
        <main class="main" id="main">
            <header class="head">{drawer()}</header>
            <div class="page"><div class="plain">
                <div class="empty">
                    <span class="contents" inner_html=DOORWAY></span>
                    {body}
                </div>
            </div></div>
        </main>
    };
    frame(data, Here::Nowhere, main)
}

/// A page with a title and a column.
pub fn page(title: &'static str, body: impl IntoView + 'static) -> impl IntoView {
    view! {
        <main class="main" id="main">
            <header class="head">{drawer()}<h1>{title}</h1></header>
            <div class="page">{body}</div>
        </main>
    }
}
