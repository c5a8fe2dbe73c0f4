import { randomUUID } from 'node:crypto';
import { Socket } from 'node:net';
import { Kafka, logLevel } from 'kafkajs';
import { COMMON_SETTINGS, readSettings } from 'qcc-core/base/settings';
import { TOPICS } from 'qcc-core/contract/topics';
import { createKafka } from 'qcc-core/kafka/client/connect';
import { ensureTopics } from 'qcc-core/kafka/client/ensure-topics';
import { openPublisher } from 'qcc-core/kafka/client/publisher';
import { expect, inject, test } from 'vitest';
import { readTopic } from '../harness/read-topic.ts';

/** Requests reach the broker; while `deaf`, its responses are lost with the connection. */
function connectDeafly(brokers: string) {
  const line = { deaf: false };
  const kafka = new Kafka({
    brokers: brokers.split(','),
    logLevel: logLevel.NOTHING,
    // Far beyond what a busy machine takes: only lost answers are to fail.
    connectionTimeout: 30_000,
    requestTimeout: 60_000,
    retry: { initialRetryTime: 50, maxRetryTime: 300, retries: 5 },
    socketFactory: ({ host, port, onConnect }) => {
      const socket = new Socket();
      const emit = socket.emit.bind(socket);
      socket.emit = (event: string, ...args: unknown[]) => {
        if (event === 'data' && line.deaf) return Boolean(socket.destroy(new Error('cut')));
        return emit(event as 'close', ...(args as []));
      };
      return socket.setNoDelay(true).connect(port, host, onConnect);
    },
  });
  return { kafka, line };
}

async function openDeafly() {
  const { KAFKA_BROKERS } = inject('stack');
  const prefix = `publisher-${randomUUID()}.`;
  const settings = readSettings({ ...inject('stack'), TOPIC_PREFIX: prefix }, COMMON_SETTINGS);
  await ensureTopics(createKafka({ settings, clientId: 'test', logCreator: () => () => {} }), settings);
  const { kafka, line } = connectDeafly(KAFKA_BROKERS);
  const keys = async () => (await readTopic(KAFKA_BROKERS, `${prefix}orders`)).map(({ key }) => String(key));
  return { publisher: await openPublisher({ kafka, prefix }), line, keys };
}

const message = (key: string) => ({ topic: TOPICS.orders, key, value: Buffer.from(key), partition: 0 });

test.concurrent('what is published after a request whose response was lost is there, not taken for its repetition', async () => {
  const { publisher: opened, line, keys } = await openDeafly();
  await using publisher = opened;
  await publisher.publish([message('before')]);
  line.deaf = true;
  await expect(publisher.publish([message('answer lost')])).rejects.toThrow();
  line.deaf = false;
  await publisher.publish([message('after')]);
  await Promise.all(['a', 'b', 'c'].map((key) => publisher.publish([message(key)])));

  expect(await keys()).toEqual(expect.arrayContaining(['before', 'after', 'a', 'b', 'c']));
});

test.concurrent('of many that publish at once each is told the truth, also where the response to some of them was lost', {
  tags: 'whole',
}, async () => {
  const { publisher: opened, line, keys } = await openDeafly();
  await using publisher = opened;
  const durable: string[] = [];
  const publish = (key: string) =>
    publisher.publish([message(key)]).then(
      () => void durable.push(key),
      () => {},
    );
  const first = Array.from({ length: 100 }, (_, index) => publish(`first ${index}`));
  await Promise.all(first);
  line.deaf = true;
  const lost = Array.from({ length: 100 }, (_, index) => publish(`lost ${index}`));
  await lost[0];
  line.deaf = false;
  const after = Array.from({ length: 100 }, (_, index) => publish(`after ${index}`));
  await Promise.all([...lost, ...after]);

  expect(durable).toEqual(expect.arrayContaining(['first 99', 'after 0', 'after 99']));
  expect(durable).not.toContain('lost 0');
  const stored = await keys();
  expect(stored).toEqual(expect.arrayContaining(durable));
  const inOrder = stored.filter((key) => key.startsWith('after'));
  expect(inOrder).toEqual(Array.from({ length: 100 }, (_, index) => `after ${index}`));
});
