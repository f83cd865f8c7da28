import { ask, choose, composer, expect, lastAnswer, test } from "./studio";

test("an owner switches chat off, for one person and for everybody, and on again", async ({ owner, studio }) => {
  await choose(owner, studio, "mock/echo");
  await ask(owner, "Before");
  await expect(lastAnswer(owner)).toHaveAttribute("data-state", "finished");
  const chat = owner.url();

  await owner.getByRole("button", { name: /your menu/ }).click();
  await owner.getByRole("link", { name: "Flags" }).click();
  await expect(owner.getByRole("heading", { level: 1 })).toHaveText("Flags");
  const section = owner.locator("section", { has: owner.getByRole("heading", { name: "Chat", exact: true }) });
  await expect(section).toContainText("It is the default");
  await section.getByLabel("Switch").selectOption("share");
  await section.getByLabel("Share in percent").fill("half");
  await section.getByRole("button", { name: "Save: Chat" }).click();
  await expect(owner.getByText("Write a whole number from 0 to 100.")).toBeVisible();
  await expect(section.getByLabel("Share in percent")).toHaveValue("half");
  await section.getByLabel("Switch").selectOption("off");
  await section.getByRole("button", { name: "Save: Chat" }).click();
  await expect(section.getByText("Off", { exact: true })).toBeVisible();
  await expect(owner.getByRole("link", { name: "New chat" })).toHaveCount(0);

  const refused = await owner.goto(chat);
  expect(refused?.status()).toBe(403);
  await expect(owner.getByText("Chat is switched off for you.")).toBeVisible();

  // For the owner alone it is on.
  await owner.goto(`${studio.url}/people`);
  await owner.getByRole("link", { name: "Ana" }).first().click();
  await owner.getByLabel("Chat, for this person").selectOption("on");
  await owner.getByRole("button", { name: "Save: Chat" }).click();
  await expect(owner.getByText("On for them").first()).toBeVisible();
  await owner.goto(chat);
  await expect(lastAnswer(owner)).toBeVisible();
  await owner.goto(`${studio.url}/flags`);
  await expect(section.getByRole("link", { name: /Ana/ })).toContainText("On");
});

test("what was being typed when chat was switched off is still there", async ({ owner, studio }) => {
  await choose(owner, studio, "mock/echo");
  await composer(owner).fill("A long thought");
  const answer = await owner.request.post(`${studio.url}/api/flag/set`, { data: { flag: "chat", mode: "off" } });
  expect(answer.status()).toBe(200);
  await owner.getByRole("button", { name: "Send" }).click();
  await expect(owner.getByText("Chat is switched off for you.")).toBeVisible();
  await expect(composer(owner)).toHaveValue("A long thought");
});
