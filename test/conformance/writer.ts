import { setTimeout as sleep } from 'node:timers/promises';
import { assertThat, type Bed, keysOf, NonconformityError, PATIENCE_MS } from './bed.ts';
import type { Input, KafkaClient, PlainProducer, Received, Sent, TransactionalProducer } from './client.ts';

/** What a writer was told about its messages. */
export type Told = {
  /** Must be stored, each of them once. */
  committed: string[];
  /** Must not be visible: they belong to transactions that failed before their commit. */
  never: string[];
  /** Keys of transactions whose commit failed: all of them are there, or none. */
  unknown: string[][];
  /** Why a transaction or a send had to be given up and its producer replaced. */
  failures: string[];
};

export const nothingTold = (): Told => ({ committed: [], never: [], unknown: [], failures: [] });

type AnyIterable<Item> = Iterable<Item> | AsyncIterable<Item>;

/**
 * Commits one transaction after another, as a service does: a producer that fails is closed, and a new one with the same
 * id takes its place. The messages of a failed transaction are not sent again, so that each key tells what became of it.
 */
export async function writeTransactions(
  client: KafkaClient,
  options: {
    id: string;
    input: Input;
    /** Sends of each transaction, in their order; asked for one by one, so that something can happen in between. */
    transactions: AnyIterable<AnyIterable<readonly Sent[]>>;
    told?: Told;
  },
): Promise<Told> {
  const { id, input, told = nothingTold() } = options;
  let producer: TransactionalProducer | undefined;
  for await (const sends of options.transactions) {
    producer ??= await persist(`open a producer for ${id}`, () => client.openTransactional({ id, input }), told);
    const keys: string[] = [];
    try {
      await producer.begin();
      for await (const messages of sends) {
        keys.push(...keysOf(messages));
        await producer.send(messages);
      }
    } catch (error) {
      told.never.push(...keys);
      told.failures.push(text(error));
      producer = await discard(producer);
      continue;
    }
    try {
      await producer.commit();
      told.committed.push(...keys);
    } catch (error) {
      told.unknown.push(keys);
      told.failures.push(text(error));
      producer = await discard(producer);
    }
  }
  if (producer) {
    await producer.close().catch(() => {});
  } else {
    // What is left of the last transaction ends with the fence, so that readers need not wait for its timeout.
    const last = await persist(`open a producer for ${id}`, () => client.openTransactional({ id, input }), told);
    await last.close().catch(() => {});
  }
  return told;
}

/** The same for a producer without transactions. What a rejected send left behind is unknown message by message. */
export async function writePlain(
  client: KafkaClient,
  sends: AnyIterable<readonly Sent[]>,
  told: Told = nothingTold(),
): Promise<Told> {
  let producer: PlainProducer | undefined;
  for await (const messages of sends) {
    producer ??= await persist('open a producer', () => client.openIdempotent(), told);
    try {
      await producer.send(messages);
      told.committed.push(...keysOf(messages));
    } catch (error) {
      told.unknown.push(...keysOf(messages).map((key) => [key]));
      told.failures.push(text(error));
      producer = await discard(producer);
    }
  }
  await producer?.close().catch(() => {});
  return told;
}

/**
 * @param allowTwice For producers whose readers remove repetitions; lost messages are an error all the same.
 * @returns How many messages are stored twice.
 * @throws NonconformityError if the log is not what the writer was told.
 */
export function assertTold(
  found: readonly Received[],
  { committed, never, unknown }: Told,
  { allowTwice = false } = {},
): number {
  const there = new Set(keysOf(found));
  const counts = new Map<string, number>();
  for (const key of keysOf(found)) counts.set(key, (counts.get(key) ?? 0) + 1);
  const lost = committed.filter((key) => !there.has(key)).length;
  const doubled = [...counts.values()].filter((count) => count > 1).length;
  const wrong = never.filter((key) => there.has(key)).length;
  const torn = unknown.filter((keys) => keys.some((key) => there.has(key)) && !keys.every((key) => there.has(key)));
  const problems = [
    lost > 0 && `${lost} of ${committed.length} messages that the client called stored are lost`,
    doubled > 0 && !allowTwice && `${doubled} messages are stored twice`,
    wrong > 0 && `${wrong} messages of failed or aborted transactions are visible`,
    torn.length > 0 && `${torn.length} transactions are visible in part`,
  ].filter((problem) => problem !== false);
  assertThat(problems.length === 0, problems.join('; '));
  return doubled;
}

/** "3 of 40 failed and were given up (…)", for the notes of a case. */
export function describeFailures({ failures }: Told, count: number, what: string): string {
  if (failures.length === 0) return `none of ${count} ${what} failed`;
  const kinds = Map.groupBy(failures, (failure) => failure);
  const most = [...kinds].sort(([, a], [, b]) => b.length - a.length).slice(0, 3);
  return `${failures.length} failures in ${count} ${what} (${most.map(([kind, { length }]) => `${length} × ${kind}`).join('; ')})`;
}

/** Tries until it works. @throws NonconformityError when it never does */
async function persist<Opened>(what: string, open: () => Promise<Opened>, told: Told): Promise<Opened> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await open();
    } catch (error) {
      told.failures.push(text(error));
      if (Date.now() > deadline) {
        throw new NonconformityError(`could not ${what} within ${PATIENCE_MS / 1_000} s: ${text(error)}`);
      }
      await sleep(200);
    }
  }
}

/** Closing may wait for a broker; the next step does not depend on it. */
async function discard(producer: PlainProducer): Promise<undefined> {
  void producer.close().catch(() => {});
  await sleep(50);
  return undefined;
}

const text = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0]!.slice(0, 160);

/** An input that nothing reads, for transactions that commit no offset. */
export const noInput = (bed: Bed, topic: string): Input => ({ group: bed.name('group'), topic, partition: 0 });
