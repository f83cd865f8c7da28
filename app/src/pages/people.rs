//! `/people`: who is here, for administrators.

use crate::{
    api::context,
    components::frame::{Here, frame, page as framed},
};
use leptos::prelude::*;
use leptos_meta::Title;

/// The page.
pub(crate) fn people() -> impl IntoView {
    super::page(async move {
        let by = context::signed_in()?;
        by.admin()?;
        let data = super::frame_data(by).await?;
        let body = view! { <p>"Not built yet."</p> };
        Ok(view! { <Title text="People" />{frame(data, Here::People, framed("People", body))} }.into_any())
    })
}
