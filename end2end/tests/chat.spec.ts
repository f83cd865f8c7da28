import { ask, awake, choose, composer, expect, lastAnswer, mock, test } from "./studio";

const slow = (tokens: number, perSecond: number) => mock({ tokens, per_s: perSecond });

test("an answer streams, and its Markdown, tokens and time are there at the end", async ({ owner, studio }) => {
  await choose(owner, studio, "mock/markdown");
  await ask(owner, "Show me everything");
  await expect(lastAnswer(owner)).toHaveAttribute("data-state", "finished");
  await expect(lastAnswer(owner).locator("table")).toBeVisible();
  await expect(lastAnswer(owner).locator("figure.code").first()).toBeVisible();
  await expect(lastAnswer(owner).locator(".took")).toContainText("tokens");
  await expect(owner.locator(".recent")).toContainText("Show me everything");
  await expect(owner).toHaveTitle(/Show me everything · Vobio/);
});

test("the second message is sent without leaving the page, by Enter; Shift+Enter makes a line", async ({ owner, studio }) => {
  await choose(owner, studio, "mock/echo");
  await ask(owner, "first");
  await expect(lastAnswer(owner)).toHaveAttribute("data-state", "finished");
  await awake(owner);
  await owner.evaluate(() => ((window as unknown as { same: boolean }).same = true));
  await composer(owner).fill("second");
  await composer(owner).press("Shift+Enter");
  await composer(owner).pressSequentially("line");
  await composer(owner).press("Enter");
  await expect(owner.locator(".turn.answer")).toHaveCount(2);
  await expect(lastAnswer(owner)).toHaveAttribute("data-state", "finished");
  await expect(owner.locator(".bubble").last()).toHaveText("second\nline");
  await expect(composer(owner)).toHaveValue("");
  expect(await owner.evaluate(() => (window as unknown as { same?: boolean }).same)).toBe(true);
});

test("Stop and Esc keep what was written; Continue goes on", async ({ owner, studio }) => {
  await choose(owner, studio, "mock/lorem");
  await ask(owner, slow(2000, 40));
  await expect(lastAnswer(owner).locator(".tail")).toContainText(/\w+ \w+/);
  await owner.getByRole("button", { name: "Stop" }).click();
  await expect(lastAnswer(owner)).toHaveAttribute("data-state", "stopped");
  await expect(lastAnswer(owner)).toContainText("This answer was stopped.");
  const before = (await lastAnswer(owner).locator(".prose").innerText()).length;
  await lastAnswer(owner).getByRole("button", { name: "Continue" }).click();
  await expect(lastAnswer(owner)).toHaveAttribute("data-state", "running");
  await expect.poll(async () => (await lastAnswer(owner).locator(".prose").innerText()).length).toBeGreaterThan(before);
  await awake(owner);
  await owner.keyboard.press("Escape");
  await expect(lastAnswer(owner)).toHaveAttribute("data-state", "stopped");
  await expect(owner.locator(".turn.answer")).toHaveCount(1);
});

test("a reload, a lost network and a second tab in the middle lose nothing", async ({ owner, studio, context }) => {
  await choose(owner, studio, "mock/lorem");
  await ask(owner, slow(120, 25));
  await expect(lastAnswer(owner).locator(".tail")).toContainText(/\w+ \w+/);
  await owner.reload();
  await expect(lastAnswer(owner).locator(".prose")).toContainText(/\w+ \w+/);
  const second = await context.newPage();
  await second.goto(owner.url());
  await context.setOffline(true);
  await owner.waitForTimeout(1000);
  await context.setOffline(false);
  await owner.bringToFront();
  await expect(lastAnswer(owner)).toHaveAttribute("data-state", "finished", { timeout: 30_000 });
  const one = await lastAnswer(owner).locator(".prose").innerText();
  await second.bringToFront();
  await expect(lastAnswer(second)).toHaveAttribute("data-state", "finished", { timeout: 30_000 });
  const other = await lastAnswer(second).locator(".prose").innerText();
  await owner.reload();
  const stored = await lastAnswer(owner).locator(".prose").innerText();
  expect(one).toBe(stored);
  expect(other).toBe(stored);
});

test("kill -9 in the middle keeps the answer, marked, with Continue", async ({ owner, studio }) => {
  await choose(owner, studio, "mock/lorem");
  await ask(owner, slow(2000, 40));
  await expect(lastAnswer(owner).locator(".prose")).toContainText(/(\w+ ){8}/);
  await owner.waitForTimeout(600);
  await studio.kill();
  await studio.serve();
  await owner.reload();
  await expect(lastAnswer(owner)).toContainText("went down in the middle");
  await expect(lastAnswer(owner).locator(".prose")).toContainText(/(\w+ ){8}/);
  await expect(lastAnswer(owner).getByRole("button", { name: "Continue" })).toBeVisible();
});

test("answering again keeps both answers", async ({ owner, studio }) => {
  await choose(owner, studio, "mock/echo");
  await ask(owner, "once more");
  await expect(lastAnswer(owner)).toHaveAttribute("data-state", "finished");
  await lastAnswer(owner).getByRole("button", { name: "Answer again" }).click();
  await expect(lastAnswer(owner).locator(".siblings")).toContainText("2/2");
  await expect(lastAnswer(owner)).toHaveAttribute("data-state", "finished");
  await lastAnswer(owner).getByRole("button", { name: "The answer before" }).click();
  await expect(lastAnswer(owner).locator(".siblings")).toContainText("1/2");
});

test("rename, delete, undo, settings", async ({ owner, studio }) => {
  await choose(owner, studio, "mock/echo");
  await ask(owner, "something");
  await expect(lastAnswer(owner)).toHaveAttribute("data-state", "finished");
  const page = owner.url().split("#")[0]!;
  await owner.getByRole("button", { name: "More", exact: true }).click();
  await owner.getByRole("button", { name: "Rename" }).click();
  await owner.getByLabel("Title").fill("My conversation");
  await owner.getByRole("button", { name: "Save" }).click();
  await expect(owner.getByRole("heading", { name: "My conversation" })).toBeVisible();

  await owner.getByRole("button", { name: "Settings of this conversation" }).click();
  await owner.getByLabel("Temperature").fill("7");
  await owner.getByLabel("System prompt").fill("Be kind.");
  await owner.getByRole("button", { name: "Save" }).click();
  await expect(owner.getByText("Temperature goes from 0 to 2.")).toBeVisible();
  await expect(owner.getByLabel("System prompt")).toHaveValue("Be kind.");
  // The page stands under its own address again: loaded anew, it is the conversation.
  await expect(owner).toHaveURL(page);
  await owner.getByLabel("Temperature").fill("0.7");
  await owner.getByRole("button", { name: "Save" }).click();
  await expect(owner.locator(".toast")).toHaveText("Saved");
  await expect(owner.locator("#announce")).toHaveText("Saved");
  await expect(owner).toHaveURL(page);
  await expect(composer(owner)).toBeFocused();
  await owner.reload();
  await expect(owner.locator(".toast")).toHaveCount(0);
  await owner.getByRole("button", { name: "Settings of this conversation" }).click();
  await expect(owner.getByLabel("Temperature")).toHaveValue("0.7");
  await owner.keyboard.press("Escape");

  await owner.getByRole("button", { name: "More", exact: true }).click();
  await owner.getByRole("button", { name: "Delete" }).click();
  await expect(owner.locator(".toast", { hasText: "The conversation was deleted." })).toBeVisible();
  await owner.getByRole("button", { name: "Undo" }).click();
  await expect(owner.getByRole("heading", { name: "My conversation" })).toBeVisible();
  expect(owner.url().split("#")[0]).toBe(page);
});

test("Esc out of Rename closes the menu too and gives the focus back to what opened it", async ({ owner, studio }) => {
  await choose(owner, studio, "mock/echo");
  await ask(owner, "something");
  await expect(lastAnswer(owner)).toHaveAttribute("data-state", "finished");
  await awake(owner);
  const more = owner.getByRole("button", { name: "More", exact: true });
  for (const close of ["Escape", "Cancel"]) {
    await more.focus();
    await owner.keyboard.press("Enter");
    await owner.getByRole("button", { name: "Rename" }).press("Enter");
    await expect(owner.getByLabel("Title")).toBeFocused();
    if (close === "Escape") await owner.keyboard.press(close);
    else await owner.getByRole("button", { name: close }).press("Enter");
    await expect(owner.locator("#more")).toBeHidden();
    await expect(more).toBeFocused();
  }
});

test("what is deleted in the list leaves one in the list, and comes back there", async ({ owner, studio }) => {
  await choose(owner, studio, "mock/echo");
  await ask(owner, "something");
  await expect(lastAnswer(owner)).toHaveAttribute("data-state", "finished");
  await owner.goto(`${studio.url}/conversations`);
  await owner.getByRole("button", { name: "Delete something" }).click();
  await expect(owner.locator(".toast", { hasText: "The conversation was deleted." })).toBeVisible();
  await expect(owner).toHaveURL(/\/conversations\?deleted=/);
  await owner.getByRole("button", { name: "Undo" }).click();
  await expect(owner).toHaveURL(/\/conversations$/);
  await expect(owner.locator(".row", { hasText: "something" })).toBeVisible();
});

test("a table grows row by row and shows no bars; its answer is called as it will be", async ({ owner, studio }) => {
  await choose(owner, studio, "mock/lorem");
  await ask(owner, "first");
  await expect(lastAnswer(owner)).toHaveAttribute("data-state", "finished");
  await awake(owner);
  const rows = Array.from({ length: 12 }, (_, i) => `| row${i} | of a table |`).join("\n");
  await ask(owner, mock({ text: `| Name | What |\n|:--|--:|\n${rows}\n\nThe end.`, per_s: 20 }));
  await expect(owner.locator(".turn.answer")).toHaveCount(2);
  await expect(lastAnswer(owner)).toHaveAccessibleName(/^Mock: lorem/);
  await expect(lastAnswer(owner).locator("td").first()).toHaveText("row0");
  await expect(lastAnswer(owner)).toHaveAttribute("data-state", "running");
  const seen: string[] = [];
  while ((await lastAnswer(owner).getAttribute("data-state")) === "running") {
    seen.push(await lastAnswer(owner).locator(".prose").innerText());
    await owner.waitForTimeout(50);
  }
  expect(seen.filter((text) => text.includes("|"))).toEqual([]);
  await expect(lastAnswer(owner).locator("tbody tr")).toHaveCount(12);
});

test("whose session ended in another tab is told so where the answer would come", async ({ owner, studio, context }) => {
  await choose(owner, studio, "mock/echo");
  await ask(owner, "something");
  await expect(lastAnswer(owner)).toHaveAttribute("data-state", "finished");
  await awake(owner);
  await composer(owner).fill("a thought");
  const other = await context.newPage();
  await other.goto(`${studio.url}/models`);
  await other.getByRole("button", { name: "Ana, your menu" }).click();
  await other.getByRole("button", { name: "Sign out" }).click();
  await expect(other).toHaveURL(/\/login$/);
  await owner.bringToFront();
  await expect(owner.getByText("You are signed out.", { exact: false })).toBeVisible();
  await expect(owner.locator("#lost")).toBeHidden();
  await expect(owner.getByRole("link", { name: "Sign in" })).toHaveAttribute("href", /^\/login\?next=%2Fchat%2F/);
  await expect(composer(owner)).toHaveValue("a thought");
});

test("who has scrolled up comes back to the end with one press", async ({ owner, studio }) => {
  await choose(owner, studio, "mock/lorem");
  await ask(owner, mock({ tokens: 1000 }));
  await expect(lastAnswer(owner)).toHaveAttribute("data-state", "finished");
  await awake(owner);
  const button = owner.getByRole("button", { name: "To the latest message" });
  await expect(button).toBeHidden();
  await owner.locator(".scroller").evaluate((scroller) => scroller.scrollTo(0, -scroller.scrollHeight));
  await expect(button).toBeVisible();
  await button.click();
  await expect(button).toBeHidden();
  expect(await owner.locator(".scroller").evaluate((scroller) => scroller.scrollTop)).toBe(0);
});

test("what was typed stays when it is refused, and over a reload", async ({ owner, studio }) => {
  await choose(owner, studio, "mock/echo");
  await ask(owner, "first");
  await expect(lastAnswer(owner)).toHaveAttribute("data-state", "finished");
  const long = "word ".repeat(25_000);
  await awake(owner);
  await composer(owner).fill(long);
  await composer(owner).press("Enter");
  await expect(owner.locator("#message-error")).toContainText("too long");
  await expect(composer(owner)).toHaveValue(long);
  await composer(owner).fill("a draft");
  await owner.reload();
  await expect(composer(owner)).toHaveValue("a draft");
});

test("the same without JavaScript after sign-in", async ({ owner, studio, withoutScripts }) => {
  const page = await withoutScripts(owner.context());
  await page.goto(`${studio.url}/chat?model=mock%2Florem`);
  await composer(page).fill(mock({ tokens: 60, per_s: 20 }));
  await page.getByRole("button", { name: "Send" }).click();
  await expect(lastAnswer(page)).toHaveAttribute("data-state", "running");
  // Where the page is loaded again and again there is no box whose text that would take away.
  await expect(page.locator(".asks-again")).toBeVisible();
  await expect(composer(page)).toBeHidden();
  await expect(page.getByRole("button", { name: "More", exact: true })).toBeHidden();
  // The page asks again by itself until the answer is there.
  await expect(lastAnswer(page)).toHaveAttribute("data-state", "finished", { timeout: 20_000 });
  await lastAnswer(page).getByRole("button", { name: "Answer again" }).click();
  await page.getByRole("button", { name: "Stop" }).click();
  await expect(lastAnswer(page)).toHaveAttribute("data-state", "stopped");
  await page.getByRole("button", { name: "More", exact: true }).click();
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page.locator(".bubble")).toBeVisible();
  await composer(page).fill("x".repeat(120_000));
  await page.getByRole("button", { name: "Send" }).click();
  await expect(page.locator("#message-error")).toContainText("too long");
  await expect(composer(page)).toHaveValue("x".repeat(120_000));
});

test("without JavaScript what is refused while an answer is written stays where it was typed", async ({ owner, studio, withoutScripts }) => {
  await choose(owner, studio, "mock/lorem");
  await ask(owner, "first");
  await expect(lastAnswer(owner)).toHaveAttribute("data-state", "finished");
  const page = await withoutScripts(owner.context());
  await page.goto(owner.url());
  await composer(page).fill("a thought of mine");
  await ask(owner, slow(400, 20));
  await expect(lastAnswer(owner)).toHaveAttribute("data-state", "running");
  await page.getByRole("button", { name: "Send" }).click();
  await expect(page.getByRole("link", { name: "Show how far it is" })).toBeVisible();
  // Longer than it takes a page to ask again.
  await page.waitForTimeout(3000);
  await expect(composer(page)).toHaveValue("a thought of mine");
});

test("without JavaScript a refused setting or title is in view, with its sentence and what was typed", async ({ owner, studio, withoutScripts }) => {
  await choose(owner, studio, "mock/echo");
  await ask(owner, "something");
  await expect(lastAnswer(owner)).toHaveAttribute("data-state", "finished");
  const page = await withoutScripts(owner.context());
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 700 });
    await page.goto(owner.url());
    await page.getByRole("button", { name: "Settings of this conversation" }).click();
    await page.getByLabel("Temperature").fill("99");
    await page.getByLabel("System prompt").fill("Be kind.");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByText("Temperature goes from 0 to 2.")).toBeInViewport();
    await expect(page.getByLabel("Temperature")).toHaveValue("99");
    await expect(page.getByLabel("Temperature")).toBeFocused();
    await expect(page.getByLabel("System prompt")).toHaveValue("Be kind.");
    await page.getByRole("link", { name: "Cancel" }).click();
    await expect(page.getByLabel("Temperature")).toBeHidden();

    await page.getByRole("button", { name: "More", exact: true }).click();
    await page.getByRole("button", { name: "Rename" }).click();
    await page.getByLabel("Title").fill("  ");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByText("Give it a title.")).toBeInViewport();
    await page.getByLabel("Title").fill(`Called ${width}`);
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByRole("heading", { name: `Called ${width}` })).toBeVisible();
  }
});

test("choosing a model keeps what is typed, with and without JavaScript", async ({ owner, studio, withoutScripts }) => {
  await choose(owner, studio, "mock/echo");
  await ask(owner, "something");
  await expect(lastAnswer(owner)).toHaveAttribute("data-state", "finished");
  const plain = await withoutScripts(owner.context());
  for (const page of [owner, plain]) {
    for (const [address, from] of [[owner.url(), "Mock: "], [`${studio.url}/chat`, "Mock: "]] as const) {
      await page.goto(address);
      if (page === owner) await awake(page);
      await composer(page).fill("half a thought");
      await page.getByRole("button", { name: `Model: ${from}` }).click();
      await page.locator("#models").getByRole("button", { name: /^Mock: lorem/ }).click();
      await expect(page.getByRole("button", { name: /^Model: Mock: lorem/ })).toBeVisible();
      await expect(composer(page)).toHaveValue("half a thought");
      if (page === owner) await expect(page).toHaveURL(/\/chat(\/|\?model=)/);
    }
  }
});

test("a question is asked in other words, and both stay", async ({ owner, studio, withoutScripts }) => {
  await choose(owner, studio, "mock/echo");
  await ask(owner, "first words");
  await expect(lastAnswer(owner)).toHaveAttribute("data-state", "finished");
  const plain = await withoutScripts(owner.context());
  await plain.goto(owner.url());
  for (const [page, words] of [[owner, "second words"], [plain, "third words"]] as const) {
    await page.locator(".bubble").hover();
    await page.getByRole("link", { name: "Edit" }).click();
    const box = page.getByLabel("Your question", { exact: true });
    await expect(box).toBeFocused();
    await expect(composer(page)).toBeHidden();
    await box.fill(words);
    await page.getByRole("button", { name: "Ask anew" }).click();
    await expect(page.locator(".bubble")).toHaveText(words);
    await expect(lastAnswer(page)).toHaveAttribute("data-state", "finished", { timeout: 20_000 });
    await expect(lastAnswer(page)).toContainText(words);
  }
  await owner.reload();
  await expect(owner.locator(".question .siblings")).toContainText("3/3");
  await owner.getByRole("button", { name: "The wording before" }).click();
  await expect(owner.locator(".bubble")).toHaveText("second words");
});

test("a sentence that is true only while an answer is written goes with its end", async ({ owner, studio }) => {
  await choose(owner, studio, "mock/lorem");
  await ask(owner, slow(60, 20));
  await expect(lastAnswer(owner)).toHaveAttribute("data-state", "running");
  await ask(owner, "too early");
  await expect(owner.locator("#message-error")).toContainText("An answer is being written.");
  await expect(lastAnswer(owner)).toHaveAttribute("data-state", "finished", { timeout: 20_000 });
  await expect(owner.locator("#message-error")).toBeEmpty();
  await expect(composer(owner)).toHaveValue("too early");
  await expect(composer(owner)).not.toHaveAttribute("aria-invalid");
});

test("who is signed out and sends is shown the way back; who signs out leaves no draft", async ({ owner, studio, context }) => {
  const other = await context.newPage();
  await other.goto(`${studio.url}/models`);
  await other.getByRole("button", { name: "Ana, your menu" }).click();
  await awake(owner);
  await composer(owner).fill("a thought");
  await other.getByRole("button", { name: "Sign out" }).click();
  await expect(other).toHaveURL(/\/login$/);
  await composer(owner).press("Enter");
  await expect(owner.getByText("You are signed out.", { exact: false })).toBeVisible();
  await expect(owner.locator("#signed-out").getByRole("link", { name: "Sign in" })).toBeVisible();
  await expect(composer(owner)).toHaveValue("a thought");

  await owner.goto(`${studio.url}/login`);
  await owner.getByRole("button", { name: /passkey/i }).first().click();
  await expect(composer(owner)).toHaveValue("a thought");
  await awake(owner);
  await owner.getByRole("button", { name: "Ana, your menu" }).click();
  await owner.getByRole("button", { name: "Sign out" }).click();
  await expect(owner).toHaveURL(/\/login$/);
  expect(await owner.evaluate(() => sessionStorage.length)).toBe(0);
});

test("a new chat has settings, and begins with them", async ({ owner, studio }) => {
  await choose(owner, studio, "mock/echo");
  await owner.getByRole("button", { name: "Settings of this conversation" }).click();
  await owner.getByLabel("Longest answer").fill("1,000");
  await owner.getByLabel("System prompt").fill("Be kind.");
  await owner.getByLabel("Temperature").fill("0,5");
  await owner.getByLabel("Temperature").press("Enter");
  await expect(owner.getByLabel("Temperature")).toBeHidden();
  await ask(owner, "something");
  await expect(lastAnswer(owner)).toHaveAttribute("data-state", "finished");
  await owner.getByRole("button", { name: "Settings of this conversation" }).click();
  await expect(owner.getByLabel("Temperature")).toHaveValue("0.5");
  await expect(owner.getByLabel("Longest answer")).toHaveValue("1000");
  await expect(owner.getByLabel("System prompt")).toHaveValue("Be kind.");
});

test("the keyboard stays where it was when a button leads to the next page", async ({ owner, studio }) => {
  for (const words of ["one", "two", "three"]) {
    await choose(owner, studio, "mock/echo");
    await ask(owner, words);
    await expect(lastAnswer(owner)).toHaveAttribute("data-state", "finished");
  }
  await awake(owner);
  const button = (name: string) => lastAnswer(owner).getByRole("button", { name });
  await button("Answer again").press("Enter");
  await expect(lastAnswer(owner).locator(".siblings")).toContainText("2/2");
  await expect(button("Answer again")).toBeFocused();
  await button("The answer before").press("Enter");
  await expect(lastAnswer(owner).locator(".siblings")).toContainText("1/2");
  // At the first of them only the other way is left.
  await expect(button("The next answer")).toBeFocused();

  await owner.goto(`${studio.url}/conversations`);
  await awake(owner);
  await owner.getByRole("button", { name: "Delete two" }).press("Enter");
  await expect(owner.locator(".toast")).toBeVisible();
  await expect(owner.getByRole("button", { name: "Delete one" })).toBeFocused();
});

test("what was said finds its conversation, and what was deleted lies in a list", async ({ owner, studio, withoutScripts }) => {
  await choose(owner, studio, "mock/echo");
  await ask(owner, "about bread");
  await expect(lastAnswer(owner)).toHaveAttribute("data-state", "finished");
  const conversation = owner.url().split("#")[0]!;
  const page = await withoutScripts(owner.context());
  await page.goto(`${studio.url}/conversations`);
  const search = page.getByRole("searchbox");
  await search.fill("BREAD");
  await search.press("Enter");
  await expect(search).toHaveValue("BREAD");
  await expect(page.getByRole("main").getByRole("link", { name: "about bread" })).toBeVisible();
  await search.fill("cake");
  await page.getByRole("button", { name: "Search" }).click();
  await expect(page.getByText("Nothing found")).toBeVisible();
  await page.goto(conversation);
  await page.getByRole("button", { name: "More", exact: true }).click();
  await page.getByRole("button", { name: "Delete" }).click();
  await page.goto(conversation);
  await expect(page.getByRole("heading", { name: "This conversation was deleted" })).toBeVisible();
  await page.getByRole("link", { name: "All deleted conversations" }).click();
  await page.getByRole("button", { name: "Restore about bread" }).click();
  await page.goto(conversation);
  await expect(page.locator(".bubble")).toHaveText("about bread");
});

test("eight tabs at once each see the whole answer", async ({ owner, studio, context }) => {
  await choose(owner, studio, "mock/lorem");
  await ask(owner, slow(60, 20));
  await expect(owner.locator(".turn.answer")).toHaveCount(1);
  const tabs = [owner];
  for (let i = 0; i < 7; i += 1) {
    const tab = await context.newPage();
    await tab.goto(owner.url());
    tabs.push(tab);
  }
  const texts: string[] = [];
  for (const tab of tabs) {
    await tab.bringToFront();
    await expect(lastAnswer(tab)).toHaveAttribute("data-state", "finished", { timeout: 30_000 });
    texts.push(await lastAnswer(tab).locator(".prose").innerText());
  }
  expect(new Set(texts).size).toBe(1);
});

test("a hostile answer does nothing", async ({ owner, studio }) => {
  const asked: string[] = [];
  owner.on("request", (request) => asked.push(request.url()));
  owner.on("dialog", () => asked.push("a dialog"));
  await choose(owner, studio, "mock/hostile");
  await ask(owner, "attack");
  await expect(lastAnswer(owner)).toHaveAttribute("data-state", "finished");
  await owner.reload();
  await expect(lastAnswer(owner).locator("script, iframe, img, object, svg:not(.icon)")).toHaveCount(0);
  expect(asked.filter((url) => !url.startsWith(studio.url))).toEqual([]);
});

test("an answer that takes a moment to begin streams all the same", async ({ owner, studio }) => {
  await choose(owner, studio, "mock/lorem");
  await ask(owner, mock({ tokens: 40, first_ms: 600, per_s: 10 }));
  await expect(lastAnswer(owner).locator("[data-tail]")).toContainText(/\w+ \w+ \w+/);
  await expect(lastAnswer(owner)).toHaveAttribute("data-state", "running");
  await expect(lastAnswer(owner)).toHaveAttribute("data-state", "finished");
});

test("what is asked in one window comes to the other, and is said where somebody is writing", async ({ owner, studio, context }) => {
  await choose(owner, studio, "mock/echo");
  await ask(owner, "first");
  await expect(lastAnswer(owner)).toHaveAttribute("data-state", "finished");
  const other = await context.newPage();
  await other.goto(owner.url());
  await ask(other, "second");
  await expect(lastAnswer(other)).toContainText("second");
  await expect(owner.locator(".bubble").last()).toHaveText("second");

  await awake(owner);
  await composer(owner).fill("a thought of mine");
  await ask(other, "third");
  await expect(owner.getByText("There is more in this conversation")).toBeVisible();
  await composer(owner).press("Enter");
  await expect(owner.locator(".bubble")).toHaveText(["first", "second", "third", "a thought of mine"]);
});

test("titles and settings that look like markup are words", async ({ owner, studio }) => {
  await choose(owner, studio, "mock/echo");
  await ask(owner, "</title><meta http-equiv=refresh content=0;/nowhere>");
  await expect(lastAnswer(owner)).toHaveAttribute("data-state", "finished");
  await expect(owner).toHaveTitle(/<\/title><meta/);
  await owner.getByRole("button", { name: "Settings of this conversation" }).click();
  const prompt = "\n</textarea><form id=injected></form>";
  await owner.getByLabel("System prompt").fill(prompt);
  await owner.getByRole("button", { name: "Save" }).click();
  await owner.getByRole("button", { name: "Settings of this conversation" }).click();
  await expect(owner.getByLabel("System prompt")).toHaveValue(prompt);
  await expect(owner.locator("#injected")).toHaveCount(0);
});
