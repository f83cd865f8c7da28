// A studio on a real address: a name of its own, a certificate of an authority that the browser trusts, and a proxy.
import { chromium, expect, test, type Browser } from "@playwright/test";
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./studio";

/** The name. `.test` is nobody's. */
export const HOST = "studio.example.test";

const openssl = (...words: string[]) => execFileSync("openssl", words, { stdio: "pipe" });

/** An authority of this test's own, in a folder that goes away. */
export class Authority {
  readonly folder = mkdtempSync(join(tmpdir(), "vobio-authority-"));
  private readonly home = join(this.folder, "home");
  private readonly ca = { cert: join(this.folder, "ca.pem"), key: join(this.folder, "ca.key") };

  constructor() {
    openssl(..."req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=Vobio-test".split(" "),
      "-keyout", this.ca.key, "-out", this.ca.cert);
    const store = join(this.home, ".pki/nssdb");
    mkdirSync(store, { recursive: true });
    const certutil = (...words: string[]) => execFileSync("certutil", ["-d", `sql:${store}`, ...words], { stdio: "pipe" });
    certutil("-N", "--empty-password");
    certutil("-A", "-n", "vobio-test", "-t", "C,,", "-i", this.ca.cert);
  }

  /** Writes a new certificate for HOST and its key. */
  issue(cert: string, key: string): void {
    const [request, extensions] = [join(this.folder, "request.pem"), join(this.folder, "extensions")];
    writeFileSync(extensions, `subjectAltName=DNS:${HOST}\nextendedKeyUsage=serverAuth\n`);
    openssl(..."req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes".split(" "), "-subj", `/CN=${HOST}`, "-keyout", key, "-out", request);
    openssl("x509", "-req", "-in", request, "-CA", this.ca.cert, "-CAkey", this.ca.key, "-CAcreateserial", "-days", "2", "-extfile", extensions, "-out", cert);
  }

  /** A browser which finds HOST on this machine, of somebody who trusts this authority. No error of a certificate is forgiven. */
  browser(): Promise<Browser> {
    return this.browserIn(this.home);
  }

  /** The same of somebody who has never heard of it. */
  strangersBrowser(): Promise<Browser> {
    return this.browserIn(join(this.folder, "stranger"));
  }

  private browserIn(home: string): Promise<Browser> {
    const options = test.info().project.use.launchOptions ?? {};
    return chromium.launch({
      ...options,
      args: [...(options.args ?? []), `--host-resolver-rules=MAP ${HOST} 127.0.0.1`],
      env: { PATH: process.env.PATH ?? "", HOME: home },
    });
  }

  end(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** nginx with the file that we ship, its names, ports and paths exchanged for the test's. */
export class Proxy {
  private child?: ChildProcess;
  private constructor(readonly port: number, private readonly folder: string) {}

  static async start(authority: Authority, port: number, studio: number): Promise<Proxy> {
    const proxy = new Proxy(port, mkdtempSync(join(tmpdir(), "vobio-nginx-")));
    const [cert, key, plain] = [join(proxy.folder, "cert.pem"), join(proxy.folder, "key.pem"), await freePort()];
    authority.issue(cert, key);
    const exchanged: [string | RegExp, string][] = [
      [/^ *listen \[::\].*\n/gm, ""],
      ["listen 443", `listen 127.0.0.1:${port}`],
      ["listen 80", `listen 127.0.0.1:${plain}`],
      ["http://127.0.0.1:8000", `http://127.0.0.1:${studio}`],
      ["/etc/letsencrypt/live/studio.example.org/fullchain.pem", cert],
      ["/etc/letsencrypt/live/studio.example.org/privkey.pem", key],
      [/studio\.example\.org/g, HOST],
    ];
    const shipped = readFileSync(join(__dirname, "../../deploy/nginx.conf"), "utf8");
    const site = exchanged.reduce((text, [from, to]) => {
      expect(text, `deploy/nginx.conf has ${from}`).toMatch(from);
      return text.replace(from, to);
    }, shipped);
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((what) => `${what}_temp_path ${proxy.folder}/${what};`);
    writeFileSync(join(proxy.folder, "nginx.conf"),
      `pid ${proxy.folder}/pid;\nerror_log stderr warn;\nevents {}\nhttp {\naccess_log off;\n${temporary.join("\n")}\n${site}\n}\n`);
    await proxy.serve();
    return proxy;
  }

  private async serve(): Promise<void> {
    const nginx = process.env.NGINX || "/usr/sbin/nginx";
    // In the foreground and as one process: it ends with this one.
    const child = spawn(nginx, ["-p", this.folder, "-e", "stderr", "-c", "nginx.conf", "-g", "daemon off; master_process off;"], { stdio: ["ignore", "ignore", "pipe"] });
    this.child = child;
    let said = "";
    child.stderr!.on("data", (bytes: Buffer) => (said += bytes.toString()));
    await expect.poll(() => {
      if (child.exitCode !== null) throw new Error(`nginx ended:\n${said}`);
      return listens(this.port);
    }).toBe(true);
  }

  async end(): Promise<void> {
    const child = this.child!;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    if (child.exitCode === null && child.kill("SIGQUIT")) await gone;
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => socket.destroy(resolve(true) as undefined));
    socket.once("error", () => resolve(false));
  });
}
