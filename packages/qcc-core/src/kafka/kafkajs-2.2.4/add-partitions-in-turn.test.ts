import { expect, test } from 'vitest';
import './add-partitions-in-turn.ts';
import { kafkaJsModule } from './guard.ts';

type Broker = { lookupRequest: unknown; addPartitionsToTxn(input: object): Promise<unknown> };
const Broker = kafkaJsModule<new (input: object) => Broker>('broker/index.js');

const busy = () => Object.assign(new Error('busy'), { type: 'CONCURRENT_TRANSACTIONS' });

/** A coordinator that answers requests in the order in which they come, with an error for each one in `failures`. */
function coordinatorWith(failures: Error[]) {
  const sent: unknown[] = [];
  let underWay = 0;
  let most = 0;
  const logger = { namespace: () => logger };
  const broker = new Broker({
    logger,
    connectionPool: {
      connectionTimeout: 1,
      async send(request: unknown) {
        underWay += 1;
        most = Math.max(most, underWay);
        sent.push(request);
        await new Promise((resolve) => setImmediate(resolve));
        underWay -= 1;
        const failure = failures.shift();
        if (failure) throw failure;
      },
    },
  });
  broker.lookupRequest =
    () =>
    ({ topics }: { topics: unknown }) =>
      topics;
  return { add: (topics: string) => broker.addPartitionsToTxn({ topics }), sent, most: () => most };
}

test('the partitions of several brokers are added one request after another, and a busy coordinator is asked again', async () => {
  const { add, sent, most } = coordinatorWith([busy(), busy()]);
  await Promise.all([add('a'), add('b')]);
  expect(sent).toEqual(['a', 'a', 'a', 'b']);
  expect(most()).toBe(1);
});

test('a request that fails for another reason is not repeated, and does not hold up the next one', async () => {
  const { add, sent } = coordinatorWith([new Error('fenced')]);
  const [first, second] = await Promise.allSettled([add('a'), add('b')]);
  expect([first.status, second.status]).toEqual(['rejected', 'fulfilled']);
  expect(sent).toEqual(['a', 'b']);
});
