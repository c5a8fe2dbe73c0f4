import { once } from 'node:events';
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net';

/** A direction of the bytes between clients and a broker. */
export type Direction = 'requests' | 'responses';

/** The only way of the clients to one broker. */
export type BrokerProxy = AsyncDisposable & {
  readonly port: number;
  /**
   * Holds back all bytes of one direction, on open and on new connections, as a firewall that drops packets does.
   * Neither side is notified. Connections stay open; held bytes pass after `open`.
   */
  cut(direction: Direction): void;
  open(): void;
};

/**
 * May respond instead of the broker. Gets a whole request, without its length, and returns the whole response, without its
 * length, or null to let the broker respond. The response is sent after those to earlier requests.
 */
export type Intercept = (request: Buffer) => Buffer | null;

export async function openBrokerProxy(input: { toPort: number; intercept?: Intercept }): Promise<BrokerProxy> {
  const connections = new Set<{ client: Socket; broker: Socket }>();
  let closed: Direction | null = null;
  const apply = ({ client, broker }: { client: Socket; broker: Socket }): void => {
    if (closed === 'requests') client.pause();
    else client.resume();
    if (closed === 'responses') broker.pause();
    else broker.resume();
  };
  const server = createServer((client) => {
    const broker = createConnection({ host: '127.0.0.1', port: input.toPort });
    const connection = { client, broker };
    connections.add(connection);
    if (input.intercept) relayFrames(connection, input.intercept);
    else {
      client.on('data', (data) => void broker.write(data));
      broker.on('data', (data) => void client.write(data));
    }
    apply(connection);
    // To the client, a refused connection looks like a broker that is down.
    broker.on('error', () => client.resetAndDestroy());
    client.on('error', () => broker.destroy());
    for (const [one, other] of [
      [client, broker],
      [broker, client],
    ] as const)
      one.on('close', () => {
        connections.delete(connection);
        other.destroy();
      });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    cut(direction) {
      closed = direction;
      connections.forEach(apply);
    },
    open() {
      closed = null;
      connections.forEach(apply);
    },
    async [Symbol.asyncDispose]() {
      const ended = once(server, 'close');
      server.close();
      for (const { client, broker } of connections) {
        client.destroy();
        broker.destroy();
      }
      await ended;
    },
  };
}

/** Passes on whole frames, so that one can be answered here. Brokers answer the requests of a connection in their order. */
function relayFrames({ client, broker }: { client: Socket; broker: Socket }, intercept: Intercept): void {
  /** Responses of the proxy, each with the number of the broker's responses that must go before it. */
  const own: { after: number; response: Buffer }[] = [];
  let asked = 0;
  let answered = 0;
  const sendOwn = (): void => {
    while (own[0] && own[0].after <= answered) client.write(frame(own.shift()!.response));
  };
  const requests = splitFrames((request) => {
    const response = intercept(request);
    if (response) {
      own.push({ after: asked, response });
      sendOwn();
    } else {
      asked += 1;
      broker.write(frame(request));
    }
  });
  const responses = splitFrames((response) => {
    client.write(frame(response));
    answered += 1;
    sendOwn();
  });
  client.on('data', requests);
  broker.on('data', responses);
}

function frame(content: Buffer): Buffer {
  const whole = Buffer.allocUnsafe(4 + content.length);
  whole.writeInt32BE(content.length, 0);
  content.copy(whole, 4);
  return whole;
}

/** Kafka's frames: a length of four bytes, then that many bytes. */
function splitFrames(onFrame: (content: Buffer) => void): (data: Buffer) => void {
  let pieces: Buffer[] = [];
  let bytes = 0;
  return (data) => {
    pieces.push(data);
    bytes += data.length;
    const first = pieces[0]!;
    // An incomplete frame is not copied again with every piece.
    if (first.length >= 4 && bytes < 4 + first.readInt32BE(0)) return;
    let rest = Buffer.concat(pieces);
    while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
      const end = 4 + rest.readInt32BE(0);
      onFrame(rest.subarray(4, end));
      rest = rest.subarray(end);
    }
    pieces = rest.length > 0 ? [rest] : [];
    bytes = rest.length;
  };
}
