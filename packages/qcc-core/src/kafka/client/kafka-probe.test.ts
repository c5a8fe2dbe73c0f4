import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { COMMON_SETTINGS, readSettings } from '../../base/settings.ts';
import { startBrokerWithoutTopics } from '../../testing/broker-without-topics.ts';
import { createKafkaProbe } from './kafka-probe.ts';

/** A broker that takes connections and never answers. */
const silent = createServer((socket) => {
  sockets.push(socket);
  socket.on('error', () => {});
});
const sockets: Socket[] = [];
let silentBroker: string;
beforeAll(async () => {
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  silentBroker = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
});
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  silent.close();
});
const probeOf = (KAFKA_BROKERS: string) =>
  createKafkaProbe({ settings: readSettings({ KAFKA_BROKERS }, COMMON_SETTINGS), clientId: 'test' });

test('an address where nothing listens is told at once, with what to do', async () => {
  await using probe = probeOf('127.0.0.1:1');
  expect(await probe.ask(new AbortController().signal)).toBe(
    'no Kafka broker answers at 127.0.0.1:1: start it, or set KAFKA_BROKERS',
  );
});

test('a broker that is silent gives no response, and the next one is asked', async () => {
  await using alone = probeOf(silentBroker);
  await expect(alone.ask(new AbortController().signal)).rejects.toThrow('has not answered');
  let isAsked = false;
  const other = createServer((socket) => {
    isAsked = true;
    socket.destroy();
  });
  other.listen(0, '127.0.0.1');
  await once(other, 'listening');
  await using both = probeOf(`${silentBroker},127.0.0.1:${(other.address() as AddressInfo).port}`);
  await both.ask(new AbortController().signal).catch(() => {});
  expect(isAsked).toBe(true);
  other.close();
});

test('it stops asking when it is told to', async () => {
  await using probe = probeOf(silentBroker);
  const stop = new AbortController();
  const asked = probe.ask(stop.signal);
  stop.abort();
  await expect(asked).rejects.toThrow();
});

test('a partition without a leader in a topic of another application does not affect readiness', async () => {
  await using broker = await startBrokerWithoutTopics();
  await using probe = probeOf(`127.0.0.1:${broker.port}`);
  expect(await probe.ask(new AbortController().signal)).toBe(null);
  expect(await probe.ask(new AbortController().signal), 'again').toBe(null);
});
