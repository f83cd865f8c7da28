import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { ask, awake, choose, expect, lastAnswer, mock, test, type Studio } from "./studio";

const SIZES = [
  { name: "light", width: 1280, height: 800, scheme: "light" as const },
  { name: "dark", width: 1280, height: 800, scheme: "dark" as const },
  // So tall that nothing lies under the bar of pages, where it would be too small to be touched.
  { name: "phone", width: 390, height: 1600, scheme: "light" as const },
];

/** The page of the one person there is. */
async function ownPage(owner: Page, studio: Studio): Promise<string> {
  await owner.goto(`${studio.url}/people`);
  return (await owner.locator("a.row").first().getAttribute("href"))!;
}

test("axe finds nothing on any page, light, dark and on a phone", async ({ owner, studio, browser }) => {
  // More than two dozen pages in three looks.
  test.setTimeout(600_000);
  await choose(owner, studio, "mock/markdown");
  await ask(owner, "Show me everything");
  await expect(lastAnswer(owner)).toHaveAttribute("data-state", "finished");
  const conversation = new URL(owner.url()).pathname;
  const question = (await owner.locator(".turn.question").getAttribute("id"))!.slice("m-".length);
  await owner.goto(`${studio.url}/runs`);
  const run = (await owner.locator(".rows a").first().getAttribute("href"))!;
  const refused = await owner.request.post(`${studio.url}/api/message/send`, { data: { text: `Keep ${"AKIA" + "Q7RZT3LW2XK6VBNM"}`, model: "mock/echo" } });
  const refusal: string = (await refused.json()).refusal;
  await owner.goto(studio.url + conversation);
  const stranger = await (await browser.newContext()).newPage();
  for (const size of SIZES) {
    for (const [page, path] of [
      [owner, conversation],
      [owner, "/chat"],
      [owner, `${conversation}?edit=${question}&until=${question}`],
      [owner, "/conversations"],
      [owner, "/conversations?q=everything"],
      [owner, "/conversations/deleted"],
      [owner, "/models"],
      [owner, "/admin/models"],
      [owner, "/admin/models/mock"],
      [owner, "/runs"],
      [owner, "/runs?of=everyone&show=attention"],
      [owner, run],
      [owner, "/usage"],
      [owner, refusal],
      [owner, "/people"],
      [owner, "/flags"],
      [owner, "/audit"],
      [owner, "/audit?what=nothing"],
      [owner, await ownPage(owner, studio)],
      [owner, "/settings"],
      [owner, "/nowhere"],
      [owner, "/settings/passkeys"],
      [stranger, "/join"],
      [stranger, "/login"],
      [stranger, "/recover"],
      // Every component in every state: dev builds alone have it.
      [stranger, "/design"],
    ] as const) {
      await page.setViewportSize(size);
      await page.emulateMedia({ colorScheme: size.scheme, reducedMotion: "reduce" });
      await page.goto(studio.url + path);
      const found = await new AxeBuilder({ page }).options({ rules: { "target-size": { enabled: true } } }).analyze();
      const said = found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ")).join(", ")}`);
      expect(said, `${path} ${size.name}`).toEqual([]);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
      expect(wide, `${path} ${size.name} scrolls sideways`).toBe(false);
    }
  }
  await stranger.context().close();
});

test("the layout does not shift while a page loads and an answer comes", async ({ owner, studio }) => {
  await owner.addInitScript(() => {
    const store = window as unknown as { shift: number };
    store.shift = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as unknown as { value: number; hadRecentInput: boolean }[]) {
        if (!entry.hadRecentInput) store.shift += entry.value;
      }
    }).observe({ type: "layout-shift", buffered: true });
  });
  for (const path of ["/chat", "/conversations", "/models"]) {
    await owner.goto(studio.url + path);
    await awake(owner);
    await owner.waitForTimeout(300);
    expect(await owner.evaluate(() => (window as unknown as { shift: number }).shift), path).toBe(0);
  }
});

test("at four times the size there is room to read and to write", async ({ owner, studio }) => {
  await choose(owner, studio, "mock/lorem");
  await ask(owner, mock({ tokens: 300 }));
  await expect(lastAnswer(owner)).toHaveAttribute("data-state", "finished");
  // A screen of 1280 by 1024 at 400 %.
  await owner.setViewportSize({ width: 320, height: 256 });
  const box = (await owner.locator(".composer .box").boundingBox())!;
  expect(box.y + box.height).toBeLessThanOrEqual(256);
  const scroller = (await owner.locator(".scroller").boundingBox())!;
  expect(scroller.height).toBeGreaterThanOrEqual(80);
  const wide = await owner.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
  expect(wide).toBe(false);
});

test.describe("with servers that do not answer", () => {
  test.use({ settings: { OPENAI_BASE_URL: "http://localhost:9/a-long-path-that-goes-on-and-on/v1", LOCAL_MODEL: "/nowhere/model.gguf" } });

  test("the Models page says so within its width, whatever that is", async ({ owner, studio }) => {
    for (const width of [320, 390, 640, 768, 1280]) {
      await owner.setViewportSize({ width, height: 900 });
      await owner.goto(`${studio.url}/models`);
      await expect(owner.getByText("cannot be reached")).toBeVisible();
      const wide = await owner.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
      expect(wide, `${width}`).toBe(false);
    }
  });

  test("looking again says that it looked, where the person is", async ({ owner, studio }) => {
    await owner.goto(`${studio.url}/models`);
    await owner.getByRole("button", { name: "Look again" }).click();
    const words = owner.getByText("Looked just now");
    await expect(words).toBeVisible();
    await expect(words).toBeInViewport();
    await expect(owner).toHaveURL(/\/models(#nearby)?$/);
  });
});
