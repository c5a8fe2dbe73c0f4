import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Socket } from 'node:net';

export type ConnectRecorder = Disposable & {
  /** Every address that a socket of this process was told to connect to, as `address port`, in order. */
  readonly attempts: readonly string[];
};

/**
 * Records every connect attempt of this process, TLS included, below whatever library makes it. Sockets are bound to loopback
 * meanwhile: an attempt at another address is seen, and the kernel refuses it before a packet leaves the machine.
 */
export function recordConnects(): ConnectRecorder {
  const attempts: string[] = [];
  const onSocket = (message: unknown): void => {
    if (!(message instanceof Object && 'socket' in message && message.socket instanceof Socket)) return;
    message.socket.on('connectionAttempt', (address: string, port: number) => attempts.push(`${address} ${port}`));
  };
  subscribe('net.client.socket', onSocket);

  const { connect } = Socket.prototype;
  Socket.prototype.connect = function connectFromLoopback(this: Socket, ...given: unknown[]) {
    // net.connect hands its normalized arguments on as one list, tls.connect as they are.
    const options: unknown = Array.isArray(given[0]) ? given[0][0] : given[0];
    if (!(options instanceof Object)) throw new Error('a socket is connected without options, and cannot be bound');
    Object.assign(options, { localAddress: '127.0.0.1' });
    return Reflect.apply(connect, this, given);
  };
  return {
    attempts,
    [Symbol.dispose]() {
      unsubscribe('net.client.socket', onSocket);
      Socket.prototype.connect = connect;
    },
  };
}
