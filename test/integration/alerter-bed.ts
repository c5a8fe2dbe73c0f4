import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectCodec } from 'qcc-core/avro/codec';
import { COMMON_SETTINGS, readSettings } from 'qcc-core/base/settings';
import type { AlertState, EnrichedRecord, ErasedRecord, PortfolioMember } from 'qcc-core/contract/domain';
import { TOPICS } from 'qcc-core/contract/topics';
import { createKafka } from 'qcc-core/kafka/client/connect';
import { ensureTopics } from 'qcc-core/kafka/client/ensure-topics';
import { expect, inject, vi } from 'vitest';
import { killChild, startChild } from '../../stack/child.ts';
import { ROOT } from '../../stack/places.ts';
import { PATIENCE } from '../harness/patience.ts';
import { produce, readTopic } from './topic-reader.ts';

/**
 * Topics of one test, and what a test of the alerter writes to them.
 * @param given Settings that differ from those of the common stack.
 */
export async function openBed(given: Readonly<Record<string, string>> = {}) {
  const prefix = `alerter-${randomUUID()}.`;
  const kafkaEnv = { ...inject('stack'), ...given, TOPIC_PREFIX: prefix };
  const settings = readSettings(kafkaEnv, COMMON_SETTINGS);
  const kafka = createKafka({ settings, clientId: 'test', logCreator: () => () => {} });
  await ensureTopics(kafka, settings);
  const codec = await connectCodec(settings);
  return {
    prefix,
    kafkaEnv,
    kafka,
    codec,
    /** @param key of all messages, for changes of several companies in one partition. */
    send: (changes: readonly EnrichedRecord[], key?: string) =>
      produce(
        kafka,
        prefix,
        changes.map((each) => ({
          topic: TOPICS.enrichedRecords,
          key: key ?? each.record.corpKeyNo,
          value: codec.encode('enriched-records', each),
        })),
      ),
    loadPortfolio: (members: readonly (Partial<PortfolioMember> & { member: string })[]) =>
      produce(
        kafka,
        prefix,
        members.map((each) => ({
          topic: TOPICS.portfolio,
          key: `main|customers|${each.member}`,
          value: codec.encode('portfolio', {
            account: 'main',
            portfolio: 'customers',
            creditCode: null,
            regNo: null,
            name: null,
            attributes: {},
            loadedAt: Date.now(),
            removed: false,
            companies: [],
            matchedBy: null,
            ...each,
          }),
        })),
      ),
    eraseCustomer: (member: string) =>
      produce(kafka, prefix, [{ topic: TOPICS.portfolio, key: `main|customers|${member}`, value: null }]),
    erase: (entries: readonly Pick<ErasedRecord, 'corpKeyNo' | 'id' | 'extent'>[]) =>
      produce(
        kafka,
        prefix,
        entries.map((each) => ({
          topic: TOPICS.erasedRecords,
          key: ['main', each.corpKeyNo, each.id].filter((part) => part !== null).join('|'),
          value: codec.encode('erased-records', { account: 'main', erasedAt: Date.now(), ...each }),
        })),
      ),
  };
}

export type Bed = Awaited<ReturnType<typeof openBed>>;

/** `alert-state` as it is read so far. */
export async function followState({ kafka, prefix, codec }: Bed) {
  const reader = await readTopic(kafka, prefix, TOPICS.alertState);
  const decodeAll = (values: readonly (Buffer | null)[]) =>
    Promise.all(values.flatMap((value) => (value ? [codec.decode('alert-state', value)] : [])));
  const all = () => decodeAll(reader.messages.map(({ value }) => value));
  return {
    messages: reader.messages,
    /** All entries, also those that were removed later. */
    all,
    /** The entries that are still there. */
    async current(): Promise<AlertState[]> {
      await reader.toEnd();
      return await decodeAll([...new Map(reader.messages.map(({ key, value }) => [String(key), value])).values()]);
    },
    /** Changes from before the first start make no alerts: they have to come after each lane has written that it has started. */
    async started(): Promise<void> {
      await vi.waitFor(async () => {
        const lanes = (await all()).flatMap(({ kind, partition }) => (kind === 'START' ? [partition] : []));
        expect(new Set(lanes).size).toBe(TOPICS.enrichedRecords.partitions);
      }, PATIENCE);
    },
    [Symbol.asyncDispose]: () => reader[Symbol.asyncDispose](),
  };
}

/**
 * The alerter as a process.
 * @param given.clockOffsetMs How far its clock is off. Its timers run as always.
 */
export function startAlerter(given: {
  env: Readonly<Record<string, string>>;
  logFile: string;
  clockOffsetMs?: number;
}) {
  const { env, logFile, clockOffsetMs = 0 } = given;
  const main = join(ROOT, 'services', 'alerter', 'src', 'main.ts');
  const clock = `const { now } = Date; Date.now = () => now() + ${clockOffsetMs};`;
  const child = startChild(
    process.execPath,
    [
      '--disable-warning=TimeoutNegativeWarning',
      ...(clockOffsetMs === 0 ? [] : ['--import', `data:text/javascript,${encodeURIComponent(clock)}`]),
      main,
    ],
    { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
  );
  for (const stream of [child.stdout!, child.stderr!])
    stream.setEncoding('utf8').on('data', (text: string) => writeFileSync(logFile, text, { flag: 'a' }));
  const end = async (signal: 'SIGKILL' | 'SIGTERM') => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  };
  return {
    /** Its exit code. */
    ended: once(child, 'exit').then(([code]) => code as number | null),
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    async [Symbol.asyncDispose]() {
      killChild(child);
    },
  };
}
