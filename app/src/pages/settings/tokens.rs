//! `/settings/tokens`.

use crate::{
    api::context,
    components::settings::{Part, settings},
};
use leptos::prelude::*;
use leptos_meta::Title;

/// The page.
pub(crate) fn tokens() -> impl IntoView {
    crate::pages::page(async move {
        let by = context::signed_in()?;
        let data = crate::pages::frame_data(by).await?;
        let body = view! { <p>"Not built yet."</p> };
        Ok(view! { <Title text="API tokens" />{settings(data, Part::Tokens, body)} }.into_any())
    })
}
