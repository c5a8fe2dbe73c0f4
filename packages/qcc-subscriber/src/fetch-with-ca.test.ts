import { startLoopbackServer } from 'qcc-core/testing/loopback-server';
import { expect, test, vi } from 'vitest';
import { fetchWithCa } from './fetch-with-ca.ts';

// The same client without TLS: this is about responses. The integration tests use a registry with an authority.
vi.mock('node:https', () => import('node:http'));

test.each([
  { status: 200, body: '{"schema":"\\"string\\""}' },
  { status: 404, body: '{}' },
  { status: 204, body: '' },
  { status: 205, body: '' },
  { status: 304, body: '' },
])('a response with status $status is given as fetch gives it', async ({ status, body }) => {
  await using server = await startLoopbackServer((_, response) => void response.writeHead(status).end(body));
  const response = await fetchWithCa('')(server.url);
  expect({ status: response.status, body: await response.text() }).toEqual({ status, body });
});

test('a status that is none of HTTP rejects', async () => {
  await using server = await startLoopbackServer((_, response) => void response.writeHead(999).end());
  await expect(fetchWithCa('')(server.url)).rejects.toThrow(RangeError);
});
