// Inviting somebody, and coming in by an invitation.
import type { Browser, Page } from "@playwright/test";
import { addAuthenticator, awake, expect, type Studio } from "./studio";

/** An invitation's link, as the page of people shows it once. */
export async function invite(owner: Page, studio: Studio, note: string): Promise<string> {
  await owner.goto(`${studio.url}/people`);
  await owner.getByLabel("Whom is it for?").fill(note);
  await owner.getByRole("button", { name: "Make a link" }).click();
  return (await owner.getByLabel("Link of the invitation").innerText()).trim();
}

/** Somebody new at a browser of their own, with a passkey in it. */
export async function joins(browser: Browser, link: string, name: string): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  await addAuthenticator(page);
  await page.goto(link);
  await awake(page);
  await expect(page.getByLabel("Invitation")).toHaveValue(/^\w{4}(-\w{4}){3}$/);
  await expect(page.locator("[data-invited]")).toContainText("Ana invites you");
  await page.getByLabel("Your name").fill(name);
  await page.getByRole("button", { name: "Create my passkey" }).click();
  await expect(page).toHaveURL(/\/chat$/);
  await expect(page.getByRole("link", { name: "Make recovery codes" })).toBeVisible();
  return page;
}
