import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { Kafka, logLevel } from 'kafkajs';
import { expect, test } from 'vitest';
import { requireBrokers } from './require-brokers.ts';

const METADATA = 3;
const API_VERSIONS = 18;

const int16 = (value: number): Buffer => Buffer.from([(value >> 8) & 0xff, value & 0xff]);
const int32 = (value: number): Buffer => Buffer.concat([int16(value >> 16), int16(value & 0xffff)]);
const text = (value: string): Buffer => Buffer.concat([int16(value.length), Buffer.from(value)]);
const array = (items: Buffer[]): Buffer => Buffer.concat([int32(items.length), ...items]);

/** A broker that answers as brokers of one version do; the cluster has these and one that is down. */
async function startBroker(newestMetadata: number, topics: Buffer[] = []) {
  const server = createServer((socket) => {
    let pending = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('data', (data) => {
      pending = Buffer.concat([pending, data]);
      while (pending.length >= 4 && pending.length >= 4 + pending.readInt32BE(0)) {
        const request = pending.subarray(4, 4 + pending.readInt32BE(0));
        pending = pending.subarray(4 + request.length);
        const content = Buffer.concat([request.subarray(4, 8), responseTo(request)]);
        socket.write(Buffer.concat([int32(content.length), content]));
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  const versions = (apiKey: number, newest: number) => Buffer.concat([int16(apiKey), int16(0), int16(newest)]);
  const broker = (nodeId: number, at: number) =>
    Buffer.concat([int32(nodeId), text('127.0.0.1'), int32(at), int16(-1)]);
  function responseTo(request: Buffer): Buffer {
    const apiKey = request.readInt16BE(0);
    // Behind the client's name: -1 for all topics, 0 for none.
    const asksForAll = apiKey === METADATA && request.readInt32BE(10 + request.readInt16BE(8)) === -1;
    const throttle = int32(0);
    if (apiKey === API_VERSIONS)
      return Buffer.concat([
        int16(0),
        array([versions(METADATA, newestMetadata), versions(API_VERSIONS, 3)]),
        throttle,
      ]);
    return Buffer.concat([
      throttle,
      array([broker(1, port), broker(2, 1)]),
      int16(-1),
      int32(1),
      array(asksForAll ? topics : []),
    ]);
  }
  return {
    port,
    kafka: new Kafka({ brokers: [`127.0.0.1:${port}`], logLevel: logLevel.NOTHING, retry: { retries: 0 } }),
    [Symbol.asyncDispose]: async () => void server.close(),
  };
}

test('a broker before 2.8 is refused by name and with the remedy', async () => {
  await using broker = await startBroker(9);
  await expect(requireBrokers(broker.kafka)).rejects.toThrow(
    `Kafka 2.8 or newer is needed, and this broker is older: 1 at 127.0.0.1:${broker.port}; upgrade the brokers`,
  );
});

test('a broker from 2.8 on is taken, while another one is down', async () => {
  await using broker = await startBroker(10);
  await requireBrokers(broker.kafka);
});

test('a start does not fail because a partition of another topic has no leader', async () => {
  const leaderless = Buffer.concat([int16(5), int32(0), int32(-1), array([]), array([]), array([])]);
  const topic = Buffer.concat([int16(0), text('of-others'), Buffer.from([0]), array([leaderless])]);
  await using broker = await startBroker(10, [topic]);
  await requireBrokers(broker.kafka);
});
