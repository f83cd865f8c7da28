import type { Browser, CDPSession, Page } from "@playwright/test";
import { awake, expect, setUp, test, withoutAutofill, type Studio } from "./studio";

const OPTIONS = {
  protocol: "ctap2",
  transport: "internal",
  hasResidentKey: true,
  hasUserVerification: true,
  isUserVerified: true,
  automaticPresenceSimulation: true,
} as const;

/** An authenticator whose keys can be read and written. */
async function keyring(page: Page): Promise<{ devtools: CDPSession; authenticatorId: string }> {
  await withoutAutofill(page);
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("WebAuthn.enable");
  const { authenticatorId } = await devtools.send("WebAuthn.addVirtualAuthenticator", { options: OPTIONS });
  return { devtools, authenticatorId };
}

type Keys = Awaited<ReturnType<typeof keyring>>;

/** Another browser of the same person, with a copy of the passkey, as a password manager keeps one. */
async function elsewhere(browser: Browser, studio: Studio, keys: Keys): Promise<Page> {
  const page = await browser.newPage();
  const here = await keyring(page);
  const { credentials } = await keys.devtools.send("WebAuthn.getCredentials", { authenticatorId: keys.authenticatorId });
  for (const credential of credentials) {
    await here.devtools.send("WebAuthn.addCredential", { authenticatorId: here.authenticatorId, credential });
  }
  await page.goto(`${studio.url}/login`);
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await expect(page).toHaveURL(/\/chat$/);
  await awake(page);
  return page;
}

test("a session in another browser is ended from here, and that browser is told", async ({ page, browser, studio }) => {
  const keys = await keyring(page);
  await setUp(page, studio);
  const other = await elsewhere(browser, studio, keys);
  await page.goto(`${studio.url}/settings/sessions`);
  const rows = page.locator("[data-session]");
  await expect(rows).toHaveCount(2);
  await expect(rows.first()).toContainText("This one");
  await rows.last().getByRole("button", { name: /^End Chrome on Linux/ }).click();
  await expect(rows).toHaveCount(1);
  await expect(page).toHaveURL(/\/settings\/sessions$/);
  await other.reload();
  await expect(other).toHaveURL(/\/login/);
  await expect(other.getByRole("status").first()).toContainText("ended from another device");
  await other.close();

  await page.goto(`${studio.url}/settings/activity`);
  await expect(page.getByText("A session was ended: Chrome on Linux.")).toBeVisible();
  await expect(page.getByText("You signed in on a new device: Chrome on Linux.")).toBeVisible();
  await page.getByRole("button", { name: "I have seen these" }).click();
  await expect(page.getByText("New", { exact: true })).toHaveCount(0);
});

test("a token is made, shown once, used by a program and revoked", async ({ owner, studio, request }) => {
  await owner.goto(`${studio.url}/settings/tokens`);
  await owner.getByLabel("Name").fill("Night job");
  await owner.getByLabel(/^Run/).check();
  await owner.getByRole("button", { name: "Make the token" }).click();
  const token = (await owner.locator("[data-once]").innerText()).trim();
  expect(token).toMatch(/^vobio_[a-z2-7]{58}$/);
  await expect(owner).toHaveURL(/\/settings\/tokens$/);
  const send = () =>
    request.post(`${studio.url}/api/message/send`, {
      headers: { authorization: `Bearer ${token}` },
      data: { text: "from a program", model: "mock/echo" },
    });
  expect((await send()).status()).toBe(200);
  await owner.reload();
  await expect(owner.locator("[data-once]")).toHaveCount(0);
  await owner.getByRole("button", { name: "Revoke Night job" }).click();
  await expect(owner.getByText("There are none.")).toBeVisible();
  expect((await send()).status()).toBe(401);
});

test("without JavaScript a token is made and a session is ended as well", async ({ owner, withoutScripts, studio }) => {
  const page = await withoutScripts(owner.context());
  await page.goto(`${studio.url}/settings/tokens`);
  await page.getByLabel("Name").fill("x");
  await page.getByLabel(/^Read/).uncheck();
  await page.getByRole("button", { name: "Make the token" }).click();
  await expect(page.getByText("Choose at least one thing")).toBeVisible();
  await expect(page.getByLabel("Name")).toHaveValue("x");
  await page.getByLabel(/^Read/).check();
  await page.getByRole("button", { name: "Make the token" }).click();
  await expect(page.locator("[data-once]")).toContainText("vobio_");
});
