import { until } from '../../harness/until.ts';
import {
  assertExactly,
  assertThat,
  type Bed,
  keysOf,
  messagesOf,
  NonconformityError,
  PATIENCE_MS,
  positionOf,
  readUntil,
} from '../bed.ts';
import { type Case, ONCE } from '../case.ts';
import type { Received, Sent, TransactionalProducer } from '../client.ts';

const PARTITIONS = 6;

/** Several topics whose partitions lie on all brokers. */
async function openTopics(bed: Bed): Promise<string[]> {
  return [await bed.topic(PARTITIONS), await bed.topic(PARTITIONS), await bed.topic(PARTITIONS)];
}

const committedOf = async (bed: Bed, topics: readonly string[]): Promise<Received[]> => {
  const found: Received[] = [];
  for (const topic of topics) found.push(...(await bed.truth.committed(topic)));
  return found;
};

export const severalPartitions: Case = {
  sentence: 'A transaction over several topics, partitions and brokers commits all its messages and its input offset',
  rounds: ONCE,
  isShort: true,
  async run(bed) {
    const topics = await openTopics(bed);
    const input = { group: bed.name('group'), topic: topics[0]!, partition: 0 };
    const { client } = await bed.start();
    const producer = await client.openTransactional({ id: bed.name('id'), input });
    const sent: Sent[] = [];
    for (let round = 0; round < 5; round += 1) {
      await producer.begin();
      for (const topic of topics) {
        const messages = messagesOf(topic, PARTITIONS, bed.name('several'), 10);
        await producer.send(messages);
        sent.push(...messages);
      }
      await producer.commit(BigInt(round + 1));
    }
    assertExactly(await committedOf(bed, topics), { committed: keysOf(sent) });
    const offset = await bed.truth.groupOffset(input.group, input);
    assertThat(offset === 5n, `the input offset is ${offset} instead of 5`);
    await producer.close();
    return [`${sent.length} messages in 5 transactions`];
  },
};

export const abortedInvisible: Case = {
  sentence: 'An aborted transaction is invisible, and its input offset is not committed',
  rounds: ONCE,
  isShort: true,
  async run(bed) {
    const topic = await bed.topic(PARTITIONS);
    const input = { group: bed.name('group'), topic, partition: 0 };
    const { client } = await bed.start();
    const producer = await client.openTransactional({ id: bed.name('id'), input });
    const committed: string[] = [];
    const never: string[] = [];
    for (let round = 0; round < 3; round += 1) {
      const messages = messagesOf(topic, PARTITIONS, bed.name('aborted'), 20);
      await producer.begin();
      await producer.send(messages);
      if (round === 1) {
        await producer.abort();
        never.push(...keysOf(messages));
      } else {
        await producer.commit(BigInt(10 + round));
        committed.push(...keysOf(messages));
      }
    }
    assertExactly(await bed.truth.committed(topic), { committed, never });
    const offset = await bed.truth.groupOffset(input.group, input);
    assertThat(offset === 12n, `the input offset is ${offset} instead of 12`);
    await producer.close();
    return [];
  },
};

export const overlappingAborted: Case = {
  sentence:
    'A reader of committed messages sees nothing of aborted transactions that overlap, and its position passes them',
  rounds: ONCE,
  isShort: true,
  async run(bed) {
    const topic = await bed.topic(1);
    const input = { group: bed.name('group'), topic, partition: 0 };
    const { client } = await bed.start();
    const open = () => client.openTransactional({ id: bed.name('id'), input });
    const [first, second, third] = [await open(), await open(), await open()];
    const send = async (producer: TransactionalProducer, name: string): Promise<string[]> => {
      const messages = messagesOf(topic, 1, bed.name(name), 10);
      await producer.send(messages);
      return keysOf(messages);
    };
    for (const producer of [first, second, third]) await producer.begin();
    const aborted = [...(await send(first, 'first')), ...(await send(second, 'second'))];
    const committed = await send(third, 'third');
    aborted.push(...(await send(first, 'first')), ...(await send(second, 'second')));
    committed.push(...(await send(third, 'third')));
    // Brokers list aborted transactions by their ends: the second one, which began later, comes first.
    await second.abort();
    aborted.push(...(await send(first, 'first')));
    await first.abort();
    await third.commit();
    // Each of the three transactions ends with a control record, which takes an offset.
    const next = BigInt(aborted.length + committed.length + 3);
    await until('the control records are written', PATIENCE_MS, async () => {
      return (await bed.truth.ends(input)).next === next;
    });
    const reader = await client.openReader([{ topic, partition: 0, offset: 0n }]);
    const seen = await readUntil(
      reader,
      `behind the last control record, at offset ${next}`,
      (soFar) => positionOf(soFar, input) === next,
    );
    assertExactly(seen.messages, { committed, never: aborted });
    for (const producer of [first, second, third]) await producer.close();
    await reader.close();
    return [];
  },
};

export const emptyTransactions: Case = {
  sentence: 'Empty transactions, and transactions of an offset alone, can follow one another at once',
  rounds: { whole: 100, short: 20 },
  isShort: true,
  async run(bed, { rounds }) {
    const topic = await bed.topic(1);
    const input = { group: bed.name('group'), topic, partition: 0 };
    const { client } = await bed.start();
    const producer = await client.openTransactional({ id: bed.name('id'), input });
    const failures: string[] = [];
    const began = performance.now();
    for (let round = 0; round < rounds; round += 1) {
      const run = async (nextOffset?: bigint) => {
        await producer.begin();
        await producer.commit(nextOffset);
      };
      await run(round % 2 === 0 ? undefined : BigInt(round)).catch((error: unknown) => {
        failures.push(error instanceof Error ? error.message : String(error));
      });
      if (failures.length > 0) break;
    }
    if (failures.length > 0) throw new NonconformityError(`one of ${rounds} failed: ${failures[0]}`);
    const perTransaction = (performance.now() - began) / rounds;
    const offset = await bed.truth.groupOffset(input.group, input);
    const expected = BigInt(rounds % 2 === 0 ? rounds - 1 : rounds - 2);
    assertThat(offset === expected, `the input offset is ${offset} instead of ${expected}`);
    await producer.close();
    return [`${rounds} transactions, ${perTransaction.toFixed(0)} ms each`];
  },
};
