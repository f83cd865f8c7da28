import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { invite, joins } from "./people";
import { addAuthenticator, ask, choose, complaints, composer, expect, lastAnswer, mock, test, type Studio } from "./studio";

const open = (page: Page, name: string) => page.locator(".rows a.row", { hasText: name }).click();

test("somebody is invited, joins, is made an administrator, is shut out in the middle of an answer, and let in again", async ({ owner, browser, studio }) => {
  const link = await invite(owner, studio, "For Ben");
  const ben = await joins(browser, link, "Ben");
  const said = complaints(ben);
  await ben.goto(`${studio.url}/people`);
  await expect(ben.getByText("Your role does not allow this.")).toBeVisible();

  await owner.goto(`${studio.url}/people`);
  await expect(owner.locator("#invites")).toContainText("joined as Ben");
  await open(owner, "Ben");
  await owner.getByLabel("Role").selectOption("Administrator");
  await owner.getByRole("button", { name: "Save the role" }).click();
  await expect(owner.locator(".facts")).toContainText("Administrator");
  await expect(owner.locator(".toast")).toContainText("Saved");
  await ben.goto(`${studio.url}/people`);
  await expect(ben.getByRole("heading", { name: "Invite somebody" })).toBeVisible();

  await choose(ben, studio, "mock/lorem");
  await ask(ben, mock({ tokens: 3000, per_s: 20 }));
  await expect(lastAnswer(ben).locator(".prose")).not.toBeEmpty();
  await owner.getByRole("button", { name: "Disable" }).click();
  await expect(owner.locator(".facts")).toContainText("Disabled");
  await expect(ben.locator("#signed-out")).toBeVisible();
  await ben.goto(`${studio.url}/chat`);
  await expect(ben).toHaveURL(/\/login/);
  await ben.getByRole("button", { name: "Sign in with a passkey" }).click();
  await expect(ben.locator("[data-refused]")).toContainText("closed this account");

  await owner.getByRole("button", { name: "Let in again" }).click();
  await expect(owner.locator(".facts")).toContainText("Can sign in");
  await ben.getByRole("button", { name: "Sign in with a passkey" }).click();
  await expect(composer(ben)).toBeVisible();
  await ben.locator(".recent a").first().click();
  await expect(lastAnswer(ben)).toContainText("This answer was stopped.");
  expect(said).toEqual([]);
  await ben.context().close();
});

test("a used invitation says so where the code stands, and a signed-in person is told that they are in", async ({ owner, browser, studio }) => {
  const link = await invite(owner, studio, "");
  const ben = await joins(browser, link, "Ben");
  await ben.goto(link);
  await expect(ben.getByRole("heading", { name: "You are in already" })).toBeVisible();
  const eve = await (await browser.newContext()).newPage();
  await addAuthenticator(eve);
  await eve.goto(link);
  await expect(eve.locator("#code-error")).toContainText("That invitation is not valid");
  await eve.getByLabel("Your name").fill("Eve");
  await eve.getByRole("button", { name: "Create my passkey" }).click();
  await expect(eve.locator("#code-error")).toContainText("That invitation is not valid");
  await expect(eve.getByLabel("Your name")).toHaveValue("Eve");
  await ben.context().close();
  await eve.context().close();
});

test("one's own account is renamed, exported and deleted", async ({ owner, browser, studio }) => {
  const ben = await joins(browser, await invite(owner, studio, ""), "Ben");
  await ask(ben, `only mine\n${mock({ text: "Yours alone." })}`);
  await expect(lastAnswer(ben)).toHaveAttribute("data-state", "finished");
  await ben.goto(`${studio.url}/settings`);
  await ben.getByLabel("Your name").fill("Benedict");
  await ben.getByRole("button", { name: "Save the name" }).click();
  await expect(ben.getByRole("button", { name: "Benedict, your menu" })).toBeVisible();

  const coming = ben.waitForEvent("download");
  await ben.getByRole("link", { name: "Export everything" }).click();
  const download = await coming;
  expect(download.suggestedFilename()).toMatch(/^vobio-export-\d{4}-\d\d-\d\d\.zip$/);
  const bytes = readFileSync(await download.path());
  // The local header of the first file, and the end of the central directory.
  expect(bytes.subarray(0, 4).toString("latin1")).toBe("PK\x03\x04");
  expect(bytes.lastIndexOf("PK\x05\x06", undefined, "latin1")).toBeGreaterThan(0);
  for (const name of ["README.txt", "account.json", "conversations/"]) expect(bytes.includes(name)).toBe(true);

  await expect(ben.locator("main")).toContainText("1 conversation with all its messages, 1 memory, 1 passkey");
  await ben.getByText("Delete…").click();
  await ben.getByLabel("To be sure, type the name").fill("Ben");
  await ben.getByRole("button", { name: "Delete my account for good" }).click();
  await expect(ben.getByText("Type the name as it stands here: Benedict")).toBeVisible();
  await ben.getByLabel("To be sure, type the name").fill("Benedict");
  await ben.getByRole("button", { name: "Delete my account for good" }).click();
  await expect(ben).toHaveURL(/\/login\?gone=account$/);
  await expect(ben.getByText("Your account is deleted, and all that was yours with it.")).toBeVisible();
  await owner.goto(`${studio.url}/people`);
  await expect(owner.locator("ul.rows").first().locator("li")).toHaveCount(1);
  await ben.context().close();
});

test("without JavaScript people are invited, changed and deleted, and the account is renamed", async ({ owner, browser, studio, withoutScripts }) => {
  const ben = await joins(browser, await invite(owner, studio, ""), "Ben");
  const plain = await withoutScripts(owner.context());
  const link = await invite(plain, studio, "For Cem");
  expect(link).toMatch(/\/join#/);
  await expect(plain.locator("#invites")).toContainText("For Cem");
  await plain.locator("#invites").getByRole("button", { name: "Revoke the invitation: For Cem" }).click();
  await expect(plain.locator("#invites")).toContainText("revoked");
  await open(plain, "Ben");
  await plain.getByLabel("May decide approvals, as a reviewer").check();
  await plain.getByRole("button", { name: "Save the role" }).click();
  await expect(plain.locator(".facts")).toContainText("Member, reviewer");
  await plain.getByText("Delete…").click();
  await plain.getByLabel("To be sure, type the name").fill("Nobody");
  await plain.getByRole("button", { name: "Delete Ben for good" }).click();
  await expect(plain.getByText("Type the name as it stands here: Ben")).toBeVisible();
  await expect(plain.getByLabel("To be sure, type the name")).toHaveValue("Nobody");
  await plain.getByLabel("To be sure, type the name").fill("Ben");
  await plain.getByRole("button", { name: "Delete Ben for good" }).click();
  await expect(plain).toHaveURL(/\/people$/);
  await expect(plain.locator("ul.rows").first().locator("li")).toHaveCount(1);
  await ben.goto(`${studio.url}/chat`);
  await expect(ben).toHaveURL(/\/login/);

  await plain.goto(`${studio.url}/settings`);
  await plain.getByLabel("Your name").fill("");
  await plain.getByLabel("Your name").fill("Ana Maria");
  await plain.getByRole("button", { name: "Save the name" }).click();
  await expect(plain.getByRole("button", { name: "Ana Maria, your menu" })).toBeVisible();
  await plain.getByText("Delete…").click();
  await plain.getByLabel("To be sure, type the name").fill("Ana Maria");
  await plain.getByRole("button", { name: "Delete my account for good" }).click();
  await expect(plain.getByText("This is the only owner who can sign in.")).toBeVisible();
  await ben.context().close();
});
