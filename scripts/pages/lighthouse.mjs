// Lighthouse on the pages of the main story. Fails if a score is below 100.

import * as chromeLauncher from "chrome-launcher";
import lighthouse from "lighthouse";
import { Demo } from "./demo.mjs";

// The pages ask search engines not to list them. Their policy forbids the page to load another file.
const SKIPPED = ["is-crawlable", "robots-txt"];
const CATEGORIES = ["performance", "accessibility", "best-practices", "seo"];

const demo = await Demo.start(process.argv[2]);
const options = {
  chromePath: process.argv[3],
  chromeFlags: ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--no-proxy-server"],
};
let failed = false;
// A profile for each page: the sign-in page stores a cookie, which would replace the one in the header.
let chrome;
try {
  console.log(`| page | ${CATEGORIES.join(" | ")} | first paint | bytes |`);
  console.log("| --- | --- | --- | --- | --- | --- | --- |");
  for (const [name, path] of Object.entries(demo.pages)) {
    chrome = await chromeLauncher.launch(options);
    const headers = path === "/login" ? {} : { Cookie: demo.cookie };
    const { lhr } = await lighthouse(demo.origin + path, {
      port: chrome.port,
      logLevel: "silent",
      onlyCategories: CATEGORIES,
      skipAudits: SKIPPED,
      disableStorageReset: true,
      extraHeaders: headers,
    });
    await chrome.kill();
    const scores = CATEGORIES.map((category) => Math.round(100 * lhr.categories[category].score));
    const paint = lhr.audits["first-contentful-paint"].displayValue;
    const bytes = lhr.audits["total-byte-weight"].numericValue;
    console.log(`| ${name} | ${scores.join(" | ")} | ${paint} | ${bytes} |`);
    const isPage = new URL(lhr.finalDisplayedUrl).pathname === path;
    if (!isPage) console.log(`${path} led to ${lhr.finalDisplayedUrl}`);
    if (!isPage || scores.some((score) => score < 100)) {
      failed = true;
      const refs = Object.values(lhr.categories).flatMap((category) => category.auditRefs);
      for (const { id } of refs.filter(({ weight }) => weight > 0)) {
        const { score, title, details } = lhr.audits[id];
        if (score !== null && score < 1) console.log(`  ${title}`, JSON.stringify(details?.items ?? []));
      }
    }
  }
} finally {
  await chrome?.kill();
  await demo.close();
}
process.exitCode = failed ? 1 : 0;
