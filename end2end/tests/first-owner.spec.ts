import { addAuthenticator, complaints, expect, setUp, test } from "./studio";

test("the first owner makes a passkey, signs out, and signs in again", async ({ page, studio }) => {
  const said = complaints(page);
  await addAuthenticator(page);
  await page.goto(studio.url);
  await expect(page).toHaveURL(/\/login$/);
  await setUp(page, studio, "Ana Lima");
  await page.getByRole("button", { name: "Ana Lima, your menu" }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: "Your studio. Your key." })).toBeVisible();
  await page.goto(`${studio.url}/chat`);
  await expect(page).toHaveURL(/\/login$/);
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await expect(page).toHaveURL(/\/chat$/);
  expect(said).toEqual([]);
});

test("whoever is sent to the door comes back to the page that was asked for", async ({ owner, studio }) => {
  await owner.context().clearCookies();
  await owner.goto(`${studio.url}/models`);
  await expect(owner).toHaveURL(/\/login\?next=%2Fmodels$/);
  await owner.getByRole("button", { name: "Sign in with a passkey" }).click();
  await expect(owner).toHaveURL(/\/models$/);
});

test("a wrong owner code is said at its field, and what was typed stays", async ({ page, studio }) => {
  await addAuthenticator(page);
  await page.goto(`${studio.url}/login`);
  await page.getByLabel("Owner code").fill("AAAA-BBBB-CCCC-DDDD");
  await page.getByLabel("Your name").fill("Eve");
  await page.getByRole("button", { name: "Create my passkey" }).click();
  await expect(page.locator("#code-error")).toContainText("That owner code is not valid");
  await expect(page.getByLabel("Your name")).toHaveValue("Eve");
  await expect(page.getByLabel("Owner code")).toBeFocused();
});

test("a device without the passkey gets a sentence that says what to do", async ({ owner, browser, studio }) => {
  void owner;
  const elsewhere = await browser.newPage();
  const devtools = await addAuthenticator(elsewhere);
  await elsewhere.goto(`${studio.url}/login`);
  await devtools.send("WebAuthn.disable");
  await addAuthenticator(elsewhere);
  await elsewhere.getByRole("button", { name: "Sign in with a passkey" }).click();
  await expect(elsewhere.locator("[data-refused]")).toContainText("The passkey was not used");
  await elsewhere.close();
});

test("while a passkey is waited for, the door says so in words", async ({ page, studio }) => {
  await addAuthenticator(page, { automaticPresenceSimulation: false });
  await page.goto(`${studio.url}/login`);
  await page.getByLabel("Owner code").fill(studio.code);
  await page.getByLabel("Your name").fill("Ana");
  await page.getByRole("button", { name: "Create my passkey" }).click();
  await expect(page.getByRole("status").filter({ hasText: "Waiting for your passkey" })).toBeVisible();
});

test("without JavaScript the door says what it needs", async ({ browser, studio }) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${studio.url}/login`);
  await expect(page.locator("noscript .notice")).toContainText("A passkey needs JavaScript.");
  await context.close();
});
