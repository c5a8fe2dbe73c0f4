// @module-tag whole
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { TOPICS, type TopicSpec } from 'qcc-core/contract/topics';
import { expect, test } from 'vitest';
import { RendererError, writeAsyncApiPage } from '../../scripts/docs/asyncapi-page.ts';
import { findChromium } from '../../scripts/superset/check/find-chromium.ts';
import { MissingError } from '../../scripts/superset/missing.ts';
import { makeTemporaryFolder } from '../../stack/temporary-folder.ts';

const PUBLIC = Object.values<TopicSpec>(TOPICS).filter(({ visibility }) => visibility === 'public');

test('the page of the AsyncAPI document shows every public topic in a browser without a network, and asks for nothing', async () => {
  await using folder = await makeTemporaryFolder('qcc-asyncapi-');
  const file = join(folder.path, 'asyncapi.html');
  let executablePath: string;
  try {
    executablePath = await findChromium(process.env, () => {});
    await writeAsyncApiPage(file);
  } catch (error) {
    if (!(error instanceof RendererError) && !(error instanceof MissingError)) throw error;
    console.log(`SKIPPED the page of the AsyncAPI document: ${error.message}`);
    return;
  }
  // The sandbox of Chromium does not work for root.
  const chromiumSandbox = process.getuid?.() !== 0;
  const browser = await chromium.launch({
    executablePath,
    chromiumSandbox,
    args: ['--disable-gpu', '--disable-dev-shm-usage'],
  });
  try {
    const context = await browser.newContext({ offline: true, viewport: { width: 1_500, height: 1_400 } });
    const page = await context.newPage();
    page.setDefaultTimeout(120_000);
    const asked: string[] = [];
    const errors: string[] = [];
    page.on('request', (request) => void asked.push(request.url()));
    page.on('pageerror', (error) => void errors.push(error.message));
    const url = pathToFileURL(file).href;
    await page.goto(url);
    await page.locator('#asyncapi').getByText('Erased record').first().waitFor({ state: 'attached' });
    // What is on the page; the text of the whole body includes the document in the script.
    const text = await page.locator('#asyncapi').textContent();
    for (const { name } of PUBLIC) expect(text).toContain(name);
    expect(text).toContain('An occurrence (account, orderNo, revision, position) comes at most twice.');
    expect(asked.filter((each) => each !== url && !each.startsWith('data:') && !each.startsWith('blob:'))).toEqual([]);
    expect(errors).toEqual([]);
  } finally {
    await browser.close();
  }
});
