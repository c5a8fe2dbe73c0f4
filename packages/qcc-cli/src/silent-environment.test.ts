import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLoopbackServer } from 'qcc-core/testing/loopback-server';
import { openFolderStore } from 'qcc-evidence/folder-store';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { runCli } from './run-cli.ts';

/**
 * Kafka, registry, ClickHouse, bucket and QCC that take connections and never answer, as those of stopped processes do: the
 * system accepts for them.
 */
const sockets = new Set<Socket>();
const silent = createServer((socket) => {
  sockets.add(socket);
  socket.on('error', () => {});
});
let address: string;
let env: Record<string, string>;
let evidence: string;
beforeAll(async () => {
  evidence = await mkdtemp(join(tmpdir(), 'qcc-silent-'));
  await openFolderStore(join(evidence, 'store')).make();
  // What a command leaves behind goes when its process ends, which here is that of the tests.
  vi.stubEnv('TMPDIR', evidence);
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  address = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
  env = {
    KAFKA_BROKERS: address,
    SCHEMA_REGISTRY_URL: `http://${address}`,
    CLICKHOUSE_URL: `http://${address}`,
    QCC_KEY: 'key',
    QCC_SECRET_KEY: 'secret',
    QCC_BASE_URL: 'http://127.0.0.1:1',
    SEALING_KEY: Buffer.alloc(32).toString('base64'),
    ERASURE_KEY: Buffer.alloc(32).toString('base64'),
    EVIDENCE_URL: `file:${join(evidence, 'store')}`,
  };
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(evidence, { recursive: true });
  for (const socket of sockets) socket.destroy();
  silent.close();
});

async function run(args: string[], more: Record<string, string> = {}) {
  const out: string[] = [];
  const err: string[] = [];
  const startedAt = performance.now();
  const terminal = { print: (line: string) => void out.push(line), complain: (text: string) => void err.push(text) };
  const exitCode = await runCli({ ...terminal, env: { ...env, ...more }, ask: null }, args);
  return { exitCode, out: out.join('\n'), err: err.join(''), tookMs: performance.now() - startedAt };
}

const BY = ['--who', 'me', '--why', 'it'];
const PLACE = ['--service', 'detail-enricher', '--partition', '0', '--to', 'end'];
const COMMANDS: readonly string[][] = [
  ['ledger'],
  ['certificate', '--day', '2026-11-24'],
  ['coverage', 'close', '--day', '2026-11-24', ...BY],
  ['replay', 'DD1'],
  ['replay', 'DD1', '--force'],
  ['order', 'close', 'DD1', ...BY],
  ['audit', '--no-archive'],
  ['dead-letters', 'list'],
  ['dead-letters', 'replay', '--order', 'DD1'],
  ['dead-letters', 'discard', '--order', 'DD1', '--position', '1', ...BY],
  ['dead-letters', 'discard', '--id', 'dead-letters/0/1', ...BY],
  ['details', 'estimate'],
  ['details', 'confirm', '--yes'],
  ['details', 'open'],
  ['details', 'spend'],
  ['evidence', 'r1'],
  ['offsets'],
  ['offsets', 'set', ...PLACE, ...BY, '--yes'],
  ['rebuild', '--database', 'other'],
  ['erase', '--company', 'k1', ...BY, '--dry-run'],
];

describe('a command whose environment does not answer ends, and says so:', () => {
  test.concurrent.each(COMMANDS.map((args) => [args.join(' '), args] as const))('%s', async (_name, args) => {
    const { exitCode, err, tookMs } = await run([...args]);
    expect([exitCode, err]).toEqual([1, expect.stringContaining('does not answer within 5 s')]);
    // A minute without the limit; the rest is for a busy machine.
    expect(tookMs).toBeLessThan(20_000);
  });

  test.concurrent('doctor, for each of them', async () => {
    const { exitCode, out, tookMs } = await run(['doctor']);
    expect(exitCode).toBe(1);
    expect(out).toContain(`FAIL  Kafka: Kafka at ${address} does not answer within 5 s`);
    expect(out).toContain(`FAIL  schema registry: the schema registry at http://${address} does not answer within 5 s`);
    expect(out).toContain(`FAIL  ClickHouse: ClickHouse at http://${address} does not answer within 5 s`);
    expect(out).toMatch(/FAIL {2}sealing keys: .* does not answer within 5 s/);
    expect(tookMs).toBeLessThan(20_000);
  });
});

describe('a bucket that does not answer', () => {
  const bucket = () => ({
    EVIDENCE_URL: 's3://originals',
    EVIDENCE_S3_ENDPOINT: `http://${address}`,
    EVIDENCE_S3_ACCESS_KEY_ID: 'access',
    EVIDENCE_S3_SECRET_ACCESS_KEY: 'secret',
  });

  test.concurrent.each(['doctor', 'evidence init', 'evidence prune'])('ends `%s`, which names it', async (command) => {
    const { exitCode, out, err, tookMs } = await run(command.split(' '), bucket());
    expect(exitCode).toBe(1);
    expect(out + err).toContain('the evidence store s3://originals/ does not answer within 5 s');
    expect(tookMs).toBeLessThan(20_000);
  });

  test.concurrent('is reported differently from a bucket that refuses connections', async () => {
    const { out } = await run(['doctor'], { ...bucket(), EVIDENCE_S3_ENDPOINT: 'http://127.0.0.1:1' });
    expect(out).toMatch(/FAIL {2}evidence: cannot keep doctor\/\S+ in s3:\/\/originals\/: .*ECONNREFUSED/);
  });
});

test('a silent Kafka does not hide that QCC sends callbacks again', async () => {
  await using qcc = await startLoopbackServer((_request, response) => void response.end('{"status":"200"}'));
  const { exitCode, out } = await run(['callback', 'activate'], { QCC_BASE_URL: qcc.url });
  expect([exitCode, out]).toEqual([1, 'QCC sends callbacks again from its next order.']);
});

test('the doctor waits for QCC no longer than for the others', async () => {
  const { out, tookMs } = await run(['doctor'], { QCC_BASE_URL: `http://${address}`, QCC_TIMEOUT_MS: '60000' });
  expect(out).toContain(`FAIL  QCC: QCC at http://${address} does not answer within 5 s`);
  expect(tookMs).toBeLessThan(20_000);
});

test('one silent broker among several is no silence: the others are asked', async () => {
  const { err } = await run(['details', 'open'], {
    KAFKA_BROKERS: `${address},127.0.0.1:1`,
    SCHEMA_REGISTRY_URL: 'http://127.0.0.1:1',
  });
  expect(err).toContain('the schema registry at http://127.0.0.1:1 does not answer: start it');
});
