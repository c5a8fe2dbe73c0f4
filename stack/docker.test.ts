import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { bringDown, bringUp } from './background.ts';
import { composeDown, composeRuns, composeUp } from './docker.ts';
import { RUN_DIR } from './places.ts';

vi.mock(import('./places.ts'), async (original) => {
  const RUN_DIR = mkdtempSync(join(tmpdir(), 'qcc-docker-run-'));
  return { ...(await original()), RUN_DIR };
});
afterAll(() => rmSync(RUN_DIR, { recursive: true }));

const PORTS = { kafka: 19_092, registry: 18_081, clickhouse: 18_123 };
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'qcc-docker-'));
  vi.stubEnv('PATH', `${folder}:${process.env.PATH}`);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** A `docker` that runs these lines of a shell. */
function docker(lines: string): void {
  writeFileSync(join(folder, 'docker'), `#!/bin/sh\n${lines}\n`);
  chmodSync(join(folder, 'docker'), 0o755);
}

test('an image that cannot be pulled is reported in the words of Docker, with the remedy', async () => {
  docker('echo "pull access denied for apache/kafka" >&2; exit 1');
  await expect(composeUp(PORTS, undefined)).rejects.toThrow(
    /pull access denied for apache\/kafka\n\nSee `docker compose logs`, or do without Docker: QCC_STACK=native\.$/,
  );
});

test('the parts get the ports, and are ended with or without their data', async () => {
  docker(`
    case "$2" in
      up) [ "$STACK_KAFKA_PORT" = 19092 ] && touch ${folder}/up ;;
      ps) [ -e ${folder}/up ] && echo container; exit 0 ;;
      down) [ "$3" = --volumes ] && rm ${folder}/up; exit 0 ;;
    esac`);
  expect(await composeRuns()).toBe(false);
  expect(await composeUp(PORTS, undefined)).toEqual({
    KAFKA_BROKERS: '127.0.0.1:19092',
    SCHEMA_REGISTRY_URL: 'http://127.0.0.1:18081/apis/ccompat/v7',
    CLICKHOUSE_URL: 'http://127.0.0.1:18123',
  });
  expect(await composeRuns()).toBe(true);
  expect(await composeDown({ data: 'keep' })).toBe(true);
  expect(await composeRuns()).toBe(true);
  expect(await composeDown({ data: 'delete' })).toBe(true);
  expect(await composeRuns()).toBe(false);
});

describe('a start that ends early', () => {
  /** Containers of the fake engine are files. It needs a moment to end when it is told to. */
  const engine = (fate: string) =>
    docker(`
      case "$2" in
        up)
          trap 'sleep 0.3; touch ${folder}/registry; exit 143' TERM
          touch ${folder}/kafka
          ${fate} ;;
        stop | down) cd ${folder} && rm -f kafka registry clickhouse ;;
        ps) ls ${folder} | grep -v docker; exit 0 ;;
      esac`);

  test('ends the parts that it has started', async () => {
    engine('echo "container registry is unhealthy" >&2; exit 1');
    await expect(composeUp(PORTS, undefined)).rejects.toThrow('container registry is unhealthy');
    expect(await composeRuns()).toBe(false);
  });

  test('also ends those that it starts while it is told to end', async () => {
    engine('while :; do sleep 0.1; done');
    const aborted = new AbortController();
    const starting = composeUp(PORTS, aborted.signal);
    await vi.waitFor(async () => expect(await composeRuns()).toBe(true), { timeout: 10_000 });
    aborted.abort(new Error('interrupted'));
    await expect(starting).rejects.toThrow('interrupted');
    expect(await composeRuns()).toBe(false);
  });

  test('is not taken for a stack that is up, and `--down` ends it, also if the start was killed', async () => {
    engine('while :; do sleep 0.1; done');
    const up = { chooseKind: async () => 'docker' as const, ports: PORTS };
    const aborted = new AbortController();
    const killed = bringUp({ ...up, signal: aborted.signal });
    killed.catch(() => {});
    await vi.waitFor(async () => expect(await composeRuns()).toBe(true), { timeout: 10_000 });
    await expect(bringUp(up)).rejects.toThrow('end it with `npm run stack -- --down`');
    expect(await bringDown()).toBe(true);
    expect(await composeRuns()).toBe(false);
    aborted.abort();
    await Promise.allSettled([killed]);
  });
});
