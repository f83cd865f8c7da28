import { defineConfig } from "@playwright/test";
import { existsSync } from "node:fs";

// The machine's own browser: nothing is downloaded. CHROMIUM names another.
const places = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];
const executablePath = process.env.CHROMIUM || places.find((place) => existsSync(place));

export default defineConfig({
  testDir: "tests",
  workers: 2,
  retries: 0,
  forbidOnly: !!process.env.CI,
  timeout: 90_000,
  expect: { timeout: 15_000 },
  reporter: "list",
  use: {
    browserName: "chromium",
    trace: "retain-on-failure",
    launchOptions: {
      executablePath,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
  projects: [
    // Each test of the journeys starts the server that VOBIO_BIN names.
    { name: "journeys", testIgnore: ["make-run.spec.ts", "screens.spec.ts"] },
    // `make test-run`: meets the server that `make run` started in a fresh copy.
    { name: "make-run", testMatch: "make-run.spec.ts", timeout: 300_000 },
    // `make screens`: pictures of every page into docs/screens.
    { name: "screens", testMatch: "screens.spec.ts" },
  ],
});
