import type { Page } from "@playwright/test";
import { ask, awake, choose, expect, lastAnswer, mock, test, type Studio } from "./studio";
import { invite, joins } from "./people";

/** Stops the run of this page as another window would: nothing is pressed in this one. */
async function stop(owner: Page, studio: Studio, page: string): Promise<void> {
  const data = { run: page.split("/").pop()! };
  const stopped = await owner.request.post(`${studio.url}/api/run/stop`, { data, headers: { origin: studio.url } });
  expect(stopped.ok()).toBe(true);
}

/** An answer of so many words whose process is killed in the middle, and the studio after it. */
async function brokenOff(owner: Page, studio: Studio, tokens: number, perSecond: number): Promise<void> {
  await choose(owner, studio, "mock/lorem");
  await ask(owner, slow(tokens, perSecond));
  await expect(lastAnswer(owner).locator(".tail")).toContainText(/\w+ \w+ \w+/);
  await owner.waitForTimeout(600);
  await studio.kill();
  await studio.serve();
}

const slow = (tokens: number, perSecond: number) => mock({ tokens, per_s: perSecond });

test("a run is listed, opened, and shows its lit way, its steps and its state", async ({ owner, studio }) => {
  await choose(owner, studio, "mock/echo");
  await ask(owner, "What is a run?");
  await expect(lastAnswer(owner)).toHaveAttribute("data-state", "finished");
  await owner.goto(`${studio.url}/runs`);
  await expect(owner.locator(".rows .state")).toHaveText("Done");
  await owner.getByRole("link", { name: "What is a run?" }).last().click();
  await expect(owner.locator(".graph .node.visited")).toHaveCount(6);
  await expect(owner.getByRole("row")).toHaveCount(7);
  await expect(owner.locator(".state-json")).toContainText('"model": "mock/echo"');
  await expect(owner.locator(".state-json")).not.toContainText("What is a run?");
  await owner.getByRole("link", { name: "1: running" }).click();
  await expect(owner.locator(".state-json")).toContainText('"outcome": null');
  await owner.getByRole("button", { name: "Start a new run from here" }).click();
  await expect(owner.getByRole("heading", { level: 1 })).toContainText("What is a run?");
  await expect(lastAnswer(owner)).toHaveAttribute("data-state", "finished");
  await owner.goto(`${studio.url}/runs?show=failed`);
  await expect(owner.getByRole("heading", { name: "Nothing failed" })).toBeVisible();
});

test("a run that is written shows its end by itself, and can be stopped on its page", async ({ owner, studio }) => {
  await choose(owner, studio, "mock/lorem");
  await ask(owner, slow(2000, 30));
  await expect(lastAnswer(owner).locator(".tail")).toContainText(/\w+ \w+/);
  await owner.goto(`${studio.url}/runs?show=active`);
  await owner.locator(".rows a").first().click();
  await expect(owner.locator("#run .state").first()).toHaveText("Running");
  await owner.getByRole("button", { name: "Stop" }).click();
  await expect(owner.locator("#run .state").first()).toHaveText("Stopped");
  await expect(owner.locator(".graph .node.visited")).not.toHaveCount(0);
});

test("who is killed in the middle has a run that needs attention, says why, and lets one decide", async ({ owner, studio }) => {
  await brokenOff(owner, studio, 2000, 30);
  await owner.goto(`${studio.url}/runs`);
  await expect(owner.locator(".rows .state")).toHaveText("Needs attention");
  await expect(owner.getByRole("link", { name: "Needs attention (1)" })).toBeVisible();
  await owner.locator(".rows a").first().click();
  await expect(owner.getByText("The studio never asks a second time by itself")).toBeVisible();
  await owner.getByRole("button", { name: "Keep what is there" }).click();
  await expect(owner.locator("#run .state").first()).toHaveText("Done");
});

test("a run whose chat went on offers Give up alone, and one that is continued has not failed", async ({ owner, studio }) => {
  await brokenOff(owner, studio, 300, 30);
  await owner.reload();
  const chat = owner.url();
  await owner.getByRole("link", { name: "What happened" }).click();
  await expect(owner.getByRole("button", { name: "Ask again" })).toBeVisible();
  const run = owner.url();
  await owner.goto(chat);
  await ask(owner, mock({ tokens: 5 }));
  await expect(lastAnswer(owner)).toHaveAttribute("data-state", "finished");
  await owner.goto(run);
  await expect(owner.getByText("The chat went on after this answer")).toBeVisible();
  await expect(owner.getByRole("button", { name: "Give up" })).toBeVisible();
  await expect(owner.getByRole("button", { name: "Ask again" })).toHaveCount(0);
  await expect(owner.getByRole("button", { name: "Keep what is there" })).toHaveCount(0);
});

test("a run whose answer goes on in another is shown as continued", async ({ owner, studio }) => {
  await brokenOff(owner, studio, 60, 30);
  await owner.reload();
  await owner.getByRole("button", { name: "Continue" }).click();
  await expect(lastAnswer(owner)).toHaveAttribute("data-state", "finished", { timeout: 15_000 });
  await owner.goto(`${studio.url}/runs?show=failed`);
  await expect(owner.locator(".rows .state")).toHaveText("Continued");
  await owner.locator(".rows a").first().click();
  await expect(owner.locator("main")).toContainText("Continued. Its answer goes on in another run.");
  await expect(owner.locator("#run .notice")).not.toContainText("It failed");
  await owner.getByRole("link", { name: "another run" }).click();
  await expect(owner.locator("#run .state").first()).toHaveText("Done");
});

test("a lost connection is said on the page of a run, and taken back", async ({ owner, studio }) => {
  await choose(owner, studio, "mock/lorem");
  await ask(owner, slow(2000, 30));
  await expect(lastAnswer(owner).locator(".tail")).toContainText(/\w+ \w+/);
  await owner.goto(`${studio.url}/runs`);
  await owner.locator(".rows a").first().click();
  await awake(owner);
  // Who is about to press Stop is led to how the run stands when it ends by itself.
  await owner.getByRole("button", { name: "Stop" }).focus();
  await expect(owner.getByText("A new run can start from here once this one is over")).toBeVisible();
  await studio.kill();
  await expect(owner.getByText("The connection to the studio is lost")).toBeVisible({ timeout: 15_000 });
  await studio.serve();
  await expect(owner.getByText("The connection to the studio is lost")).toBeHidden({ timeout: 15_000 });
  await expect(owner.locator("#run .state").first()).toHaveText("Needs attention", { timeout: 15_000 });
  await expect(owner.locator("#announce")).toHaveText("Status of the run: Needs attention");
  await expect(owner.locator("[data-status]")).toBeFocused();
});

test("an administrator sees a member's run and nothing of its words", async ({ owner, studio, browser }) => {
  const link = await invite(owner, studio, "Ben");
  const ben = await joins(browser, link, "Ben");
  await choose(ben, studio, "mock/echo");
  await ask(ben, "A private matter");
  await expect(lastAnswer(ben)).toHaveAttribute("data-state", "finished");
  await owner.goto(`${studio.url}/runs`);
  await owner.getByRole("link", { name: "Of everybody" }).click();
  await owner.getByRole("link", { name: "A chat of Ben" }).click();
  await expect(owner.locator(".facts")).toContainText("Ben");
  await expect(owner.locator("main")).not.toContainText("private");
  await expect(owner.getByRole("button", { name: "Stop" })).toHaveCount(0);
});

test("the list follows what happens, and who is in it stays where they are", async ({ owner, studio }) => {
  await owner.goto(`${studio.url}/runs`);
  await awake(owner);
  await expect(owner.getByRole("heading", { name: "No runs yet" })).toBeVisible();
  await owner.evaluate(() => ((window as unknown as { same: boolean }).same = true));
  const chat = await owner.context().newPage();
  await choose(chat, studio, "mock/lorem");
  await ask(chat, slow(2000, 40));
  // The tab of the list is not seen meanwhile; coming back it looks, and then it hears.
  await expect(lastAnswer(chat).locator(".tail")).toContainText(/\w+ \w+/);
  await owner.bringToFront();
  await expect(owner.locator(".rows .state")).toHaveText("Running");
  // Somebody who is at a link is not thrown out of it.
  await owner.locator(".rows a").focus();
  await stop(owner, studio, (await owner.locator(".rows a").getAttribute("href"))!);
  await expect(owner.locator(".rows .state")).toHaveText("Stopped");
  await expect(owner.locator(".rows a")).toBeFocused();
  expect(await owner.evaluate(() => (window as unknown as { same: boolean }).same)).toBe(true);
});

test("events that are open stay open while more of them come", async ({ owner, studio }) => {
  await choose(owner, studio, "mock/lorem");
  await ask(owner, slow(2000, 30));
  await expect(lastAnswer(owner).locator(".tail")).toContainText(/\w+ \w+/);
  await owner.goto(`${studio.url}/runs`);
  await owner.locator(".rows a").first().click();
  await awake(owner);
  await owner.locator("summary").click();
  await expect(owner.locator(".events li").last()).toContainText("answer begins");
  await stop(owner, studio, owner.url());
  await expect(owner.locator("#run .state").first()).toHaveText("Stopped");
  await expect(owner.locator(".events li").last()).toContainText("Stands: cancelled");
  await expect(owner.locator(".events li").last()).toBeVisible();
  await expect(owner.getByRole("button", { name: "Stop" })).toHaveCount(0);
});

test("an administrator's list of everybody's runs follows them too", async ({ owner, studio, browser }) => {
  const ben = await joins(browser, await invite(owner, studio, "Ben"), "Ben");
  await owner.goto(`${studio.url}/runs?of=everyone`);
  await awake(owner);
  await choose(ben, studio, "mock/echo");
  await ask(ben, "A private matter");
  await expect(owner.locator(".rows .state")).toHaveText("Done");
  await expect(owner.locator("main")).not.toContainText("private");
});

test("an open chat follows a run that goes on after a word on its page", async ({ owner, studio }) => {
  await brokenOff(owner, studio, 120, 40);
  await owner.reload();
  await expect(lastAnswer(owner)).toContainText("went down in the middle");
  await awake(owner);
  const runs = await owner.context().newPage();
  await runs.goto(`${studio.url}/runs`);
  await runs.locator(".rows a").first().click();
  await runs.getByRole("button", { name: "Ask again" }).click();
  await expect(runs.locator("#run .state").first()).toHaveText("Running");
  await owner.bringToFront();
  await expect(lastAnswer(owner)).not.toContainText("went down in the middle");
  await expect(lastAnswer(owner)).toHaveAttribute("data-state", "finished", { timeout: 30_000 });
  await expect(lastAnswer(owner).getByRole("button", { name: "Continue" })).toHaveCount(0);
});
