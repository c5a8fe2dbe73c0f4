import type { Socket } from 'node:net';
import type { ISocketFactory } from 'kafkajs';

/**
 * Longer than brokers take to drop a follower that does not answer (`broker.session.timeout.ms`, 9 s by default): until then
 * a healthy leader cannot acknowledge the messages that it got.
 */
const RESPONSE_LIMIT_MS = 10_000;
/** For a broker that has hung, and has answered nothing since on any connection. */
const HUNG_LIMIT_MS = 2_000;
const CHECK_INTERVAL_MS = 500;
/** JoinGroup and SyncGroup wait at the broker for the other members of the group. */
const WAITS_FOR_MEMBERS = new Set([11, 14]);
const API_KEY_AT = 4;
const LENGTH_BYTES = 4;

/**
 * Makes sockets that end when the broker does not answer. kafkajs reports a request that timed out, but keeps the connection
 * and its metadata, and so goes on asking a broker that hangs. Brokers answer the requests of a connection in order (Kafka
 * protocol guide, "Network"), so only the oldest one is timed: from the response before it, or from the last byte that moved.
 * After `limitMs` the connection ends. Then kafkajs asks for metadata again; if the connection never had a response, kafkajs
 * tries another bootstrap broker.
 *
 * JoinGroup and SyncGroup may take `membersLimitMs`, if that is longer.
 *
 * A client has many connections to a broker, and opens new ones. They do not each wait as long: once a broker has hung, the
 * limit is short on all of them, until it answers on one.
 */
export function endHungConnections(
  connect: ISocketFactory,
  {
    limitMs = RESPONSE_LIMIT_MS,
    membersLimitMs = 0,
    now = () => performance.now(),
  }: { limitMs?: number; membersLimitMs?: number; now?: () => number } = {},
): ISocketFactory {
  /** Brokers that have hung, and have answered nothing since. */
  const hung = new Set<string>();
  return (input) => {
    const socket = connect(input);
    const broker = `${input.host}:${input.port}`;
    /** Requests without a response, the oldest first; it can be answered from `since` on. */
    const pending: { apiKey: number; since: number }[] = [];
    let hasResponded = false;
    /** Bytes in both directions: a large response on a slow line counts as activity. */
    const transferred = () => socket.bytesRead - socket.writableLength;
    let lastTransferred = 0;

    const { write } = socket;
    const guardedWrite = ((bytes: Buffer, ...rest: []) => {
      if (socket.destroyed || socket.writableEnded) {
        // kafkajs takes a connection that is being closed for an open one, and would wait for this response for ever.
        setImmediate(() => socket.emit('error', new Error('the connection was closed before the request was sent')));
        return false;
      }
      pending.push({ apiKey: bytes.length > API_KEY_AT + 1 ? bytes.readInt16BE(API_KEY_AT) : -1, since: now() });
      return write.call(socket, bytes, ...rest);
    }) as Socket['write'];
    // At 'end' Node puts its own function there, which says nothing if the socket is destroyed.
    Object.defineProperty(socket, 'write', { configurable: true, get: () => guardedWrite, set() {} });
    const count = createResponseCounter(() => {
      hasResponded = true;
      hung.delete(broker);
      pending.shift();
      if (pending[0]) pending[0].since = now();
    });
    socket.on('data', count);

    const check = setInterval(() => {
      const [oldest] = pending;
      if (oldest && transferred() !== lastTransferred) oldest.since = now();
      lastTransferred = transferred();
      if (!oldest) return;
      const waitedMs = now() - oldest.since;
      if (waitedMs < limitOf(oldest.apiKey)) return;
      clearInterval(check);
      hung.add(broker);
      const text = `the broker has not answered a request (API key ${oldest.apiKey}) for ${Math.round(waitedMs)} ms`;
      const error = Object.assign(new Error(text), { code: 'ETIMEDOUT' });
      // kafkajs looks for another bootstrap broker after an error, and for new leaders after a connection that was closed.
      if (hasResponded) socket.emit('end');
      socket.destroy(hasResponded ? undefined : error);
    }, CHECK_INTERVAL_MS).unref();
    const limitOf = (apiKey: number): number => {
      if (hung.has(broker)) return Math.min(limitMs, HUNG_LIMIT_MS);
      return WAITS_FOR_MEMBERS.has(apiKey) ? Math.max(limitMs, membersLimitMs) : limitMs;
    };
    socket.once('close', () => clearInterval(check));
    return socket;
  };
}

/** Counts the responses in a stream of bytes. Each follows its length; a piece may end anywhere. */
export function createResponseCounter(onResponse: () => void): (piece: Buffer) => void {
  const head = Buffer.alloc(LENGTH_BYTES);
  let headFilled = 0;
  let missing = 0;
  return (piece) => {
    for (let at = 0; at < piece.length; ) {
      if (headFilled < LENGTH_BYTES) {
        const copied = piece.copy(head, headFilled, at, at + LENGTH_BYTES - headFilled);
        headFilled += copied;
        at += copied;
        if (headFilled < LENGTH_BYTES) return;
        missing = head.readInt32BE();
      }
      const taken = Math.min(missing, piece.length - at);
      missing -= taken;
      at += taken;
      if (missing > 0) return;
      headFilled = 0;
      onResponse();
    }
  };
}
