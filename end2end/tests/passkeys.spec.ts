import { execFileSync } from "node:child_process";
import { addAuthenticator, awake, complaints, expect, setUp, test } from "./studio";

const manage = async (page: import("@playwright/test").Page, url: string) => {
  await page.goto(`${url}/settings/passkeys`);
  await awake(page);
};

test("a second key is added, renamed, and removed; the last one cannot be", async ({ owner, studio }) => {
  await manage(owner, studio.url);
  await expect(owner.getByText("You have one passkey and no recovery codes.")).toBeVisible();
  await expect(owner.getByRole("button", { name: /^Remove / })).toHaveCount(0);
  // The authenticator that is there has a key already; another one makes a second.
  await addAuthenticator(owner, { transport: "usb" });
  await owner.getByRole("button", { name: "Add a passkey" }).click();
  await expect(owner.locator(".toast")).toHaveText("The passkey was added.");
  await expect(owner).toHaveURL(/\/settings\/passkeys$/);
  await expect(owner.locator(".rows > li")).toHaveCount(2);
  await expect(owner.locator(".rows .name").last()).toHaveText("Security key");
  await owner.getByRole("button", { name: /^Rename / }).last().click();
  await owner.getByLabel("Name").last().fill("The one at home");
  await owner.getByRole("button", { name: "Save" }).last().click();
  await expect(owner.locator(".rows .name").last()).toHaveText("The one at home");
  await owner.getByRole("button", { name: "Remove The one at home" }).click();
  await owner.getByRole("button", { name: "Remove the passkey" }).click();
  await expect(owner.locator(".toast")).toHaveText("The passkey was removed.");
  await expect(owner.locator(".rows > li")).toHaveCount(1);
});

test("who lost the key comes back with a recovery code, and sees the codes once", async ({ owner, studio, browser }) => {
  await manage(owner, studio.url);
  await owner.getByRole("button", { name: "Make recovery codes" }).click();
  const shown = owner.getByLabel("Recovery codes", { exact: true });
  const codes = (await shown.innerText()).trim().split("\n");
  expect(codes).toHaveLength(10);
  await expect(owner).toHaveURL(/\/settings\/passkeys$/);
  await owner.reload();
  await expect(owner.getByText("10 of 10 left")).toBeVisible();

  const elsewhere = await (await browser.newContext()).newPage();
  const said = complaints(elsewhere);
  await addAuthenticator(elsewhere);
  await elsewhere.goto(`${studio.url}/login`);
  await elsewhere.getByRole("link", { name: "Lost your key?" }).click();
  await elsewhere.getByLabel("Recovery code").fill("AAAA-BBBB-CCCC-DDDD");
  await elsewhere.getByRole("button", { name: "Create a new passkey" }).click();
  await expect(elsewhere.locator("#code-error")).toContainText("That code is not valid");
  await elsewhere.getByLabel("Recovery code").fill(codes[0]!.toLowerCase());
  await elsewhere.getByRole("button", { name: "Create a new passkey" }).click();
  await expect(elsewhere.locator(".toast")).toHaveText("You are back in, with a new passkey. Remove the one that is lost.");
  await expect(elsewhere.getByText("9 of 10 left")).toBeVisible();
  await expect(elsewhere.locator(".rows > li")).toHaveCount(2);
  expect(said).toEqual([]);
  await elsewhere.context().close();
});

test("without a script the codes are shown too", async ({ owner, studio, withoutScripts }) => {
  const page = await withoutScripts(owner.context());
  await page.goto(`${studio.url}/settings/passkeys`);
  await page.getByRole("button", { name: "Make recovery codes" }).click();
  expect((await page.getByLabel("Recovery codes", { exact: true }).innerText()).trim().split("\n")).toHaveLength(10);
});

test("after five minutes a touch is asked for, and the form goes on by itself", async ({ owner, studio }) => {
  const age = () =>
    execFileSync("sqlite3", [studio.database, "PRAGMA busy_timeout = 5000; UPDATE sessions SET touched_at = touched_at - 301000000"]);
  await manage(owner, studio.url);
  age();
  await owner.getByRole("button", { name: "Make recovery codes" }).click();
  await expect(owner.getByText("These codes are shown this once.")).toBeVisible();

  // Nobody touches: the page says so and waits for another try.
  await manage(owner, studio.url);
  age();
  await owner.evaluate(() => {
    navigator.credentials.get = () => Promise.reject(new DOMException("", "NotAllowedError"));
  });
  await owner.getByRole("button", { name: "Make new codes" }).click();
  const dialog = owner.getByRole("dialog", { name: "Touch your passkey to go on" });
  await expect(dialog).toContainText("The passkey was not used");
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await expect(dialog).toBeHidden();
});

test("a passkey that is picked in the autofill signs in", async ({ page, studio }) => {
  await addAuthenticator(page, {}, true);
  await setUp(page, studio);
  await page.context().clearCookies();
  // The authenticator of this browser touches by itself, as if somebody had picked the passkey under the field.
  await page.goto(`${studio.url}/models`);
  await expect(page).toHaveURL(/\/models$/);
  await expect(page.getByRole("button", { name: "Ana, your menu" })).toBeVisible();
});

test("the button takes over from a request that waits under the field", async ({ owner, studio }) => {
  await owner.addInitScript(() => {
    PublicKeyCredential.isConditionalMediationAvailable = async () => true;
    const get = navigator.credentials.get.bind(navigator.credentials);
    navigator.credentials.get = (options) => {
      if (options?.mediation !== "conditional") return get(options);
      return new Promise((_, reject) => {
        options.signal!.addEventListener("abort", () => reject(new DOMException("", "AbortError")));
      });
    };
  });
  await owner.context().clearCookies();
  await owner.goto(`${studio.url}/login`);
  await expect(owner.getByLabel("Or pick one here")).toBeVisible();
  await owner.getByRole("button", { name: "Sign in with a passkey" }).click();
  await expect(owner).toHaveURL(/\/chat$/);
});

test("the door works with the keyboard alone", async ({ owner, studio }) => {
  await owner.context().clearCookies();
  await owner.goto(`${studio.url}/login`);
  await awake(owner);
  await owner.getByRole("link", { name: "Vobio" }).focus();
  await owner.keyboard.press("Tab");
  await expect(owner.getByRole("button", { name: "Sign in with a passkey" })).toBeFocused();
  await owner.keyboard.press("Enter");
  await expect(owner).toHaveURL(/\/chat$/);
});

test("keepers of passkeys are told what is taken here, and what is not", async ({ owner, studio, browser }) => {
  const record = () => {
    const said: unknown[] = [];
    (window as unknown as { said: unknown[] }).said = said;
    for (const name of ["signalUnknownCredential", "signalAllAcceptedCredentials", "signalCurrentUserDetails"]) {
      (PublicKeyCredential as unknown as Record<string, unknown>)[name] = async (told: unknown) => void said.push([name, told]);
    }
  };
  await owner.addInitScript(record);
  await manage(owner, studio.url);
  const said = () => owner.evaluate(() => Object.fromEntries((window as unknown as { said: [string, object][] }).said));
  const user = { rpId: "localhost", userId: expect.stringMatching(/^[\w-]+$/) };
  await expect.poll(said).toEqual({
    signalAllAcceptedCredentials: { ...user, allAcceptedCredentialIds: [expect.stringMatching(/^[\w-]+$/)] },
    signalCurrentUserDetails: { ...user, name: "Ana", displayName: "Ana" },
  });
  await owner.goto(`${studio.url}/settings`);
  await owner.getByLabel("Your name").fill("Ana Lima");
  await owner.getByRole("button", { name: "Save the name" }).click();
  await expect.poll(said).toMatchObject({ signalCurrentUserDetails: { name: "Ana Lima", displayName: "Ana Lima" } });

  // A passkey of another studio that stood under this address.
  const elsewhere = await (await browser.newContext()).newPage();
  await addAuthenticator(elsewhere);
  await elsewhere.addInitScript(record);
  await elsewhere.goto(`${studio.url}/login`);
  await awake(elsewhere);
  await elsewhere.evaluate(() =>
    navigator.credentials.create({
      publicKey: {
        rp: { id: "localhost", name: "Another" },
        user: { id: new Uint8Array(16).fill(7), name: "Eve", displayName: "Eve" },
        challenge: new Uint8Array(32),
        pubKeyCredParams: [{ type: "public-key", alg: -7 }],
        authenticatorSelection: { residentKey: "required", userVerification: "required" },
      },
    }),
  );
  await elsewhere.getByRole("button", { name: "Sign in with a passkey" }).click();
  await expect(elsewhere.locator("[data-refused]")).toContainText("That passkey was not accepted.");
  await expect
    .poll(() => elsewhere.evaluate(() => JSON.stringify((window as unknown as { said: unknown[] }).said)))
    .toMatch(/signalUnknownCredential.*"rpId":"localhost","credentialId":"[\w-]+"/);
  await elsewhere.context().close();
});
