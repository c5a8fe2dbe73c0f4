import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { Kafka, logLevel } from 'kafkajs';

const METADATA = 3;
const API_VERSIONS = 18;
const UNKNOWN_TOPIC = 3;
const LEADER_NOT_AVAILABLE = 5;

const int16 = (value: number): Buffer => Buffer.from([(value >> 8) & 0xff, value & 0xff]);
const int32 = (value: number): Buffer => Buffer.concat([int16(value >> 16), int16(value & 0xffff)]);
const text = (value: string): Buffer => Buffer.concat([int16(value.length), Buffer.from(value)]);
const array = (items: Buffer[]): Buffer => Buffer.concat([int32(items.length), ...items]);

const topic = (error: number, name: string, partitions: Buffer[]): Buffer =>
  Buffer.concat([int16(error), text(name), Buffer.from([0]), array(partitions)]);
const leaderless = Buffer.concat([int16(LEADER_NOT_AVAILABLE), int32(0), int32(-1), array([]), array([]), array([])]);
const OF_OTHERS = topic(0, 'of-others', [leaderless]);

/**
 * A broker on loopback that answers as brokers of one version do. Its cluster has a second broker, which is down, and one topic,
 * `of-others`, which has a partition without a leader. It answers requests for metadata only.
 * @param options.newestMetadata The newest version of the metadata request that it says it knows; it is asked in version 5.
 * @param options.otherHost Where the second broker is.
 */
export async function startBrokerWithoutTopics({ newestMetadata = 10, otherHost = '127.0.0.1' } = {}) {
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
  const broker = (nodeId: number, host: string, at: number) =>
    Buffer.concat([int32(nodeId), text(host), int32(at), int16(-1)]);
  function responseTo(request: Buffer): Buffer {
    const throttle = int32(0);
    if (request.readInt16BE(0) === API_VERSIONS) {
      return Buffer.concat([
        int16(0),
        array([versions(METADATA, newestMetadata), versions(API_VERSIONS, 3)]),
        throttle,
      ]);
    }
    const clusterId = int16(-1);
    const controllerId = int32(1);
    return Buffer.concat([
      throttle,
      array([broker(1, '127.0.0.1', port), broker(2, otherHost, 1)]),
      clusterId,
      controllerId,
      array(topicsOf(request)),
    ]);
  }
  return {
    port,
    kafka: new Kafka({ brokers: [`127.0.0.1:${port}`], logLevel: logLevel.NOTHING, retry: { retries: 0 } }),
    [Symbol.asyncDispose]: async () => void server.close(),
  };
}

/** The request lists topic names after the client id. A length of -1 means all topics, and 0 means none. */
function topicsOf(request: Buffer): Buffer[] {
  let at = 10 + request.readInt16BE(8);
  const count = request.readInt32BE(at);
  at += 4;
  if (count === -1) return [OF_OTHERS];
  return Array.from({ length: count }, () => {
    const length = request.readInt16BE(at);
    const name = request.toString('utf8', at + 2, at + 2 + length);
    at += 2 + length;
    return topic(UNKNOWN_TOPIC, name, []);
  });
}
