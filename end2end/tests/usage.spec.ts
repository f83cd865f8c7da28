import { ask, choose, composer, expect, lastAnswer, mock, test } from "./studio";

test("what an answer cost is on the Usage page, with what is left, and in the ledger", async ({ owner, studio }) => {
  await owner.goto(`${studio.url}/usage`);
  await expect(owner.getByText("Nothing was booked yet.")).toBeVisible();
  await choose(owner, studio, "mock/echo");
  await ask(owner, "What does it cost?");
  await expect(lastAnswer(owner)).toHaveAttribute("data-state", "finished");
  await owner.getByRole("link", { name: "Usage" }).click();
  await expect(owner.getByRole("heading", { level: 1 })).toHaveText("Usage");
  const hour = owner.locator(".card", { has: owner.getByRole("heading", { name: "This hour" }) });
  await expect(hour).toContainText("left of $2.00");
  await expect(owner.locator("svg.bars rect")).toHaveCount(2);
  await expect(owner.getByRole("rowheader", { name: "Held" })).toBeVisible();
  await expect(owner.getByRole("rowheader", { name: "Spent", exact: true })).toBeVisible();
  await expect(owner.getByRole("rowheader", { name: "Given back" })).toBeVisible();
  const usage = await (await owner.request.get(`${studio.url}/api/costs/usage`)).json();
  expect(usage.hourly_usage).toBeGreaterThan(0);
  expect(usage.hourly_held).toBe(0);
  expect(usage.total_usage).toBe(usage.hourly_usage);
  const ledger = await (await owner.request.get(`${studio.url}/api/costs/ledger.csv`)).text();
  expect(ledger.trim().split("\n")).toHaveLength(4);
});

test("a stopped answer costs what came of it, and the rest is given back", async ({ owner, studio }) => {
  await choose(owner, studio, "mock/lorem");
  await ask(owner, mock({ tokens: 2000, per_s: 30 }));
  await expect(lastAnswer(owner).locator(".tail")).toContainText(/\w+ \w+ \w+/);
  const during = await (await owner.request.get(`${studio.url}/api/costs/usage`)).json();
  expect(during.hourly_held).toBeGreaterThan(0);
  await owner.getByRole("button", { name: "Stop" }).click();
  await expect(lastAnswer(owner)).toHaveAttribute("data-state", "stopped");
  await expect(lastAnswer(owner)).toContainText(/\$0\.\d+ of what was held was given back/);
  const after = await (await owner.request.get(`${studio.url}/api/costs/usage`)).json();
  expect(after.hourly_held).toBe(0);
  expect(after.hourly_usage).toBeGreaterThan(0);
  expect(after.hourly_usage).toBeLessThan(during.hourly_held);
  // What was held is more than a cent.
  await expect(owner.locator("#spent")).toHaveText("<$0.01 of $2.00 this hour");
});

test("before it is sent a message says what its answer would cost, and a marked one is marked", async ({ owner, studio }) => {
  await choose(owner, studio, "mock/echo");
  const quote = owner.locator("#quote");
  await expect(quote).toHaveText(/^About \$0\.\d+, at most \$0\.\d+$/);
  const held = async () => Number(/at most \$(0\.\d+)/.exec((await quote.textContent()) ?? "")?.[1]);
  const before = await held();
  const long = "Write to a.person@mail.example.org about it. ".repeat(40);
  await composer(owner).fill(long);
  const typed = await held();
  expect(typed).toBeGreaterThan(before + 0.008);
  await ask(owner, long);
  await expect(lastAnswer(owner)).toHaveAttribute("data-state", "finished");
  const ledger = await (await owner.request.get(`${studio.url}/api/costs/ledger.csv`)).text();
  const hold = Number(/,hold,.*,(\d+),0$/m.exec(ledger)?.[1]);
  expect(typed * 1e6).toBeGreaterThanOrEqual(hold);
  expect(typed * 1e6).toBeLessThan(hold + 100);
  // The next one reads the question and its answer too.
  await expect.poll(held).toBeGreaterThan(typed);
  await owner.getByText("Marked by the safety screen").click();
  await expect(owner.getByText("personal_data.email")).toBeVisible();
  await owner.reload();
  await expect(owner.getByText("Marked by the safety screen")).toBeVisible();
});

test.describe("with a small budget", () => {
  test.use({ settings: { HOURLY_COST_LIMIT: "0.006" } });

  test("what does not fit is refused with what to do, and what was typed is still there", async ({ owner, studio }) => {
    await choose(owner, studio, "mock/echo");
    await ask(owner, "The first fits");
    await expect(lastAnswer(owner)).toHaveAttribute("data-state", "finished");
    const long = "long ".repeat(200);
    await composer(owner).fill(long);
    await owner.getByRole("button", { name: "Send" }).click();
    await expect(owner.getByText(/could cost up to|more than your whole limit/)).toBeVisible();
    await expect(composer(owner)).toHaveValue(long);
  });
});

test("an owner limits somebody, who is told when it is too much", async ({ owner, studio }) => {
  await owner.goto(`${studio.url}/people`);
  await owner.getByRole("link", { name: "Ana" }).first().click();
  await owner.getByLabel("Dollars in an hour").fill("0.000001");
  await owner.getByLabel("Dollars in a day").fill("lots");
  await owner.getByRole("button", { name: "Save the limits" }).click();
  await expect(owner.getByText("Write dollars like 2 or 2.50")).toBeVisible();
  await expect(owner.getByLabel("Dollars in an hour")).toHaveValue("0.000001");
  await owner.getByLabel("Dollars in a day").fill("1");
  await owner.getByRole("button", { name: "Save the limits" }).click();
  await expect(owner.getByText("of $0.000001 this hour")).toBeVisible();
  await choose(owner, studio, "mock/echo");
  await ask(owner, "Too much");
  await expect(owner.getByText("more than your whole limit of $0.000001")).toBeVisible();
});
