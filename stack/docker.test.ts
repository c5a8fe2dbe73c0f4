import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { composeDown, composeRuns, composeUp } from './docker.ts';

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
