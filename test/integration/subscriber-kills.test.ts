// @module-tag whole
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { Kafka, logLevel } from 'kafkajs';
import { randomOf } from 'qcc-simulator/random';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { killChild, startChild } from '../../stack/child.ts';
import { PATIENCE } from '../harness/patience.ts';
import { type Pipeline, startPipeline } from '../harness/pipeline.ts';

/** Orders with ids that come again, so that versions replace one another while the subscriber is killed. */
const RECORDS = 400;
const REPEAT = 80;
const KILLS = 5;
const random = randomOf('subscriber-kills');

let pipeline: Pipeline;
let hour = 0;
const sendOrder = () => {
  hour += 1;
  const pushDate = `2026-03-${String(16 + Math.floor(hour / 10)).padStart(2, '0')} 1${hour % 10}:10:00`;
  return pipeline.simulator.createOrder({ records: RECORDS, pushDate, ...(hour > 1 && { repeat: REPEAT }) });
};
const completeOrders = async () =>
  (await pipeline.query<{ n: number }>("SELECT count() AS n FROM {{db}}.orders WHERE status = 'COMPLETE'"))[0]?.n;

beforeAll(async () => {
  pipeline = await startPipeline({
    stack: inject('stack'),
    simulator: { seed: 'subscriber-kills', faults: { processingShare: 0.3, processingAsks: 1 } },
    env: { DETAIL_WAIT_MS: '300', DETAIL_RATE_PER_SECOND: '1000' },
  });
  for (let order = 0; order < 2; order += 1) await sendOrder();
  await vi.waitFor(async () => expect(await completeOrders()).toBe(2), PATIENCE);
});
afterAll(() => pipeline?.[Symbol.asyncDispose]());

type Life = {
  child: ChildProcess;
  lines: string[];
  reached(changes: number, from: 'history' | 'topic'): Promise<void>;
};

function startSubscriber(): Life {
  const files = ['state.db', 'versions.db'].map((name) => join(pipeline.folder, name));
  const args = ['--disable-warning=TimeoutNegativeWarning', join(import.meta.dirname, 'subscriber-process.ts')];
  const child = startChild(process.execPath, [...args, 'risk-team', ...files], {
    env: { ...process.env, ...pipeline.env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  createInterface({ input: child.stdout! }).on('line', (line) => lines.push(line));
  return {
    child,
    lines,
    reached: (changes, from) =>
      vi.waitFor(() => expect(lines.filter((line) => line === from).length).toBeGreaterThanOrEqual(changes), {
        ...PATIENCE,
        interval: 2,
      }),
  };
}

/** Whether the group has committed, so that its snapshot is over. */
async function hasBegun(): Promise<boolean> {
  const admin = new Kafka({ brokers: pipeline.stack.KAFKA_BROKERS.split(','), logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  const topics = [`${pipeline.prefix}enriched-records`];
  const [offsets] = await admin.fetchOffsets({ groupId: 'risk-team', topics });
  await admin.disconnect();
  return offsets!.partitions.every(({ offset }) => offset !== '-1');
}

const handled = (): Map<string, string> => {
  using database = new DatabaseSync(join(pipeline.folder, 'state.db'));
  const rows = database.prepare('SELECT id, lower(hex(version)) AS version FROM state').all();
  return new Map(rows.map(({ id, version }) => [String(id), String(version)]));
};
const stored = async (): Promise<Map<string, string>> => {
  const rows = await pipeline.query<{ id: string; version: string }>(
    'SELECT id, toString(version) AS version FROM {{db}}.records',
  );
  return new Map(rows.map(({ id, version }) => [id, BigInt(version).toString(16).padStart(64, '0')]));
};

test('a subscriber with history that is killed five times while orders arrive ends at the same state as ClickHouse', async () => {
  const older: string[] = [];
  const seen: Record<string, number> = {};
  const note = (lines: readonly string[]): void => {
    for (const line of lines) {
      if (line.startsWith('older')) older.push(line);
      else seen[line] = (seen[line] ?? 0) + 1;
    }
  };
  for (let kill = 0; kill < KILLS; kill += 1) {
    const life = startSubscriber();
    if (kill < 2) {
      // Inside the snapshot, which has at least 720 records, while an order arrives.
      const sent = sendOrder();
      await life.reached(random.int(20, 250), 'history');
      killChild(life.child);
      await sent;
    } else {
      await vi.waitFor(async () => expect(await hasBegun()).toBe(true), PATIENCE);
      const sent = sendOrder();
      await life.reached(random.int(20, 250), 'topic');
      killChild(life.child);
      await sent;
    }
    await once(life.child, 'close');
    note(life.lines);
  }
  await vi.waitFor(async () => expect(await completeOrders()).toBe(2 + KILLS), PATIENCE);
  const life = startSubscriber();
  try {
    await vi.waitFor(async () => expect(handled()).toEqual(await stored()), { ...PATIENCE, interval: 500 });
    life.child.kill('SIGTERM');
    expect(await once(life.child, 'close')).toEqual([0, null]);
  } finally {
    killChild(life.child);
  }
  note(life.lines);
  expect(older).toEqual([]);
  expect(seen).toMatchObject({ started: KILLS + 1, closed: 1, history: expect.any(Number), topic: expect.any(Number) });
  expect(new Set((await stored()).keys())).toEqual(new Set([...pipeline.simulator.currentTruth()].map(({ id }) => id)));
});
