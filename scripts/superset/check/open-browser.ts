import { type Browser, chromium, type Page, type Response } from 'playwright-core';
import type { ChartAnswer } from './chart-answer.ts';

/** What a reader would see of a page of Superset. */
export type Seen = {
  /** Answers to the charts' queries, by the number of the chart, in the order of arrival. */
  answers: ReadonlyMap<number, ChartAnswer[]>;
  /** Texts of the errors on the page, and HTTP errors. */
  errors: string[];
};

export type BrowserSession = AsyncDisposable & {
  /** Opens a page and waits until none of its charts loads any more. */
  open(path: string, options?: { screenshot?: string }): Promise<Seen>;
};

type Input = { executablePath: string; url: string; username: string; password: string };

/** What Superset shows while a chart loads. */
const LOADING = '[data-test="loading-indicator"], .loading';
const WAIT_MS = 120_000;
/** Tall: a dashboard loads a chart only when it is on the screen. */
const VIEWPORT = { width: 1_280, height: 2_400 };

/** A Chromium that is logged in to Superset. */
export async function openBrowser({ executablePath, url, username, password }: Input): Promise<BrowserSession> {
  const isRoot = process.getuid?.() === 0;
  const browser: Browser = await chromium.launch({
    executablePath,
    // The sandbox of Chromium does not work for root.
    chromiumSandbox: !isRoot,
    args: ['--disable-gpu', '--disable-dev-shm-usage', '--font-render-hinting=none'],
  });
  try {
    const context = await browser.newContext({ viewport: VIEWPORT, locale: 'zh-CN', timezoneId: 'Asia/Shanghai' });
    context.setDefaultTimeout(WAIT_MS);
    const page = await context.newPage();
    await page.goto(`${url}/login/`);
    await page.locator('#username').fill(username);
    await page.locator('#password').fill(password);
    await page.locator('#password').press('Enter');
    await page.waitForURL((address) => !address.pathname.startsWith('/login'));
    await page.close();
    return {
      async open(path, options = {}) {
        // A separate page: a late response to the page before would be taken for one to this page.
        const page = await context.newPage();
        try {
          return await openPage(page, `${url}${path}`, options);
        } finally {
          await page.close();
        }
      },
      [Symbol.asyncDispose]: () => browser.close(),
    };
  } catch (error) {
    await browser.close();
    throw error;
  }
}

async function openPage(page: Page, address: string, { screenshot }: { screenshot?: string }): Promise<Seen> {
  const answers = new Map<number, ChartAnswer[]>();
  const errors: string[] = [];
  const reading: Promise<void>[] = [];
  const onResponse = (response: Response): void => {
    const { pathname, searchParams } = new URL(response.url());
    if (response.status() >= 400 && !isHarmless(pathname)) errors.push(`HTTP ${response.status()} for ${pathname}`);
    if (pathname !== '/api/v1/chart/data') return;
    // Queries for the choices of a filter have no slice_id.
    const id = Number(JSON.parse(searchParams.get('form_data') ?? '{}').slice_id);
    if (!Number.isInteger(id)) return;
    const read = async () => {
      const { result = [], message } = (await response.json()) as { result?: ChartAnswer[]; message?: string };
      if (message) errors.push(message);
      answers.set(id, [...(answers.get(id) ?? []), ...result]);
    };
    reading.push(read().catch((error: unknown) => void errors.push(String(error))));
  };
  page.on('response', onResponse);
  await page.goto(address);
  await page.locator('[data-test="chart-container"], .chart-container, .slice_container').first().waitFor();
  await page.waitForLoadState('networkidle');
  await page.waitForFunction(`document.querySelectorAll('${LOADING}').length === 0`);
  // The animation of a chart takes a second.
  await page.waitForTimeout(1_500);
  await Promise.all(reading);
  errors.push(
    ...(await page.locator('[role="alert"], .ant-alert-error, .chart-error').allInnerTexts()).filter(Boolean),
  );
  if (screenshot) await takePicture(page, screenshot);
  return { answers, errors };
}

/** Superset tries to save a dashboard's colours even for readers without write access; the error is harmless. */
const isHarmless = (pathname: string): boolean => /^\/api\/v1\/dashboard\/\d+\/colors$/.test(pathname);

/** Without the empty space below the last row. */
async function takePicture(page: Page, path: string): Promise<void> {
  const rows = await page.locator('.grid-row').all();
  const boxes = await Promise.all(rows.map((row) => row.boundingBox()));
  const bottom = Math.max(...boxes.map((box) => (box ? box.y + box.height : 0)));
  await page.screenshot({
    path,
    clip: { x: 0, y: 0, width: VIEWPORT.width, height: Math.min(bottom + 16, VIEWPORT.height) },
  });
}
