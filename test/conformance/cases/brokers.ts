import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../harness/until.ts';
import {
  assertThat,
  type Bed,
  keysOf,
  messagesOf,
  NonconformityError,
  PATIENCE_MS,
  readUntil,
  untilWhole,
} from '../bed.ts';
import { type Case, ONCE } from '../case.ts';
import type { KafkaClient, Reader, Received } from '../client.ts';
import { assertTold, describeFailures, noInput, nothingTold, writePlain, writeTransactions } from '../writer.ts';

const PARTITIONS = 3;
/** Seconds since a moment, to a tenth. */
const secondsSince = (moment: number): number => Math.round((performance.now() - moment) / 100) / 10;

/**
 * One broker is frozen (SIGSTOP): its connections stay open and nothing answers. The cluster moves leadership after nine
 * seconds. The figures are from the freeze until the client stores on, and reads from, every partition again.
 */
export const hungBroker: Case = {
  sentence:
    'While one broker hangs, transactions, plain sends and reading go on as soon as the others lead its partitions',
  rounds: ONCE,
  isShort: false,
  async run(bed) {
    const topic = await bed.topic(PARTITIONS);
    const { admin, nodes } = bed.cluster;
    await admin.moveLeaders(nodes.map(({ id }, partition) => ({ topic, partition, nodeId: id })));
    const writers = await bed.start();
    const readers = await bed.start();
    const from = Array.from({ length: PARTITIONS }, (_, partition) => ({ topic, partition, offset: 0n }));
    const reader = await readers.client.openReader(from);
    const received: Received[] = [];
    const problems: string[] = [];
    let isOver = false;
    const reading = (async () => {
      while (!isOver) {
        const taken = await reader.take();
        received.push(...taken.messages);
        problems.push(...taken.problems);
        await sleep(50);
      }
    })();
    const transactional = nothingTold();
    const plain = nothingTold();
    const sends = async function* (name: string) {
      while (!isOver) {
        yield messagesOf(topic, PARTITIONS, bed.name(name));
        await sleep(100);
      }
    };
    const transactions = async function* () {
      for await (const messages of sends('transaction')) yield [messages];
    };
    const writing = Promise.all([
      writeTransactions(writers.client, {
        id: bed.name('id'),
        input: noInput(bed, topic),
        transactions: transactions(),
        told: transactional,
      }),
      writePlain(writers.client, sends('plain'), plain),
    ]);
    writing.catch(() => {});
    const seen = (keys: readonly string[]) => {
      const there = new Set(keysOf(received));
      return keys.filter((key) => there.has(key)).length;
    };
    await until('the client writes and reads', PATIENCE_MS, async () => {
      return transactional.committed.length > 30 && plain.committed.length > 30 && seen(plain.committed) > 30;
    });
    const [victim] = nodes;
    const began = performance.now();
    victim!.freeze();
    const before = { transactional: transactional.committed.length, plain: plain.committed.length };
    // Requests that were in flight at the freeze must not count, so each condition below waits for more than `settled` messages.
    const again = async (what: string, holds: () => boolean): Promise<number> => {
      await until(what, PATIENCE_MS, async () => holds()).catch(() => {
        const said = [...new Set([...transactional.failures, ...plain.failures, ...problems])].slice(0, 3).join(', ');
        throw new NonconformityError(`${what}: not within ${PATIENCE_MS / 1_000} s while the broker hung (${said})`);
      });
      return secondsSince(began);
    };
    try {
      const settled = 9;
      const [stored, published, read] = await Promise.all([
        again('transactions are committed', () => transactional.committed.length > before.transactional + settled),
        again('plain sends are stored', () => plain.committed.length > before.plain + settled),
        again('messages stored after the freeze are read', () => {
          const after = [
            ...transactional.committed.slice(before.transactional),
            ...plain.committed.slice(before.plain),
          ];
          return after.length > 2 * settled && seen(after) > settled;
        }),
      ]);
      return [
        `transactions again after ${stored} s, plain sends after ${published} s, reading after ${read} s`,
        describeFailures(transactional, transactional.committed.length / PARTITIONS, 'transactions'),
      ];
    } finally {
      isOver = true;
      victim!.thaw();
      await Promise.allSettled([writing, reading]);
      await untilWhole(bed.cluster, [topic]);
      const log = await bed.truth.committed(topic);
      // The plain producer may store a message twice; the transactional one may not.
      const ofPlain = new Set([...plain.committed, ...plain.unknown.flat()]);
      assertTold(
        log.filter(({ key }) => ofPlain.has(key)),
        plain,
        { allowTwice: true },
      );
      assertTold(
        log.filter(({ key }) => !ofPlain.has(key)),
        transactional,
      );
    }
  },
};

/** Not the loss of a connection, which comes with the killed broker. */
const isReport = (problem: string): boolean => /offset|truncation/i.test(problem);

/**
 * The leader had stored messages that the other replica lacks; it dies, and the other one leads by an unclean election and takes
 * new messages under the same offsets, and more. A reader that sleeps meanwhile knows only how far it has read.
 */
async function electUncleanly(
  bed: Bed,
  topic: string,
  reads: { open(client: KafkaClient): Promise<Reader>; untilCommitted?(client: KafkaClient): Promise<unknown> },
): Promise<string[]> {
  const place = { topic, partition: 0 };
  const { admin } = bed.cluster;
  const [leader, other] = [1, 2];
  await admin.setReplicas(place, [leader, other]);
  await admin.moveLeaders([{ ...place, nodeId: leader }]);
  const process = await bed.start();
  await bed.truth.put(place, keysOf(messagesOf(topic, 1, bed.name('kept'), 50)));
  await untilWhole(bed.cluster, [topic]);
  await bed.cluster.node(other).kill();
  await until('the leader is alone', PATIENCE_MS, async () => {
    const [state] = await admin.partitions(topic);
    return state!.leader === leader && state!.isr.length === 1;
  });
  await bed.truth.put(place, keysOf(messagesOf(topic, 1, bed.name('lost'), 50)));
  const reader = await reads.open(process.client);
  await readUntil(reader, 'all messages of the leader', ({ messages }) => messages.length === 100);
  await reads.untilCommitted?.(process.client);
  process.freeze();
  await bed.cluster.node(leader).kill();
  await bed.cluster.node(other).start();
  await until('nobody leads', PATIENCE_MS, async () => (await admin.leader(place)) === -1);
  await admin.electUnclean([place]);
  await until('the other leads', PATIENCE_MS, async () => (await admin.leader(place)) === other);
  const fresh = keysOf(messagesOf(topic, 1, bed.name('fresh'), 80));
  await bed.truth.put(place, fresh);
  process.thaw();
  const seen = await readUntil(
    reader,
    'the new messages, or a report',
    ({ messages, problems }) => problems.some(isReport) || messages.some(({ key }) => key === fresh.at(-1)),
  );
  const there = new Set(keysOf(seen.messages));
  const skipped = fresh.filter((key) => !there.has(key)).length;
  assertThat(
    seen.problems.some(isReport) || skipped === 0,
    `${skipped} of ${fresh.length} new messages were skipped silently`,
  );
  await untilWhole(bed.cluster, [topic]);
  return [seen.problems.find(isReport) ?? 'it read the new messages'];
}

export const uncleanElection: Case = {
  sentence:
    'A reader whose offsets were given to other messages by an unclean election reports it, or reads those messages',
  rounds: ONCE,
  isShort: false,
  async run(bed) {
    const topic = await bed.topic(1, { 'min.insync.replicas': '1' });
    return await electUncleanly(bed, topic, {
      open: (client) => client.openReader([{ topic, partition: 0, offset: 0n }]),
    });
  },
};

export const uncleanElectionInGroup: Case = {
  sentence:
    'A group member whose committed offset was given to other messages by an unclean election reports it, or reads those messages',
  rounds: ONCE,
  isShort: false,
  async run(bed) {
    const topic = await bed.topic(1, { 'min.insync.replicas': '1' });
    const group = bed.name('group');
    return await electUncleanly(bed, topic, {
      open: (client) => client.joinGroup({ group, topic }),
      untilCommitted: (client) =>
        until('the group has committed what it read', PATIENCE_MS, async () => {
          const [committed] = await client.committedOffsets({ group, topic, partitions: [0] });
          return committed === 100n;
        }),
    });
  },
};
