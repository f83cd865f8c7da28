import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { invite, joins } from "./people";
import { ask, choose, composer, expect, lastAnswer, test } from "./studio";

/** Of the form of an access key, and nobody's. */
const KEY = ["AKIA", "Q7RZT3LW2XK6VBNM"].join("");

const WHY = "Why was this refused?";

async function isSound(page: Page): Promise<void> {
  const found = await new AxeBuilder({ page }).options({ rules: { "target-size": { enabled: true } } }).analyze();
  expect(found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ")).join(", ")}`)).toEqual([]);
}

test.describe("once a minute", () => {
  test.use({ settings: { MAX_API_CALLS_PER_MINUTE: "1" } });

  test("who asks too often keeps what they typed and reads why, and when it goes again", async ({ owner, studio, withoutScripts }) => {
    await choose(owner, studio, "mock/echo");
    await ask(owner, "The first");
    await expect(lastAnswer(owner)).toHaveAttribute("data-state", "finished");
    await composer(owner).fill("The second comes too early");
    await owner.getByRole("button", { name: "Send" }).click();
    const said = owner.locator("#message-error");
    await expect(said).toContainText("You can ask models once within 60 seconds");
    await expect(composer(owner)).toHaveValue("The second comes too early");
    await isSound(owner);
    const chat = owner.url();
    await said.getByRole("link", { name: WHY }).click();
    await expect(owner.getByRole("heading", { level: 1 })).toHaveText(WHY);
    await expect(owner.getByText("There is room again from")).toBeVisible();
    await expect(owner.getByText("Rate: how often within a minute?")).toBeVisible();
    await isSound(owner);
    const at = owner.url();
    await owner.goBack();
    await expect(composer(owner)).toHaveValue("The second comes too early");

    // The same without JavaScript: the page again with the text, and the way to the reason.
    const plain = await withoutScripts(owner.context());
    await plain.goto(chat);
    await plain.getByLabel("Your message").fill("And once more");
    await plain.getByRole("button", { name: "Send" }).click();
    await expect(plain.getByLabel("Your message")).toHaveValue("And once more");
    await plain.getByRole("link", { name: WHY }).click();
    await expect(plain.getByText("There is room again from")).toBeVisible();

    await owner.goto(`${studio.url}/usage`);
    // Where the minute of the clock has ended meanwhile there is a second one.
    await expect(owner.locator(`#refused a[href="${new URL(at).pathname}"]`)).toContainText("Too many at once");
    await isSound(owner);
  });
});

test("a key is stopped, and an administrator reads the rule but no word of the text", async ({ owner, studio, browser }) => {
  const page = await joins(browser, await invite(owner, studio, "Ben"), "Ben");
  await choose(page, studio, "mock/echo");
  await composer(page).fill(`Please keep ${KEY} for me`);
  await page.getByRole("button", { name: "Send" }).click();
  await page.locator("#message-error").getByRole("link", { name: WHY }).click();
  await expect(page.getByText("Stopped by the safety screen.")).toBeVisible();
  await expect(page.getByText("Characters 13 to 32 of the text")).toBeVisible();
  const at = page.url();

  await owner.goto(`${studio.url}/audit?what=refused`);
  const row = owner.locator(".row", { hasText: "Operation refused" });
  await row.getByRole("link", { name: "why" }).click();
  expect(owner.url()).toBe(at);
  await expect(owner.getByText("secret.cloud_key").first()).toBeVisible();
  await expect(owner.getByRole("link", { name: "Ben" })).toBeVisible();
  expect(await owner.content()).not.toContain(KEY);
  await isSound(owner);
  await page.context().close();
});
