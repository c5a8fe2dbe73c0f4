import { connect } from 'node:net';
import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { ListenError, startServer } from './server.ts';

const log = { debug() {}, info() {}, warn() {}, error() {} };
const app = new Hono().all('*', (c) => c.text(c.req.raw.url));
const start = () => startServer({ app, host: '127.0.0.1', port: 0, maxConnections: 100, log });

/** Sends raw bytes and gives what came back before the server ended or cut the connection. */
async function send(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const received: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => received.push(chunk));
  socket.on('error', () => {});
  socket.write(bytes);
  await new Promise((resolve) => socket.once('close', resolve));
  return Buffer.concat(received).toString();
}

test('serves the app on the port it was given, the query as it was sent', async () => {
  await using server = await start();
  const response = await fetch(`http://127.0.0.1:${server.port}/a?b=%252B+%00`);
  expect(await response.text()).toBe(`http://127.0.0.1:${server.port}/a?b=%252B+%00`);
});

test('reads a query of 32 KiB', async () => {
  await using server = await start();
  const response = await fetch(`http://127.0.0.1:${server.port}/?pad=${'x'.repeat(32_768)}`);
  expect(response.status).toBe(200);
});

test.each([
  ['a query of 80 KiB', `GET /?${'x'.repeat(81_920)} HTTP/1.1\r\nHost: a\r\n\r\n`, 431],
  ['no HTTP', 'EHLO there\r\n\r\n', 400],
  ['two lengths', 'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 400],
  ['a query of 1 MiB', `GET /?${'x'.repeat(1_048_576)} HTTP/1.1\r\nHost: a\r\n\r\n`, 431],
  ['no host', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
  ['a tunnel', 'CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n', 405],
  ['an expectation', 'GET / HTTP/1.1\r\nHost: a\r\nExpect: miracles\r\n\r\n', 417],
  ['a NUL in a header', 'GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n', 400],
  ['a host that is none', 'GET / HTTP/1.1\r\nHost: a/b\r\nConnection: close\r\n\r\n', 400],
])('answers %s with JSON', async (_name, bytes, status) => {
  await using server = await start();
  const [head, body] = (await send(server.port, bytes)).split('\r\n\r\n');
  expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(head?.toLowerCase()).toContain('content-type: application/json; charset=utf-8');
  expect(JSON.parse(body ?? '')).toEqual({ status: String(status), msg: expect.any(String) });
});

test('connections above the limit are closed as they come', async () => {
  await using server = await startServer({ app, host: '127.0.0.1', port: 0, maxConnections: 1, log });
  const first = connect(server.port, '127.0.0.1');
  await new Promise((resolve) => first.once('connect', resolve));
  expect(await send(server.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')).toBe('');
  first.destroy();
});

test('a taken port is refused with the setting to change', async () => {
  await using server = await start();
  const second = startServer({ app, host: '127.0.0.1', port: server.port, maxConnections: 100, log });
  await expect(second).rejects.toThrow(ListenError);
  await expect(second).rejects.toThrow(/taken.*GATEWAY_PORT/);
});

test('an address that is not of this machine is refused with the settings to change', async () => {
  const elsewhere = startServer({ app, host: '203.0.113.1', port: 0, maxConnections: 100, log });
  await expect(elsewhere).rejects.toThrow(/EADDRNOTAVAIL.*GATEWAY_HOST/);
});

test('closing lets a running request finish', async () => {
  const arrived = Promise.withResolvers<void>();
  const finish = Promise.withResolvers<void>();
  const slow = new Hono().get('*', async (c) => {
    arrived.resolve();
    await finish.promise;
    return c.text('done');
  });
  const server = await startServer({ app: slow, host: '127.0.0.1', port: 0, maxConnections: 100, log });
  const response = fetch(`http://127.0.0.1:${server.port}/`, { headers: { connection: 'close' } });
  await arrived.promise;
  const closed = server.close();
  finish.resolve();
  expect(await (await response).text()).toBe('done');
  await closed;
});
