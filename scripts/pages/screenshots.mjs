// Takes the pictures of the README: each page in the light and in the dark colour scheme.

import { mkdirSync } from "node:fs";
import puppeteer from "puppeteer-core";
import { Demo } from "./demo.mjs";

const [program, chromium, folder] = process.argv.slice(2);
const DESKTOP = { width: 1280, height: 860 };
const PHONE = { width: 390, height: 844 };

const demo = await Demo.start(program);
const browser = await puppeteer.launch({
  executablePath: chromium,
  args: ["--no-sandbox", "--disable-dev-shm-usage", "--no-proxy-server", "--hide-scrollbars"],
});
try {
  mkdirSync(folder, { recursive: true });
  const page = await browser.newPage();
  await page.emulateTimezone("UTC");
  const [name, value] = demo.cookie.split(/=(.*)/s);
  await page.setCookie({ name, value, url: demo.origin });

  const take = async (picture, size) => {
    await page.setViewport(size);
    for (const scheme of ["light", "dark"]) {
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
      await page.screenshot({ path: `${folder}/${picture}-${scheme}.png` });
    }
  };
  const pages = [
    ["overview", "/account", DESKTOP],
    ["tokens", "/account/tokens", DESKTOP],
    ["token", `/account/tokens/${demo.token}`, DESKTOP],
    ["preview", "/account/sign-out", DESKTOP],
    ["sessions", "/account/sessions", PHONE],
  ];
  for (const [picture, path, size] of pages) {
    await page.goto(demo.origin + path);
    await take(picture, size);
  }
  await page.goto(`${demo.origin}/account/tokens/new`);
  await page.type("#name", "Deployment");
  await page.click("input[value='orders:read']");
  await Promise.all([page.waitForNavigation(), page.click("form.card .main")]);
  await take("created", DESKTOP);
} finally {
  await browser.close();
  await demo.close();
}
