// The newcomer's first minutes, against the server that `make run` started: become the owner, ask, read, come back.
import { expect, test } from "@playwright/test";
import { addAuthenticator, ask, awake, lastAnswer } from "./studio";

const url = process.env.VOBIO_TEST_URL!;
const code = process.env.VOBIO_TEST_OWNER_CODE!;

test("make run serves a studio whose small model answers its first owner", async ({ page }) => {
  await addAuthenticator(page);
  await page.goto(url);
  await page.getByLabel("Owner code").fill(code);
  await page.getByLabel("Your name").fill("Ana");
  await page.getByRole("button", { name: "Create my passkey" }).click();
  await ask(page, "What is the capital of France? Answer in one sentence.");
  await expect(lastAnswer(page)).toHaveAttribute("data-state", "finished", { timeout: 120_000 });
  // Which words, depends on the processor's arithmetic; that there are some, and who wrote them, does not.
  await expect(lastAnswer(page).locator(".prose")).toContainText(/\w{2,}/);
  await expect(lastAnswer(page).locator(".took")).toContainText("small built-in model");
  await expect(lastAnswer(page).locator(".took")).toContainText("tokens");

  await page.getByRole("button", { name: /Ana/ }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await expect(page.locator(".recent")).toContainText("What is the capital of France?");
});
