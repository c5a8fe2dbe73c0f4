import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test, vi } from 'vitest';
import { openTracing } from './open-tracing.ts';

/** Composes a service, opens tracing, and prints which packages of OpenTelemetry were loaded. */
const PROGRAM = `
import { registerHooks } from 'node:module';
const loaded = new Set();
registerHooks({
  load(url, context, next) {
    const [, name] = /node_modules\\/(@opentelemetry\\/[^/]+)/.exec(url) ?? [];
    if (name) loaded.add(name);
    return next(url, context);
  },
});
const { openTracing } = await import(${JSON.stringify(new URL('./open-tracing.ts', import.meta.url).href)});
await import(${JSON.stringify(new URL('../../service/service.ts', import.meta.url).href)});
const log = { info() {}, warn() {}, debug() {} };
const tracing = await openTracing({ service: 'test', env: process.env, log });
await tracing[Symbol.asyncDispose]();
console.log([...loaded].join(' '));
`;

const loadedWith = async (env: Record<string, string>): Promise<string[]> => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', PROGRAM], {
    cwd: import.meta.dirname,
    env: { PATH: process.env.PATH, ...env },
  });
  return stdout.trim().split(' ').sort();
};

test('a service without traces loads the API of OpenTelemetry alone', async () => {
  expect(await loadedWith({})).toEqual(['@opentelemetry/api']);
});

test('a service with traces loads the SDK and the exporter', async () => {
  expect(await loadedWith({ OTEL_TRACES_EXPORTER: 'otlp' })).toEqual(
    expect.arrayContaining(['@opentelemetry/sdk-trace', '@opentelemetry/exporter-trace-otlp-proto']),
  );
});

test('numbers that would stop the SDK are replaced by defaults, and each problem is logged', async () => {
  const program = `
    const { openTracing } = await import(${JSON.stringify(new URL('./open-tracing.ts', import.meta.url).href)});
    const { inSpan } = await import(${JSON.stringify(new URL('./spans.ts', import.meta.url).href)});
    const warn = (text) => console.log(text);
    const tracing = await openTracing({ service: 'test', env: process.env, log: { info() {}, warn, debug() {} } });
    await inSpan({ name: 'work' }, async () => {});
    await tracing[Symbol.asyncDispose]();
    process.exit(0);`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], {
    env: {
      PATH: process.env.PATH,
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
      OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '0',
      OTEL_SPAN_LINK_COUNT_LIMIT: '-1',
      OTEL_TRACES_SAMPLER: 'sometimes',
    },
  });
  expect(stdout).toContain('OTEL_BSP_MAX_EXPORT_BATCH_SIZE=0 is below 1');
  expect(stdout).toContain('OTEL_SPAN_LINK_COUNT_LIMIT=-1 is below 1');
  expect(stdout).toContain('OTEL_TRACES_SAMPLER=sometimes is not known');
});

test('what is odd in the settings is a warning, and never an error', async () => {
  const log = { info: vi.fn(), warn: vi.fn(), debug: vi.fn() };
  await using _ = await openTracing({ service: 'test', env: { OTEL_TRACES_EXPORTER: 'console' }, log });
  expect(log.warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('OTEL_TRACES_EXPORTER=console'));
});
