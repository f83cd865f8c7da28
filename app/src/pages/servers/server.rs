//! `/admin/models/:name`: one model server: how it is, its address and key, what its models cost.

use super::{forms, from_words, prices};
use crate::{
    api::{context, form},
    components::{
        frame::{Here, drawer, frame},
        icon::{icon, small_icon},
        notice::{notice, refused},
        toast, when,
    },
};
use api_types::{Flag, Problem, ProviderTested};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use studio::{ProviderView, SourceFrom, SourceView, ports::Timestamp};

const TEST: &str = "/api/provider/test";

/// The page.
pub(crate) fn server() -> impl IntoView {
    let name = use_params_map().get_untracked().get("name");
    crate::pages::page(async move {
        let by = context::signed_in()?;
        let admin = by.admin()?;
        let name = name.ok_or(Problem::NotFound)?;
        let studio = context::studio()?;
        let own = studio.providers(&admin).into_iter().find(|provider| provider.name == name);
        // One that is set aside has a page of its own, so that it can be removed.
        let is_aside = context::asked("aside").is_some() && own.as_ref().is_some_and(|own| own.is_set_aside);
        let source = if is_aside { None } else { Some(studio.source(&by, &name).await?) };
        let own = own.filter(|own| own.is_set_aside == is_aside);
        let models = if is_aside { Vec::new() } else { studio.priced_models(&admin, &name).await };
        let tracks_cost = studio.is_on(Flag::CostTracking, &by).await;
        let data = crate::pages::frame_data(by.clone()).await?;
        let form = form::refused_form();
        let tested: Option<ProviderTested> = form::answered(TEST);
        let is_saved = context::asked("saved").is_some() && form.is_none();
        let main = view! {
            <main class="main" id="main">
                <header class="head">{drawer()}<h1>{name.clone()}</h1></header>
                <div class="page">
                    <nav class="parts-above" aria-label="Back"><a class="btn quiet small" href="/admin/models">{small_icon("left")}"Model servers"</a></nav>
                    {form.as_ref().filter(|form| !form.is_told_in_place()).map(|form| refused(&form.problem))}
                    <div class="stack far">
                        {source.as_ref().map(|source| about(source, own.as_ref(), tested, data.now))}
                        {is_aside.then(|| view! { <p>"This server is not asked: the operator has set one of the same name, or one was found on this machine. Remove this one, or the other."</p> })}
                        {own.as_ref().map(|own| forms::change(own, form.as_ref()))}
                        {source.as_ref().map(|source| prices::prices(&source.name, &models, tracks_cost, form.as_ref()))}
                        {own.as_ref().map(forms::remove)}
                    </div>
                </div>
            </main>
            {toast::toasts(is_saved.then(toast::saved))}
        };
        Ok(view! { <Title text=name />{frame(data, Here::Servers, main)} }.into_any())
    })
}

/// How it is, and the button that asks it.
fn about(
    source: &SourceView,
    own: Option<&ProviderView>,
    tested: Option<ProviderTested>,
    now: Timestamp,
) -> impl IntoView + use<> {
    // What a test has just said is not said twice.
    let (state, words, why) = match &source.status.state {
        Ok(words) => ("finished", words.clone(), None),
        Err(why) => ("failed", "Not working".to_owned(), Some(why.clone()).filter(|_| tested.is_none())),
    };
    let from = match source.from {
        SourceFrom::Operator => "Set by the operator where the studio is started, and changed there",
        SourceFrom::Nearby => "Found on this machine; it is disconnected under Models",
        SourceFrom::Page => from_words(SourceFrom::Page),
    };
    let label = (source.status.label != source.name).then(|| source.status.label.clone());
    let name = source.name.clone();
    let own = own.map(|own| {
        let key = if own.has_key { "sealed, shown to nobody" } else { "none" };
        view! {
            <dt>"Speaks like"</dt><dd>{own.kind.title()}</dd>
            <dt>"Address"</dt><dd>{own.base_url.clone()}</dd>
            <dt>"Key"</dt><dd>{key}</dd>
            <dt>"Added"</dt><dd>{when::ago(own.created_at, now)}</dd>
            {(own.changed_at != own.created_at).then(|| view! { <dt>"Changed"</dt><dd>{when::ago(own.changed_at, now)}</dd> })}
        }
    });
    view! {
        <section class="section" id="state">
            <h2 class="sr">"How it is"</h2>
            {tested.map(result)}
            <dl class="facts">
                {label.map(|label| view! { <dt>"What"</dt><dd>{label}</dd> })}
                <dt>"State"</dt><dd><span class="state" data-state=state>{words}</span>{why.map(|why| view! { <br />{why} })}</dd>
                <dt>"From"</dt><dd>{from}</dd>
                {own}
            </dl>
            <div class="after-rows">
                <form method="post" action=TEST>
                    <input type="hidden" name="name" value=name />
                    <button class="btn" type="submit">{icon("again")}"Test it"</button>
                </form>
            </div>
        </section>
    }
}

/// What came of a test.
fn result(tested: ProviderTested) -> AnyView {
    let took = format!(
        " It took {} ms.",
        studio::grouped(usize::try_from(tested.milliseconds).unwrap_or(usize::MAX))
    );
    match tested.works {
        true => notice("good", "good", view! { <b>"It answers. "</b>{tested.words}"."{took} }).into_any(),
        false => {
            notice("danger", "error", view! { <b>"It does not work. "</b>{tested.words}{took} }).into_any()
        }
    }
}
