// Pictures of a page that come out the same each time: three looks, nothing that moves, no word that the clock decides.
import type { CDPSession, Page } from "@playwright/test";
import { existsSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { looksLike, smaller } from "./png";

const FOLDER = process.env.VOBIO_SCREENS ?? join(__dirname, "../../docs/screens");

/** Of 255: what nobody sees between two pictures. */
const STEPS_UNSEEN = 12;

const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };
const LOOKS = { light: DESKTOP, dark: DESKTOP, phone: PHONE };

const sessions = new WeakMap<Page, CDPSession>();

export type Look = keyof typeof LOOKS;

type Options = {
  /** All of the page, not what fits on the screen. */
  fullPage?: boolean;
  /** Enough for flat pages with smoothed letters where nothing is said. */
  colours?: number;
  /** Light, dark and phone where nothing is said. */
  looks?: readonly Look[];
  /** Runs in each look just before the picture is taken. */
  before?: () => Promise<unknown>;
};

/** Takes the page as it stands, in each look, into docs/screens/NAME-LOOK.png. */
export async function shoot(page: Page, name: string, options: Options = {}): Promise<void> {
  for (const look of options.looks ?? (["light", "dark", "phone"] as const)) {
    await become(page, look);
    await page.mouse.move(0, 0);
    await page.evaluate(() => document.fonts.ready.then(() => undefined));
    await options.before?.();
    await page.evaluate(stopClocks);
    const taken = await page.screenshot({ animations: "disabled", fullPage: options.fullPage });
    keep(join(FOLDER, `${name}-${look}.png`), smaller(taken, options.colours ?? 32));
  }
  await become(page, "light");
}

/** Makes the browser what the look needs; the scroll bars of a phone take no room. */
export async function become(page: Page, look: Look): Promise<void> {
  await page.setViewportSize(LOOKS[look]);
  await page.emulateMedia({ colorScheme: look === "dark" ? "dark" : "light", reducedMotion: "reduce" });
  // What is emulated lasts as long as its session, and a session that ends takes the page's authenticator along.
  const devtools = sessions.get(page) ?? (await page.context().newCDPSession(page));
  sessions.set(page, devtools);
  await devtools.send("Emulation.setScrollbarsHidden", { hidden: look === "phone" });
}

/** In the page: what depends on the clock says the same each time. */
function stopClocks(): void {
  const fixed: [string, RegExp, string][] = [
    [".took span", /^(under )?[\d.]+ s$/, "1.2 s"],
    // Said only of an answer that took long enough to be measured.
    [".took span", /^\d+ tok\/s$/, ""],
    [".row .about, .row .about time", /^(just now|\d+ \w+ ago)$/, "2 minutes ago"],
    [".facts time", /^(just now|\d+ \w+ ago)$/, "2 minutes ago"],
    [".facts dd > code", /^[\da-f-]{36}$/, "0199a3c4-7d10-7c3e-9a52-3f6a4bd0e1a7"],
    [".facts dd > code", /^[\da-f]{32}$/, "0af7651916cd43dd8448eb211c80319c"],
    [".table .number, .num", /^\d+ m?s$/, "1 s"],
  ];
  for (const [where, what, words] of fixed) {
    for (const element of document.querySelectorAll(where)) {
      if (!what.test(element.textContent ?? "")) continue;
      if (words) element.textContent = words;
      else element.remove();
    }
  }
  // The state of a run names rows, and when its first word came.
  for (const state of document.querySelectorAll(".state-json code")) {
    const ids = /[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/g;
    state.textContent = (state.textContent ?? "").replace(ids, "0199a3c4-7d10-7c3e-9a52-3f6a4bd0e1a7").replace(/\d{16}/g, "1764417600000000");
  }
}

/** Writes a picture, unless the one that is there looks the same: a corner is not smoothed alike each time. */
function keep(file: string, now: Buffer): void {
  if (existsSync(file) && looksLike(readFileSync(file), now, STEPS_UNSEEN)) utimesSync(file, new Date(), new Date());
  else writeFileSync(file, now);
}
