/**
 * `npm run docs`: writes the reference pages that are generated from tables in the code; a test holds them together. With `--page` it
 * writes the AsyncAPI document as a page instead.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../stack/places.ts';
import { BENCH_PAGE } from '../test/bench/page.ts';
import { renderPage } from '../test/campaign/page.ts';
import { FAULT_PAGE } from '../test/faults/page.ts';
import { HOSTILE_PAGE } from '../test/hostile/page.ts';
import { parseArguments } from './command-arguments.ts';
import { COMMAND_OPTIONS } from './command-options.mjs';
import { renderConformanceDoc } from './conformance/render-conformance.ts';
import { ASYNCAPI_PAGE, writeAsyncApiPage } from './docs/asyncapi-page.ts';
import { renderAsyncApi } from './docs/render-asyncapi.ts';
import { renderDeadLettersDoc } from './docs/render-dead-letters.ts';
import { renderMetricsDoc } from './docs/render-metrics.ts';
import { renderSettingsDoc } from './docs/render-settings.ts';
import { renderTopicsDoc } from './docs/render-topics.ts';
import { GRAFANA_DASHBOARDS } from './grafana-dashboards.ts';

/** File below the root → what it has to hold. */
export const GENERATED_DOCS: Readonly<Record<string, () => string>> = {
  'docs/settings.md': renderSettingsDoc,
  'docs/metrics.md': renderMetricsDoc,
  'docs/topics.md': renderTopicsDoc,
  'docs/asyncapi.yaml': renderAsyncApi,
  'docs/dead-letters.md': renderDeadLettersDoc,
  'docs/reliability.md': () => renderPage(FAULT_PAGE),
  'docs/security.md': () => renderPage(HOSTILE_PAGE),
  'docs/performance.md': () => renderPage(BENCH_PAGE),
  'docs/client-conformance.md': renderConformanceDoc,
  ...GRAFANA_DASHBOARDS,
};

/** Writes all of them, and formats them and the other files. */
export function writeGeneratedDocs(alsoFormat: readonly string[] = []): void {
  for (const [file, render] of Object.entries(GENERATED_DOCS)) writeFileSync(join(ROOT, file), render());
  const files = [...Object.keys(GENERATED_DOCS), ...alsoFormat];
  execFileSync(join(ROOT, 'node_modules', '.bin', 'biome'), ['check', '--write', ...files], { cwd: ROOT });
}

if (import.meta.main) {
  const { values } = parseArguments({ options: COMMAND_OPTIONS.docs });
  if (values.page) {
    await writeAsyncApiPage();
    console.log(`The AsyncAPI document as a page: ${ASYNCAPI_PAGE}`);
  } else writeGeneratedDocs();
}
