import { createServer, type Server } from "node:http";
import { invite, joins } from "./people";
import { ask, awake, choose, expect, lastAnswer, test } from "./studio";

const KEY = "sk-classified-0123456789";

/** An OpenAI-compatible server with one model, for who has the key; where it is, as the studio does not take it for its own machine. */
async function provider(): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => {
    const json = (status: number, body: object) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    };
    if (request.headers.authorization !== `Bearer ${KEY}`) return json(401, { error: { message: "no such key" } });
    if (request.url === "/v1/models") return json(200, { object: "list", data: [{ id: "writer" }] });
    request.resume();
    request.on("end", () => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      const say = (frame: object) => response.write(`data: ${JSON.stringify(frame)}\n\n`);
      say({ choices: [{ delta: { content: "Good morning from afar." } }] });
      say({ choices: [{ delta: {}, finish_reason: "stop" }] });
      say({ choices: [], usage: { prompt_tokens: 1000, completion_tokens: 200 } });
      response.end("data: [DONE]\n\n");
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  if (typeof address !== "object" || !address) throw new Error("no port");
  return { server, url: `http://[::ffff:127.0.0.1]:${address.port}/v1` };
}

test("a model server is added with a key, tested, priced, asked, and its cost is seen", async ({ owner, studio }) => {
  const { server, url } = await provider();
  await owner.goto(`${studio.url}/chat`);
  await owner.getByRole("button", { name: "Ana, your menu" }).click();
  await owner.getByRole("link", { name: "Model servers" }).click();
  await expect(owner.getByRole("heading", { level: 1 })).toHaveText("Model servers");
  await awake(owner);

  await owner.getByLabel("Name", { exact: true }).fill("acme");
  await owner.getByLabel("Address", { exact: true }).fill("http://169.254.169.254/v1");
  await owner.getByLabel("API key").fill("sk-wrong");
  await owner.getByRole("button", { name: "Add it" }).click();
  await expect(owner.getByText("no model server is asked")).toBeVisible();
  await expect(owner.getByLabel("Name", { exact: true })).toHaveValue("acme");
  await expect(owner.getByLabel("API key")).toHaveValue("");
  await awake(owner);
  await owner.getByLabel("Address", { exact: true }).fill(url);
  await owner.getByLabel("API key").fill("sk-wrong");
  await owner.getByRole("button", { name: "Add it" }).click();
  await expect(owner).toHaveURL(/\/admin\/models\/acme/);
  await owner.getByRole("button", { name: "Test it" }).click();
  await expect(owner.getByText("acme refused the API key. An administrator has to check it.").first()).toBeVisible();

  // Whatever a server says fits on a phone.
  await owner.setViewportSize({ width: 390, height: 800 });
  for (const path of ["/admin/models", "/admin/models/acme"]) {
    await owner.goto(`${studio.url}${path}`);
    await expect(owner.getByText("refused the API key")).toBeVisible();
    expect(await owner.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth), path).toBe(true);
  }
  await owner.setViewportSize({ width: 1280, height: 720 });

  await awake(owner);
  await owner.getByLabel("API key").fill(KEY);
  await owner.locator("#change").getByRole("button", { name: "Save" }).click();
  await expect(owner.locator(".toast")).toContainText("Saved");
  await owner.getByRole("button", { name: "Test it" }).click();
  await expect(owner.getByText("It answers.")).toBeVisible();
  expect(await owner.content()).not.toContain("classified");
  await expect(owner.getByRole("row", { name: /writer/ })).toContainText("No price: not asked");

  await choose(owner, studio, "acme/writer");
  await ask(owner, "Is it expensive?");
  await expect(owner.getByText("No price is known for acme/writer")).toBeVisible();

  await owner.goto(`${studio.url}/admin/models/acme`);
  await awake(owner);
  await owner.getByRole("link", { name: "Set the price of writer" }).click();
  await owner.getByLabel("Dollars per million tokens read").fill("nan");
  await owner.getByLabel("Dollars per million tokens written").fill("10");
  await owner.getByRole("button", { name: "Save the price" }).click();
  await expect(owner.getByText("Write dollars for a million tokens like 2.50")).toBeVisible();
  await expect(owner.getByLabel("Dollars per million tokens written")).toHaveValue("10");
  await awake(owner);
  await owner.getByLabel("Dollars per million tokens read").fill("2.50");
  await owner.getByRole("button", { name: "Save the price" }).click();
  await expect(owner.getByRole("row", { name: /writer/ })).toContainText("$2.50");

  await choose(owner, studio, "acme/writer");
  await ask(owner, "And now?");
  await expect(lastAnswer(owner)).toHaveAttribute("data-state", "finished");
  await expect(lastAnswer(owner)).toContainText("Good morning from afar.");
  // 1,000 tokens read and 200 written.
  await expect(lastAnswer(owner)).toContainText("$0.0045");
  await owner.goto(`${studio.url}/usage`);
  await expect(owner.locator(".card", { has: owner.getByRole("heading", { name: "This hour" }) })).toContainText("$0.0045");
  server.close();
});

test("without JavaScript a server is added, and everybody begins with its model", async ({ owner, browser, studio, withoutScripts }) => {
  const { server, url } = await provider();
  const page = await withoutScripts(owner.context());
  await page.goto(`${studio.url}/admin/models`);
  await page.getByLabel("Name", { exact: true }).fill("acme");
  await page.getByLabel("Address", { exact: true }).fill(url);
  await page.getByLabel("API key").fill(KEY);
  await page.getByRole("button", { name: "Add it" }).click();
  await page.getByRole("button", { name: "Test it" }).click();
  await expect(page.getByText("It answers.")).toBeVisible();
  await page.getByLabel("Dollars per million tokens read").fill("0");
  await page.getByLabel("Dollars per million tokens written").fill("0");
  await page.getByRole("button", { name: "Save the price" }).click();
  await expect(page.getByRole("row", { name: /writer/ })).toContainText("$0.00");
  await page.getByRole("link", { name: "Model servers" }).first().click();
  await page.getByLabel("Model", { exact: true }).selectOption("acme/writer");
  await page.locator("#default").getByRole("button", { name: "Save" }).click();
  const ben = await joins(browser, await invite(owner, studio, ""), "Ben");
  await expect(ben.getByRole("button", { name: "Model: writer" })).toBeVisible();
  await ask(ben, "Good morning");
  await expect(lastAnswer(ben)).toContainText("Good morning from afar.");
  await ben.goto(`${studio.url}/models`);
  await expect(ben.getByRole("heading", { name: "acme" })).toBeVisible();
  await expect(ben.getByRole("link", { name: "Add one with its address" })).toHaveCount(0);
  await ben.goto(`${studio.url}/admin/models`);
  await expect(ben.getByText("Your role does not allow this.")).toBeVisible();
  await ben.context().close();

  await page.goto(`${studio.url}/admin/models/acme`);
  await page.getByText("Remove…").click();
  await page.getByRole("button", { name: "Remove acme" }).click();
  await expect(page.locator(".toast")).toContainText("Removed");
  server.close();
});
