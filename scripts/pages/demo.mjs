// Starts the program with the account of a demonstration: sessions, tokens and events of the last weeks.
// The clock of the program is moved with libfaketime, so that nothing in the database is changed by hand.

import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const LIBRARY = "/usr/$LIB/faketime/libfaketimeMT.so.1";
const PASSWORD = "correct horse battery staple";
const EMAIL = "ada@example.com";
const AGENTS = {
  desk: "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
  phone:
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Mobile/15E148 Safari/604.1",
  tablet:
    "Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Mobile/15E148 Safari/604.1",
  windows:
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
};
const DECLARED = `[abilities]
"orders:read" = "Read your orders"
"orders:write" = "Place orders"
"invoices:read" = "Read your invoices"
`;

export class Demo {
  static async start(program) {
    const demo = new Demo(program);
    await demo.furnish();
    return demo;
  }

  constructor(program) {
    this.program = program;
    this.folder = mkdtempSync(join(tmpdir(), "narthex-demo-"));
    writeFileSync(join(this.folder, "narthex.toml"), DECLARED);
  }

  /** The settings, and a clock that differs by `offset`, such as "-40d". */
  environment(offset) {
    const clock = { LD_PRELOAD: LIBRARY, FAKETIME: offset, DONT_FAKE_MONOTONIC: "1" };
    return { PATH: process.env.PATH, NARTHEX_LISTEN: "127.0.0.1:0", NARTHEX_APP_NAME: "Shop", ...clock };
  }

  /** Starts the server. */
  async serve(offset) {
    this.server = spawn(this.program, ["serve"], {
      cwd: this.folder,
      env: this.environment(offset),
      stdio: ["ignore", "pipe", "ignore"],
    });
    this.origin = await new Promise((found, failed) => {
      this.server.on("exit", () => failed(new Error("the server has ended")));
      this.server.stdout.on("data", (text) => {
        const said = /http:\/\/localhost:\d+/.exec(text);
        if (said) found(said[0]);
      });
    });
  }

  async stop() {
    this.server.removeAllListeners("exit");
    const ended = new Promise((done) => this.server.once("exit", done));
    this.server.kill();
    await ended;
  }

  async close() {
    await this.stop();
    rmSync(this.folder, { recursive: true });
  }

  async send(path, { cookie, agent, bearer, form, json } = {}) {
    const headers = { "user-agent": agent ?? "curl/8.14" };
    if (cookie) headers.cookie = cookie;
    if (bearer) headers.authorization = `Bearer ${bearer}`;
    if (json) headers["content-type"] = "application/json";
    const body = json ? JSON.stringify(json) : form && new URLSearchParams(form);
    const method = body ? "POST" : "GET";
    return fetch(this.origin + path, { method, headers, body, redirect: "manual" });
  }

  /** Signs in and returns the cookie. */
  async signIn(agent, password = PASSWORD) {
    const form = { email: EMAIL, password, remember: "on" };
    const answer = await this.send("/login", { agent, form });
    return answer.headers.get("set-cookie")?.split(";")[0];
  }

  async createToken(cookie, name, abilities, days) {
    const json = { name, abilities, expires_in: days * 86400 };
    const answer = await this.send("/api/v1/tokens", { cookie, json });
    return (await answer.json()).secret;
  }

  async furnish() {
    execFileSync(this.program, ["user", "add", EMAIL, "--name", "Ada Lovelace"], {
      cwd: this.folder,
      env: this.environment("-24d"),
      input: `${PASSWORD}\n`,
      stdio: ["pipe", "ignore", "ignore"],
    });
    await this.serve("-24d");
    const tablet = await this.signIn(AGENTS.tablet);
    await this.createToken(tablet, "Backup", ["*"], 30);
    const shop = await this.createToken(tablet, "Shop CI", ["orders:read", "orders:write"], 365);
    await this.createToken(tablet, "Old script", ["orders:read"], 90);
    await this.stop();

    await this.serve("-5d");
    const phone = await this.signIn(AGENTS.phone);
    const invoices = await this.createToken(phone, "Invoices to the tax office", ["invoices:read"], 90);
    await this.signIn(AGENTS.windows, "not the password");
    await this.stop();

    await this.serve("-3h");
    await this.signIn(AGENTS.windows);
    await this.send("/account", { cookie: phone, agent: AGENTS.phone });
    await this.send("/api/v1/user", { bearer: invoices });
    const device = { email: EMAIL, password: PASSWORD, device_name: "laptop of Ada" };
    await this.send("/api/v1/sign-in", { json: device });
    await this.stop();

    await this.serve("+0");
    this.cookie = await this.signIn(AGENTS.desk);
    await this.send("/api/v1/user", { bearer: shop });
    const tokens = await (await this.send("/api/v1/tokens", { cookie: this.cookie })).json();
    this.token = tokens.data.find((token) => token.name === "Shop CI").id;
  }

  /** The pages of the main story, without a side effect. */
  get pages() {
    return {
      "sign-in": "/login",
      overview: "/account",
      tokens: "/account/tokens",
      sessions: "/account/sessions",
      activity: "/account/activity",
      "new token": "/account/tokens/new",
    };
  }
}
