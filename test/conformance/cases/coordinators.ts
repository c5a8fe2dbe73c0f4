import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../harness/until.ts';
import { assertThat, type Bed, keysOf, messagesOf, NonconformityError, PATIENCE_MS } from '../bed.ts';
import { type Case, ONCE } from '../case.ts';
import type { Received, TopicPartition } from '../client.ts';
import { assertTold, describeFailures, noInput, writeTransactions } from '../writer.ts';

/** Longer than a client takes that joins again at a new coordinator. */
const REJOIN_MS = 20_000;

async function moveAway({ cluster: { admin, nodes } }: Bed, place: TopicPartition): Promise<void> {
  const leader = await admin.leader(place);
  await admin.moveLeaders([{ ...place, nodeId: nodes.find(({ id }) => id !== leader)!.id }]);
}

export const transactionCoordinatorMoves: Case = {
  sentence: 'Transactions go on, each seen whole or not at all, when the transaction coordinator moves',
  rounds: { whole: 4, short: 1 },
  isShort: false,
  async run(bed, { rounds }) {
    const topic = await bed.topic(3);
    const id = bed.name('id');
    const { client } = await bed.start();
    let count = 0;
    const batch = () => messagesOf(topic, 3, bed.name('coordinator'), 10);
    const transactions = async function* () {
      for (let round = 0; round < rounds; round += 1) {
        count += 2;
        yield (async function* () {
          yield batch();
          await moveAway(bed, await bed.cluster.admin.transactionPartition(id));
          yield batch();
        })();
        yield [batch()];
      }
    };
    const told = await writeTransactions(client, { id, input: noInput(bed, topic), transactions: transactions() });
    assertTold(await bed.truth.committed(topic), told);
    assertThat(
      told.committed.length > 0,
      `no transaction was committed: ${describeFailures(told, count, 'transactions')}`,
    );
    return [`${rounds} moves`, describeFailures(told, count, 'transactions')];
  },
};

/** A member that reads and commits, the coordinator moved under it; with `refused`, its next JoinGroup is answered "loading". */
const groupCoordinatorMoves = (isRefused: boolean): Case => ({
  sentence: isRefused
    ? 'A group member commits again when its coordinator moved and its JoinGroup was answered COORDINATOR_LOAD_IN_PROGRESS once'
    : 'A group member commits again when its coordinator has moved',
  rounds: isRefused ? ONCE : { whole: 3, short: 1 },
  isShort: isRefused,
  async run(bed, { rounds }) {
    const topic = await bed.topic(1);
    const place = { topic, partition: 0 };
    const group = bed.name('group');
    const { client } = await bed.start();
    const keys: string[] = [];
    const put = async () => {
      const batch = keysOf(messagesOf(topic, 1, bed.name('group'), 10));
      keys.push(...batch);
      await bed.truth.put(place, batch);
    };
    const members = [await client.joinGroup({ group, topic })];
    const received: Received[] = [];
    const problems: string[] = [];
    const untilCommitted = async (): Promise<number> => {
      const began = performance.now();
      const { next } = await bed.truth.ends(place);
      await until('', PATIENCE_MS, async () => {
        for (const each of members) {
          const taken = await each.take();
          received.push(...taken.messages);
          problems.push(...taken.problems);
        }
        return (await bed.truth.groupOffset(group, place)) === next;
      }).catch(async () => {
        const offset = await bed.truth.groupOffset(group, place);
        const told = problems.length > 0 ? `; the client said: ${[...new Set(problems)].slice(0, 3).join(', ')}` : '';
        const waited = `${PATIENCE_MS / 1_000} s`;
        throw new NonconformityError(`the committed offset stayed ${offset} instead of ${next} for ${waited}${told}`);
      });
      return (performance.now() - began) / 1_000;
    };
    /** A client may stay a member at the new coordinator; then another member makes it join again. */
    const untilRefused = async (): Promise<void> => {
      const isRefusedNow = async () => bed.injection.waiting === 0;
      await until('the member has been refused', REJOIN_MS, isRefusedNow).catch(async () => {
        bed.injection.reset();
        const other = await client.joinGroup({ group, topic });
        bed.injection.failNextJoin();
        await until('a member has been refused', PATIENCE_MS, isRefusedNow);
        members.push(other);
      });
    };
    await put();
    await untilCommitted();
    const seconds: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      if (isRefused) bed.injection.failNextJoin();
      await moveAway(bed, await bed.cluster.admin.groupPartition(group));
      if (isRefused) await untilRefused();
      await put();
      seconds.push(await untilCommitted());
      await sleep(bed.random() * 500);
    }
    const seen = new Set(keysOf(received));
    const lost = keys.filter((key) => !seen.has(key)).length;
    assertThat(lost === 0, `${lost} of ${keys.length} messages never came`);
    for (const each of members) await each.close();
    return [`committed again after ${seconds.map((each) => each.toFixed(1)).join(', ')} s`];
  },
});

export const groupCoordinatorMovesOn = groupCoordinatorMoves(false);
export const joinMeetsLoading = groupCoordinatorMoves(true);
