// Uses the page as a reader would, in headless Chromium: prints what it sees as JSON.
// node page_in_a_browser.cjs PAGE CHROMIUM; puppeteer-core must be where node finds it.
"use strict";
const puppeteer = require("puppeteer-core");

(async () => {
  const [page_file, executablePath] = process.argv.slice(2);
  const browser = await puppeteer.launch({ executablePath, headless: "shell", args: ["--no-sandbox"] });
  const page = await browser.newPage();
  const errors = [];
  page.on("console", (message) => { if (message.type() === "error") errors.push(message.text()); });
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("request", (request) => { if (!request.url().startsWith("file:")) errors.push(request.url()); });
  await page.goto("file://" + page_file);
  const count = (selector) => page.$$eval(selector, (found) => found.length);
  const seen = {};
  await page.keyboard.press("/");
  seen.focused_by_slash = await page.evaluate(() => document.activeElement.id);
  await page.keyboard.type("front");
  seen.hits = await count(".box.hit");
  await page.keyboard.press("Enter");
  seen.row_after_enter = await page.evaluate(() => document.activeElement.textContent.trim());
  await page.keyboard.press("Enter");
  seen.lines_followed = await count(".line.kept");
  seen.told = await page.$eval("#found", (found) => found.textContent);
  await page.keyboard.press("Escape");
  seen.kept_after_escape = await count(".kept");
  seen.lanes = await count(".lane-group:not(.hidden)");
  await page.select("#namespace", "shop");
  seen.lanes_of_shop = await count(".lane-group:not(.hidden)");
  await (await page.$(".lane-group:not(.hidden) .pods.fine .row")).click();
  seen.lines_into_the_pod = await count(".line.kept");
  seen.errors = errors;
  console.log(JSON.stringify(seen));
  await browser.close();
})().catch((error) => { console.error(error); process.exit(1); });
