import { ask, choose, expect, lastAnswer, mock, test } from "./studio";
import { invite, joins } from "./people";

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
  await choose(owner, studio, "mock/lorem");
  await ask(owner, slow(2000, 30));
  await expect(lastAnswer(owner).locator(".tail")).toContainText(/\w+ \w+ \w+/);
  await owner.waitForTimeout(600);
  await studio.kill();
  await studio.serve();
  await owner.goto(`${studio.url}/runs`);
  await expect(owner.locator(".rows .state")).toHaveText("Needs attention");
  await expect(owner.getByRole("link", { name: "Needs attention (1)" })).toBeVisible();
  await owner.locator(".rows a").first().click();
  await expect(owner.getByText("The studio never asks a second time by itself")).toBeVisible();
  await owner.getByRole("button", { name: "Keep what is there" }).click();
  await expect(owner.locator("#run .state").first()).toHaveText("Done");
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
