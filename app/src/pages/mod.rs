//! One file a route. A page is data first, then markup: `page` awaits the data and shows what was refused.

mod audit;
mod chat;
mod conversations;
mod deleted;
mod flags;
mod home;
mod join;
mod login;
mod models;
mod people;
mod recover;
mod refusal;
mod refused;
pub(crate) mod runs;
mod servers;
mod settings;
mod usage;

use crate::{
    api::{Refused, context},
    components::frame::FrameData,
};
use api_types::Flag;
use leptos::prelude::*;
use studio::{ConversationPage, SignedIn};

pub(crate) use audit::audit;
pub(crate) use chat::{chat, new_chat};
pub(crate) use conversations::conversations;
pub(crate) use deleted::deleted;
pub(crate) use flags::flags;
pub(crate) use home::home;
pub(crate) use join::join;
pub(crate) use login::login;
pub(crate) use models::models;
pub(crate) use people::{people, person};
pub(crate) use recover::recover;
pub(crate) use refusal::refusal;
pub(crate) use refused::not_found;
pub use refused::refused_document;
pub(crate) use runs::{run, runs};
pub(crate) use servers::{server, servers};
pub(crate) use settings::{account, activity, passkeys, sessions, tokens};
pub(crate) use usage::usage;

/// Awaits a page; what was refused becomes the page that says so.
fn page(view: impl Future<Output = Result<AnyView, Refused>> + Send + 'static) -> impl IntoView {
    Suspend::new(async move {
        match view.await {
            Ok(view) => view,
            Err(refused) => refused::page(refused.0).await,
        }
    })
}

/// What the frame needs: the recent conversations, and which of them are answering.
async fn frame_data(by: SignedIn) -> Result<FrameData, Refused> {
    let studio = context::studio()?;
    let has_chat = studio.is_on(Flag::Chat, &by).await;
    let recent = match has_chat {
        true => studio.conversations(&by, None).await?,
        false => ConversationPage::default(),
    };
    let answering = studio
        .live
        .of(by.person())
        .iter()
        .filter(|run| run.view(usize::MAX).state.is_active())
        .map(|run| run.conversation)
        .collect();
    let (news, this_hour) = studio.news_and_hour(&by).await?;
    Ok(FrameData { now: studio.now(), this_hour, by, has_chat, recent, answering, news })
}
