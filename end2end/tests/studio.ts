// A real studio for a journey: the binary on a free port, state in a folder that goes away, a browser with a passkey in it.
import { test as base, expect, type BrowserContext, type Page, type CDPSession } from "@playwright/test";
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const BINARY = process.env.VOBIO_BIN;

export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => (typeof address === "object" && address ? resolve(address.port) : reject(new Error("no port"))));
    });
  });
}

/** A studio that can be killed and started again on the same state. */
export class Studio {
  code = "";
  private child?: ChildProcess;
  private said = "";
  private readonly folder = mkdtempSync(join(tmpdir(), "vobio-journey-"));
  private constructor(readonly port: number, private readonly settings: Record<string, string>) {}

  static async start(settings: Record<string, string> = {}): Promise<Studio> {
    const studio = new Studio(await freePort(), settings);
    await studio.serve();
    return studio;
  }

  /** The database, for what no journey can wait for. */
  get database(): string {
    return join(this.folder, "data", "vobio.db");
  }

  get url(): string {
    return this.settings.VOBIO_URL ?? `http://localhost:${this.port}`;
  }

  /** Waits until it has logged these words. */
  async says(words: string): Promise<void> {
    await expect.poll(() => this.said).toContain(words);
  }

  async serve(): Promise<void> {
    if (!BINARY) throw new Error("VOBIO_BIN has to name the studio's binary; make test sets it");
    const child = spawn(BINARY, ["serve"], {
      cwd: this.folder,
      env: {
        PATH: "/usr/bin:/bin",
        PORT: String(this.port),
        VOBIO_DATA: join(this.folder, "data"),
        MOCK_MODE: "true",
        LOCAL_MODEL: "none",
        LOG_FORMAT: "json",
        // No journey reaches a rate that it does not set itself.
        MAX_API_CALLS_PER_MINUTE: "1000000",
        MAX_REQUESTS_PER_MINUTE: "1000000",
        ...this.settings,
      },
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.child = child;
    this.said = "";
    await new Promise<void>((resolve, reject) => {
      child.stderr!.on("data", (bytes: Buffer) => {
        this.said += bytes.toString();
        const code = this.said.match(/owner code: (\S+)/);
        if (code) this.code = code[1]!;
        if (this.said.includes('"serving"')) resolve();
      });
      child.on("exit", () => reject(new Error(`the studio ended:\n${this.said}`)));
    });
  }

  async kill(): Promise<void> {
    const child = this.child!;
    child.removeAllListeners("exit");
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
  }

  async end(): Promise<void> {
    if (this.child?.exitCode === null && this.child.signalCode === null) await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The browser says that no passkey can be picked under a field. */
export async function withoutAutofill(page: Page): Promise<void> {
  await page.addInitScript(() => {
    PublicKeyCredential.isConditionalMediationAvailable = async () => false;
  });
}

/**
 * A fingerprint reader in this page's browser. It touches by itself, for a request that waits under a field too: so the browser says
 * that it has no such requests, unless `autofill` is the journey.
 */
export async function addAuthenticator(page: Page, options: object = {}, autofill = false): Promise<CDPSession> {
  if (!autofill) await withoutAutofill(page);
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("WebAuthn.enable");
  await devtools.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
      ...options,
    },
  });
  return devtools;
}

/** Becomes the owner; the page is then the empty chat. */
export async function setUp(page: Page, studio: Studio, name = "Ana"): Promise<void> {
  await page.goto(`${studio.url}/login`);
  await page.getByLabel("Owner code").fill(studio.code);
  await page.getByLabel("Your name").fill(name);
  await page.getByRole("button", { name: "Create my passkey" }).click();
  await expect(page.getByRole("heading", { name: "What would you like to work on?" })).toBeVisible();
}

/** Chooses a model for a new chat. */
export async function choose(page: Page, studio: Studio, model: string): Promise<void> {
  await page.goto(`${studio.url}/chat?model=${encodeURIComponent(model)}`);
  await awake(page);
}

/** Waits until the page's islands listen: before that, a key does what it does in any page. */
export async function awake(page: Page): Promise<void> {
  // A binary that was built before its site has none, and nothing would ever listen.
  if ((await page.locator("script[type=module], link[rel=modulepreload]").count()) === 0) throw new Error("this studio was built without its site");
  await page.locator("html[data-live]").waitFor();
}

export const composer = (page: Page) => page.getByLabel("Your message");

/** Sends a message with the keyboard. */
export async function ask(page: Page, text: string): Promise<void> {
  await composer(page).waitFor();
  await awake(page);
  await composer(page).fill(text);
  await composer(page).press("Enter");
}

/** A script for the mock model. */
export const mock = (script: object): string => `!mock ${JSON.stringify(script)}`;

export const lastAnswer = (page: Page) => page.locator(".turn.answer").last();

/** What the browser complained about. */
export function complaints(page: Page): string[] {
  const said: string[] = [];
  page.on("pageerror", (error) => {
    // The browser gives up its own fade from page to page when the next one was drawn before; no script of ours asked for it.
    if (!String(error).includes("Transition was aborted because of invalid state")) said.push(String(error));
  });
  page.on("console", (message) => {
    // A refused request is logged by the browser itself; the page shows its sentence.
    if (message.type() === "error" && !message.text().includes("Failed to load resource")) said.push(message.text());
  });
  return said;
}

type Journey = { settings: Record<string, string>; studio: Studio; owner: Page; withoutScripts: (from: BrowserContext) => Promise<Page> };

/** `settings`: of the studio, beside those every journey has. `studio`: a fresh one. `owner`: its signed-in owner. `withoutScripts`: the same person in a browser without JavaScript. */
export const test = base.extend<Journey>({
  settings: [{}, { option: true }],
  studio: async ({ settings }, use) => {
    const studio = await Studio.start(settings);
    await use(studio);
    await studio.end();
  },
  owner: async ({ page, studio }, use) => {
    const said = complaints(page);
    await addAuthenticator(page);
    await setUp(page, studio);
    await awake(page);
    await use(page);
    expect(said).toEqual([]);
  },
  withoutScripts: async ({ browser }, use) => {
    const opened: BrowserContext[] = [];
    await use(async (from) => {
      const context = await browser.newContext({ javaScriptEnabled: false });
      await context.addCookies(await from.cookies());
      opened.push(context);
      return context.newPage();
    });
    await Promise.all(opened.map((context) => context.close()));
  },
});

export { expect };
