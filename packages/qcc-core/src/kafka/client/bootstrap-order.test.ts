import { EventEmitter } from 'node:events';
import type { ISocketFactory } from 'kafkajs';
import { expect, test } from 'vitest';
import { orderBootstrap } from './bootstrap-order.ts';

function openBootstrap(brokers = ['a:9092', 'b:9092', 'c:9092']) {
  const sockets: EventEmitter[] = [];
  const connect = (() => {
    const socket = new EventEmitter();
    sockets.push(socket);
    return socket;
  }) as unknown as ISocketFactory;
  let time = 0;
  const order = orderBootstrap(connect, brokers, () => time);
  const open = (host: string): EventEmitter => {
    order.connect({ host, port: 9092, ssl: undefined as never, onConnect: () => {} });
    return sockets.at(-1)!;
  };
  /** Opens a connection to each broker that is chosen, as kafkajs does. Brokers that answer do so at once. */
  const choose = (times: number, { silent }: { silent: string }): string =>
    Array.from({ length: times }, () => {
      const host = order.next()[0].split(':')[0]!;
      const socket = open(host);
      if (!silent.includes(host)) socket.emit('data', Buffer.of(1));
      return host;
    }).join('');
  return {
    open,
    choose,
    pass(ms: number) {
      time += ms;
    },
  };
}

test('bootstrap brokers that answer are tried in turns, the first of the list first', () => {
  expect(openBootstrap().choose(7, { silent: '' })).toBe('abcabca');
});

test('a broker that was silent to one client is passed over by those that follow', () => {
  expect(openBootstrap().choose(9, { silent: 'a' })).toBe('abcbcbcbc');
});

test('a broker that is silent is tried by one client each minute, also if others open at the same time', () => {
  const { choose, pass } = openBootstrap();
  choose(3, { silent: 'a' });
  pass(59_999);
  expect(choose(4, { silent: 'a' })).toBe('bcbc');
  pass(1);
  expect(choose(6, { silent: 'abc' })).toBe('abcbcb');
  pass(59_000);
  expect(choose(1, { silent: 'a' })).toBe('a');
});

test('a broker that was tried a moment ago comes before one that is silent', () => {
  const { choose, pass } = openBootstrap();
  choose(3, { silent: 'a' });
  pass(1_000);
  expect(choose(2, { silent: 'abc' })).toBe('bc');
  pass(999);
  expect(choose(3, { silent: 'abc' })).toBe('bcb');
});

test('as many choices as there are brokers reach each of them, silent or not', () => {
  for (const silent of ['', 'a', 'b', 'ab', 'bc', 'abc'])
    expect([...openBootstrap().choose(3, { silent })].toSorted().join('')).toBe('abc');
});

test('if all brokers are silent, they are tried in turns', () => {
  const { choose, pass } = openBootstrap();
  expect(choose(4, { silent: 'abc' })).toBe('abca');
  pass(5_000);
  expect(choose(5, { silent: 'abc' })).toBe('bcabc');
});

test('a broker that sends data on any connection is tried again', () => {
  const { open, choose } = openBootstrap();
  const older = open('a');
  older.emit('data', Buffer.of(1));
  choose(1, { silent: 'a' });
  expect(choose(4, { silent: '' })).toBe('bcbc');
  older.emit('data', Buffer.of(1));
  expect(choose(3, { silent: '' })).toContain('a');
});

test('connections to other addresses of the brokers change nothing', () => {
  const { open, choose } = openBootstrap();
  open('10.0.0.1');
  expect(choose(3, { silent: '' })).toBe('abc');
});

test('a broker is recognized if its port is written in another way, and the list keeps its spelling', () => {
  const { choose } = openBootstrap(['a:09092', 'b: 9092']);
  expect(choose(5, { silent: 'a' })).toBe('abbbb');
});
