// `make screens`: pictures of each page into docs/screens. A test is a place in the studio, a picture a state of it.
import type { Page } from "@playwright/test";
import { invite, joins } from "./people";
import { become, shoot } from "./picture";
import { addAuthenticator, ask, awake, choose, composer, expect, lastAnswer, mock, setUp, test } from "./studio";
import { FORMATTED, LONG_WORDS, PLAIN } from "./texts";

/** Asks, with the answer as a script in the same message. */
async function say(page: Page, question: string, script: object): Promise<void> {
  await ask(page, `${question}\n${mock(script)}`);
  // In a new conversation this is the next page.
  await expect(page.locator(".bubble").last()).toContainText(question);
  await expect(lastAnswer(page)).toBeVisible();
}

async function finished(page: Page): Promise<void> {
  await expect(lastAnswer(page)).toHaveAttribute("data-state", "finished");
}

/** The script is no part of the question. */
async function hideScripts(page: Page): Promise<void> {
  await page.evaluate(() => {
    for (const bubble of document.querySelectorAll(".bubble")) {
      bubble.textContent = (bubble.textContent ?? "").replace(/\n!mock[^]*/, "");
    }
  });
}

/** An answer under way is at another word each time: what came after these words goes. */
async function cutAfter(page: Page, words: string): Promise<void> {
  await expect(lastAnswer(page).locator(".prose")).toContainText(words);
  await lastAnswer(page).locator(".prose").evaluate((prose, words) => {
    const walker = document.createTreeWalker(prose, NodeFilter.SHOW_TEXT);
    let isAfter = false;
    for (let text = walker.nextNode(); text; text = walker.nextNode()) {
      const at = text.nodeValue?.indexOf(words) ?? -1;
      if (isAfter) text.nodeValue = "";
      else if (at >= 0) [text.nodeValue, isAfter] = [text.nodeValue!.slice(0, at + words.length), true];
    }
  }, words);
}

/** A hidden tab follows no answer: what is on the page stays as it is until it is loaded again. */
async function hide(page: Page): Promise<void> {
  await page.evaluate(() => {
    Object.defineProperty(document, "visibilityState", { value: "hidden" });
    document.dispatchEvent(new Event("visibilitychange"));
  });
}

const atTop = (page: Page) => ({
  before: () => page.locator(".scroller").evaluate((scroller) => scroller.scrollTo(0, -scroller.scrollHeight)),
});
const atEnd = (page: Page) => ({ before: () => page.locator(".scroller").evaluate((scroller) => scroller.scrollTo(0, 0)) });

test("the door", async ({ page, studio }) => {
  await addAuthenticator(page);
  await page.goto(`${studio.url}/login`);
  await expect(page.getByRole("button", { name: "Create my passkey" })).toBeEnabled();
  await shoot(page, "door-first-start");

  await page.getByLabel("Owner code").fill("AAAA-BBBB-CCCC-DDDD");
  await page.getByLabel("Your name").fill("Ana Lima");
  await page.getByRole("button", { name: "Create my passkey" }).click();
  await expect(page.locator("#code-error")).toBeVisible();
  await shoot(page, "door-refused", { looks: ["light", "phone"] });

  await setUp(page, studio, "Ana Lima");
  await page.context().clearCookies();
  await page.goto(`${studio.url}/login`);
  await expect(page.getByRole("button", { name: "Sign in with a passkey" })).toBeEnabled();
  await shoot(page, "door");
});

test("before anything was asked", async ({ owner, studio }) => {
  await shoot(owner, "chat-new");
  await owner.goto(`${studio.url}/conversations`);
  await shoot(owner, "conversations-empty", { looks: ["light", "phone"] });
  await owner.goto(`${studio.url}/models`);
  await shoot(owner, "models");
  await owner.goto(`${studio.url}/nowhere`);
  await shoot(owner, "not-found", { looks: ["light", "phone"] });
});

test("a conversation", async ({ owner, studio }) => {
  await choose(owner, studio, "mock/lorem");
  await say(owner, "How do I bake a good loaf with little work?", { text: FORMATTED });
  await finished(owner);
  await hideScripts(owner);
  await shoot(owner, "chat", { ...atTop(owner), colours: 48 });

  await owner.getByRole("button", { name: /^Model:/ }).click();
  await shoot(owner, "chat-models", { ...atEnd(owner), looks: ["phone"] });
  await owner.keyboard.press("Escape");

  await owner.getByRole("button", { name: "Settings of this conversation" }).click();
  await shoot(owner, "settings", atEnd(owner));
  await owner.getByLabel("Temperature").fill("7");
  await owner.getByRole("button", { name: "Save" }).click();
  await expect(owner.locator("#s-temp-error")).toBeVisible();
  await awake(owner);
  await hideScripts(owner);
  await shoot(owner, "settings-refused", { ...atEnd(owner), looks: ["phone"] });
});

test("an answer under way, stopped, failed", async ({ owner, studio }) => {
  await choose(owner, studio, "mock/lorem");
  await say(owner, "How do I know that the dough is ready?", { text: PLAIN, tokens: 2000, per_s: 25 });
  await hideScripts(owner);
  await expect(lastAnswer(owner)).toContainText("in a cold kitchen");
  await hide(owner);
  await cutAfter(owner, "in a cold kitchen");
  await shoot(owner, "chat-writing");

  await owner.reload();
  await awake(owner);
  await owner.getByRole("button", { name: "Stop" }).click();
  await expect(lastAnswer(owner)).toHaveAttribute("data-state", "stopped");
  await owner.reload();
  await hideScripts(owner);
  await cutAfter(owner, "in a cold kitchen");
  await shoot(owner, "chat-stopped");

  await choose(owner, studio, "mock/lorem");
  await say(owner, "And in a cold kitchen?", { text: PLAIN, fail_after: 24 });
  await expect(lastAnswer(owner)).toHaveAttribute("data-state", "failed");
  await hideScripts(owner);
  await shoot(owner, "chat-failed", { looks: ["phone"] });
});

test("what is too long for its place", async ({ owner, studio }) => {
  await choose(owner, studio, "mock/lorem");
  await say(owner, "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft, what is it?", { text: LONG_WORDS });
  await finished(owner);
  await hideScripts(owner);
  await shoot(owner, "chat-long", { ...atTop(owner), looks: ["phone"] });
});

test("every component", async ({ page, studio }) => {
  await page.goto(`${studio.url}/design`);
  await awake(page);
  await shoot(page, "design", { fullPage: true, colours: 16, looks: ["light"] });
});

test("many conversations, and one deleted", async ({ owner, studio }) => {
  const questions = [
    "A letter to the landlord",
    "Names for a sailing boat, short ones that can be called across the water in a storm and written on a small stern",
    "Explain interest to a ten-year-old",
    "What to see in Porto on a rainy day",
    "Python: read a CSV without a library",
    "Plan a garden of four beds",
  ];
  for (const question of questions) {
    await choose(owner, studio, "mock/echo");
    await ask(owner, question);
    await finished(owner);
  }
  await owner.getByRole("link", { name: "Edit" }).click();
  await expect(owner.getByLabel("Your question", { exact: true })).toBeVisible();
  await shoot(owner, "edit", { looks: ["phone"] });
  await owner.goto(`${studio.url}/conversations`);
  await shoot(owner, "conversations");
  await become(owner, "phone");
  await owner.getByRole("button", { name: "Menu" }).click();
  await shoot(owner, "menu", { looks: ["phone"] });
  await owner.keyboard.press("Escape");
  await owner.getByRole("button", { name: "Delete Plan a garden of four beds" }).click();
  await expect(owner.locator(".toast")).toBeVisible();
  await shoot(owner, "chat-deleted", { looks: ["phone"] });
  await owner.getByLabel("Words in a title or a message").fill("a rainy day");
  await owner.keyboard.press("Enter");
  await expect(owner).toHaveURL(/q=/);
  await shoot(owner, "search", { looks: ["phone"] });
});

/** Two looks in few colours: these pages are words in rows. */
const ROWS = { looks: ["light", "phone"], colours: 20 } as const;

test("one's own settings", async ({ owner, studio }) => {
  await owner.goto(`${studio.url}/settings`);
  await shoot(owner, "account", ROWS);
  await owner.goto(`${studio.url}/settings/passkeys`);
  await awake(owner);
  await owner.getByRole("button", { name: "Make recovery codes" }).click();
  await expect(owner.getByLabel("Recovery codes", { exact: true })).toBeVisible();
  await owner.goto(`${studio.url}/settings/passkeys`);
  await shoot(owner, "passkeys", ROWS);
  await owner.goto(`${studio.url}/settings/sessions`);
  await shoot(owner, "sessions", { ...ROWS, looks: ["light"] });
  await owner.goto(`${studio.url}/settings/tokens`);
  await owner.getByLabel("Name").fill("Night job");
  await owner.getByRole("button", { name: "Make the token" }).click();
  await expect(owner.locator("[data-once]")).toBeVisible();
  await owner.goto(`${studio.url}/settings/tokens`);
  await shoot(owner, "tokens", ROWS);
  await owner.goto(`${studio.url}/settings/activity`);
  await shoot(owner, "activity", ROWS);
});

test("people", async ({ owner, browser, studio }) => {
  const ben = await joins(browser, await invite(owner, studio, "For Ben"), "Ben");
  await ben.context().clearCookies();
  await ben.goto(`${studio.url}/recover`);
  await shoot(ben, "recover", { ...ROWS, looks: ["phone"] });
  await ben.goto(await invite(owner, studio, "The people of the bakery"));
  await awake(ben);
  await ben.getByLabel("Invitation").fill("AAAA-BBBB-CCCC-DDDD");
  await shoot(ben, "join", { ...ROWS, looks: ["phone"] });
  await ben.context().close();

  await owner.goto(`${studio.url}/people`);
  await shoot(owner, "people", ROWS);
  await owner.locator(".rows a.row", { hasText: "Ben" }).click();
  await expect(owner.getByRole("heading", { name: "Ben", level: 1 })).toBeVisible();
  await shoot(owner, "person", ROWS);

  await expect(async () => {
    await owner.goto(`${studio.url}/audit`);
    await expect(owner.locator(".rows")).not.toContainText("not sealed yet", { timeout: 10 });
  }).toPass();
  // Requests have another name each time.
  await owner.locator(".rows .about").evaluateAll((abouts) => {
    for (const about of abouts) {
      const walker = document.createTreeWalker(about, NodeFilter.SHOW_TEXT);
      for (let text = walker.nextNode(); text; text = walker.nextNode()) {
        text.nodeValue = text.nodeValue!.replace(/request \w+/, "request 0af7651916cd43dd8448eb211c80319c");
      }
    }
  });
  await shoot(owner, "audit", ROWS);
});

test("why something was refused", async ({ owner, studio }) => {
  await choose(owner, studio, "mock/echo");
  // Of the form of an access key, and nobody's.
  await composer(owner).fill(`Deploy with ${"AKIA" + "Q7RZT3LW2XK6VBNM"} tonight`);
  await owner.getByRole("button", { name: "Send" }).click();
  const why = owner.getByRole("link", { name: "Why was this refused?" });
  await expect(why).toBeVisible();
  await shoot(owner, "chat-refused", { looks: ["light", "phone"] });
  await why.click();
  await expect(owner.getByRole("heading", { level: 1 })).toHaveText("Why was this refused?");
  await shoot(owner, "refusal");
});

test("model servers", async ({ owner, studio }) => {
  await owner.goto(`${studio.url}/admin/models`);
  await awake(owner);
  await owner.getByLabel("Name", { exact: true }).fill("my-server");
  await owner.getByLabel("Address", { exact: true }).fill("http://169.254.169.254/v1");
  await owner.getByRole("button", { name: "Add it" }).click();
  await expect(owner.locator("#provider-url-error")).toBeVisible();
  await shoot(owner, "servers-refused", { ...ROWS, looks: ["phone"], before: () => owner.locator("#add").evaluate((add) => add.scrollIntoView({ block: "start" })) });
  await awake(owner);
  await owner.getByLabel("Address", { exact: true }).fill("http://localhost:1/v1");
  await owner.getByLabel("API key").fill("sk-something");
  await owner.getByRole("button", { name: "Add it" }).click();
  await expect(owner).toHaveURL(/my-server/);
  await owner.goto(`${studio.url}/admin/models`);
  await shoot(owner, "servers", { colours: 24 });
  await owner.goto(`${studio.url}/admin/models/my-server`);
  await owner.getByRole("button", { name: "Test it" }).click();
  await expect(owner.getByText("It does not work.")).toBeVisible();
  await owner.locator(".notice .say").evaluate((say) => (say.innerHTML = say.innerHTML.replace(/It took \d+ ms/, "It took 3 ms")));
  await shoot(owner, "server-failed", { ...ROWS, looks: ["light", "phone"] });
  await owner.goto(`${studio.url}/admin/models/mock`);
  await awake(owner);
  await owner.getByLabel("Model", { exact: true }).selectOption("mock/echo");
  await owner.getByLabel("Dollars per million tokens read").fill("2.50");
  await owner.getByLabel("Dollars per million tokens written").fill("10");
  await owner.getByRole("button", { name: "Save the price" }).click();
  await expect(owner.getByRole("row", { name: /echo/ })).toContainText("set here");
  await owner.goto(`${studio.url}/admin/models/mock`);
  await shoot(owner, "server", { colours: 24 });
});

test("runs", async ({ owner, studio }) => {
  await owner.goto(`${studio.url}/runs`);
  await shoot(owner, "runs-empty", { ...ROWS, looks: ["phone"] });

  await choose(owner, studio, "mock/lorem");
  await say(owner, "Plan a garden of four beds", { text: PLAIN });
  await finished(owner);
  await choose(owner, studio, "mock/lorem");
  await say(owner, "What to see in Porto on a rainy day", { text: PLAIN, fail_after: 24 });
  await expect(lastAnswer(owner)).toHaveAttribute("data-state", "failed");
  await choose(owner, studio, "mock/lorem");
  await say(owner, "Names for a sailing boat, short ones that can be called across the water in a storm", { text: PLAIN, tokens: 2000, per_s: 25 });
  await expect(lastAnswer(owner)).toContainText("in a cold kitchen");
  await owner.getByRole("button", { name: "Stop" }).click();
  await expect(lastAnswer(owner)).toHaveAttribute("data-state", "stopped");
  await choose(owner, studio, "mock/lorem");
  await say(owner, "Explain interest to a ten-year-old", { text: PLAIN, tokens: 2000, per_s: 25 });
  await expect(lastAnswer(owner)).toContainText("in a cold kitchen");
  await studio.kill();
  await studio.serve();
  await choose(owner, studio, "mock/lorem");
  await say(owner, "A letter to the landlord", { text: PLAIN, tokens: 4000, per_s: 5 });
  await expect(lastAnswer(owner)).toContainText("The");

  const list = async () => {
    await owner.goto(`${studio.url}/runs`);
    await awake(owner);
  };
  const open = async (name: RegExp) => {
    await list();
    await owner.locator(".rows a", { hasText: name }).click();
    await awake(owner);
  };
  await list();
  // How far the stopped one came is another matter each time, and the page looks again by itself.
  const about = owner.locator(".row", { hasText: "Names" }).locator(".about");
  const words = "mock/lorem · 2 minutes ago · 1 s · 84 tokens · $0.00115";
  await shoot(owner, "runs", { before: () => about.evaluate((about, words) => (about.textContent = words), words) });
  await open(/Plan a garden/);
  await shoot(owner, "run", { looks: ["light", "dark"] });
  await owner.locator("summary").click();
  const below = { before: () => owner.locator(".graph-box").evaluate((graph) => graph.scrollIntoView({ block: "end" })) };
  await shoot(owner, "run", { ...below, looks: ["phone"] });
  const inside = { before: () => owner.locator("#state").evaluate((state) => state.scrollIntoView({ block: "start" })) };
  await shoot(owner, "run-state", { ...inside, ...ROWS });
  await open(/letter/);
  await shoot(owner, "run-running", { ...ROWS, looks: ["phone"] });
  await open(/interest/);
  await shoot(owner, "run-attention", ROWS);
  await open(/Porto/);
  await shoot(owner, "run-failed", { ...ROWS, looks: ["phone"] });
});
