// A real address: https under a name, with a certificate that the browser checks, behind nginx and without it.
import { expect, test, type Browser, type Page } from "@playwright/test";
import { join } from "node:path";
import { Authority, HOST, Proxy } from "./address";
import { addAuthenticator, ask, awake, choose, complaints, freePort, lastAnswer, mock, setUp, Studio } from "./studio";

// Each of them starts a studio, an authority and a browser of its own.
test.setTimeout(180_000);

/** Becomes the owner, chats, sees the answer come in pieces, signs out and in again. */
async function live(browser: Browser, studio: Studio): Promise<Page> {
  const page = await browser.newPage();
  const said = complaints(page);
  await addAuthenticator(page);
  await setUp(page, studio);
  const cookies = await page.context().cookies();
  const session = cookies.find((cookie) => cookie.name === "__Host-vobio-session")!;
  expect(session).toMatchObject({ secure: true, httpOnly: true, domain: HOST });
  expect(await page.evaluate(() => window.isSecureContext)).toBe(true);

  await choose(page, studio, "mock/lorem");
  await ask(page, mock({ tokens: 60, per_s: 20 }));
  // In the middle it is neither empty nor whole: nothing between the studio and the page holds the stream back.
  await expect(lastAnswer(page).locator(".prose")).toContainText(/\w+ \w+/);
  await expect(lastAnswer(page)).toHaveAttribute("data-state", "running");
  await expect(lastAnswer(page)).toHaveAttribute("data-state", "finished");

  await awake(page);
  await page.getByRole("button", { name: "Ana, your menu" }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await expect(page).toHaveURL(/\/chat$/);
  expect(said).toEqual([]);
  return page;
}

/** How the browser came to the page it is on. */
const protocol = (page: Page) =>
  page.evaluate(() => (performance.getEntriesByType("navigation")[0] as PerformanceNavigationTiming).nextHopProtocol);

test("behind nginx with TLS the owner makes a passkey, chats and comes back", async () => {
  const authority = new Authority();
  const port = await freePort();
  const studio = await Studio.start({ VOBIO_URL: `https://${HOST}:${port}`, TRUSTED_PROXIES: "127.0.0.1" });
  const proxy = await Proxy.start(authority, port, studio.port);
  const browser = await authority.browser();
  try {
    const page = await live(browser, studio);
    expect(await protocol(page)).toBe("h2");
  } finally {
    await browser.close();
    await proxy.end();
    await studio.end();
    authority.end();
  }
});

test("with TLS of its own the studio speaks HTTP/2, and its certificate is replaced while somebody is there", async () => {
  const authority = new Authority();
  const [cert, key] = [join(authority.folder, "cert.pem"), join(authority.folder, "key.pem")];
  authority.issue(cert, key);
  const port = await freePort();
  const studio = await Studio.start({ VOBIO_URL: `https://${HOST}:${port}`, PORT: String(port), TLS_CERT: cert, TLS_KEY: key });
  const browser = await authority.browser();
  try {
    const page = await live(browser, studio);
    expect(await protocol(page)).toBe("h2");
    authority.issue(cert, key);
    await studio.says("the certificate was replaced");
    await page.reload();
    await expect(page.getByRole("heading", { name: "What would you like to work on?" })).toBeVisible();
    const afresh = await authority.browser();
    const stranger = await afresh.newPage();
    await stranger.goto(`${studio.url}/login`);
    await expect(stranger.getByRole("button", { name: "Sign in with a passkey" })).toBeVisible();
    await afresh.close();
  } finally {
    await browser.close();
    await studio.end();
    authority.end();
  }
});

test("a browser that does not know the authority stays outside", async () => {
  const authority = new Authority();
  const [cert, key] = [join(authority.folder, "cert.pem"), join(authority.folder, "key.pem")];
  authority.issue(cert, key);
  const port = await freePort();
  const studio = await Studio.start({ VOBIO_URL: `https://${HOST}:${port}`, PORT: String(port), TLS_CERT: cert, TLS_KEY: key });
  const browser = await authority.strangersBrowser();
  try {
    const page = await browser.newPage();
    await expect(page.goto(`${studio.url}/login`)).rejects.toThrow("ERR_CERT_AUTHORITY_INVALID");
  } finally {
    await browser.close();
    await studio.end();
    authority.end();
  }
});
