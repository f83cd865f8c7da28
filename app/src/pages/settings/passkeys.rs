//! `/settings/passkeys`.

use crate::{
    api::context,
    components::settings::{Part, settings},
};
use leptos::prelude::*;
use leptos_meta::Title;

/// The page.
pub(crate) fn passkeys() -> impl IntoView {
    crate::pages::page(async move {
        let by = context::signed_in()?;
        let data = crate::pages::frame_data(by).await?;
        let body = view! { <p>"Not built yet."</p> };
        Ok(view! { <Title text="Passkeys" />{settings(data, Part::Passkeys, body)} }.into_any())
    })
}
