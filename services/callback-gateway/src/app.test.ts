import { createMetrics } from 'qcc-core/base/metrics';
import { describe, expect, test, vi } from 'vitest';
import { createApp } from './app.ts';
import { type CallbackDeps, createCallbacks } from './callbacks.ts';

const QUERY =
  'key=AppKey&orderNo=DDMON1&downloadUrl=http%3A%2F%2Fa%2Fb.zip%3FExpires%3D4000000000%26Signature%3Dtop-secret&downloadUrlExpiredTime=2096-10-02+15%3A06%3A40&unzipPassword=hush';

function gateway({
  callbackPath = '/qcc/callback',
  ...overrides
}: Partial<CallbackDeps> & { callbackPath?: string } = {}) {
  const lines: unknown[] = [];
  const line = (...args: unknown[]) => void lines.push(args);
  const publish = vi.fn<CallbackDeps['publish']>(async () => {});
  const metrics = createMetrics({ service: 'callback-gateway', account: 'main' });
  const callbacks = createCallbacks({
    key: 'AppKey',
    account: 'main',
    now: () => 1_615_880_000_000,
    publish,
    publishTimeoutMs: 60_000,
    clientAddress: ({ peer }) => peer ?? 'unknown',
    countWrongKey: async () => ({ kind: 'allowed' }),
    log: { info: line, warn: line, error: line },
    metrics,
    ...overrides,
  });
  const app = createApp({ log: { error: line }, metrics });
  app.addAccount(callbackPath, callbacks);
  const counted = async (name: 'callbacks' | 'callbackOddities') =>
    (await metrics[name].get()).values.map(({ labels, value }) =>
      [...Object.values(labels), value].filter((v) => v !== 'main' && v !== 'callback-gateway'),
    );
  const connection = { incoming: { socket: { remoteAddress: '192.0.2.7' } } };
  const call = (path: string, init: RequestInit = {}) => app.request(path, init, connection);
  return { publish, lines, counted, call };
}

describe('a callback with the right key', () => {
  test('is answered exactly as the document says, after the order was published', async () => {
    const { call, publish, counted } = gateway();
    const response = await call(`/qcc/callback?${QUERY}`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(await response.text()).toBe('{"status":"200","msg":"成功"}');
    expect(publish.mock.calls).toEqual([[expect.objectContaining({ orderNo: 'DDMON1', unzipPassword: 'hush' })]]);
    expect(await counted('callbacks')).toEqual([['accepted', 1]]);
  });

  test('waits for the publication before it is answered', async () => {
    const durable = Promise.withResolvers<void>();
    const { call } = gateway({ publish: () => durable.promise });
    const answered = vi.fn();
    const response = Promise.resolve(call(`/qcc/callback?${QUERY}`)).then((response) => {
      answered();
      return response;
    });
    await new Promise(setImmediate);
    expect(answered).not.toHaveBeenCalled();
    durable.resolve();
    expect((await response).status).toBe(200);
  });

  test('that is odd is counted and logged by name, and still accepted', async () => {
    const { call, counted, lines } = gateway();
    expect((await call('/qcc/callback?key=AppKey&orderNo=DDMON1&unzipPassword=hush&unzipPassword=hush')).status).toBe(
      200,
    );
    expect(await counted('callbackOddities')).toEqual([
      ['download_url_missing', 1],
      ['expired_time_missing', 1],
      ['unzip_password_repeated', 1],
    ]);
    expect(JSON.stringify(lines)).toContain('unzip_password_repeated');
  });
});

describe('while Kafka is away', () => {
  test.each<[string, CallbackDeps['publish']]>([
    ['rejects', () => Promise.reject(new Error('broker gone, hush'))],
    [
      'throws',
      () => {
        throw new Error('not connected, hush');
      },
    ],
    ['never settles', () => new Promise(() => {})],
  ])('a publication that %s is answered with 503', async (_name, publish) => {
    const { call, counted } = gateway({ publish, publishTimeoutMs: 5 });
    const response = await call(`/qcc/callback?${QUERY}`);
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ status: '503', msg: '服务暂不可用，请稍后重试' });
    expect(await counted('callbacks')).toEqual([['unpublished', 1]]);
  });

  test('a publication that fails after the deadline disturbs nobody', async () => {
    const late = Promise.withResolvers<void>();
    const { call } = gateway({ publish: () => late.promise, publishTimeoutMs: 5 });
    expect((await call(`/qcc/callback?${QUERY}`)).status).toBe(503);
    late.reject(new Error('too late'));
    await new Promise(setImmediate);
  });
});

describe('everything else is refused as JSON and publishes nothing', () => {
  test.each<[string, string, string, number]>([
    ['a wrong key', 'GET', '/qcc/callback?key=guess&orderNo=A', 403],
    ['no key', 'GET', '/qcc/callback?orderNo=A', 400],
    ['no query', 'GET', '/qcc/callback', 400],
    ['no order number', 'GET', '/qcc/callback?key=AppKey', 400],
    ['a repeated order number', 'GET', '/qcc/callback?key=AppKey&orderNo=A&orderNo=B', 400],
    ['CRLF in the order number', 'GET', '/qcc/callback?key=AppKey&orderNo=A%0d%0aB', 400],
    ['POST', 'POST', `/qcc/callback?${QUERY}`, 405],
    ['PUT', 'PUT', `/qcc/callback?${QUERY}`, 405],
    ['DELETE', 'DELETE', `/qcc/callback?${QUERY}`, 405],
    ['PATCH', 'PATCH', `/qcc/callback?${QUERY}`, 405],
    ['OPTIONS', 'OPTIONS', `/qcc/callback?${QUERY}`, 405],
    ['another path', 'GET', `/?${QUERY}`, 404],
    ['a slash too many', 'GET', `/qcc/callback/?${QUERY}`, 404],
    ['the path in other letters', 'GET', `/QCC/callback?${QUERY}`, 404],
    ['POST on another path', 'POST', `/other?${QUERY}`, 404],
  ])('%s', async (_name, method, path, status) => {
    const { call, publish } = gateway();
    const response = await call(path, { method });
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(await response.json()).toEqual({ status: String(status), msg: expect.stringMatching(/\p{Script=Han}/u) });
    expect(response.headers.get('allow')).toBe(status === 405 ? 'GET' : null);
    expect(publish).not.toHaveBeenCalled();
  });

  test('HEAD, although frameworks serve it as GET', async () => {
    const { call, publish } = gateway();
    const response = await call(`/qcc/callback?${QUERY}`, { method: 'HEAD' });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET');
    expect(publish).not.toHaveBeenCalled();
  });

  test('what fails unexpectedly gets 500 without the reason', async () => {
    const { call, lines } = gateway({
      now: () => {
        throw new Error('inner workings');
      },
    });
    const response = await call(`/qcc/callback?${QUERY}`);
    expect(response.status).toBe(500);
    expect(await response.text()).toBe('{"status":"500","msg":"系统错误"}');
    expect(JSON.stringify(lines)).toContain('callback failed unexpectedly');
  });
});

describe('a client that shows no right key again and again', () => {
  const limited = () =>
    gateway({ countWrongKey: async () => ({ kind: 'limited', retryAfterSeconds: 17, first: true }) });

  test.each(['key=guess&orderNo=A', 'orderNo=A', 'key=a&key=b&orderNo=A'])(
    'is told 429 and how long to wait: %s',
    async (query) => {
      const { call, publish, counted, lines } = limited();
      const response = await call(`/qcc/callback?${query}`);
      expect(response.status).toBe(429);
      expect(response.headers.get('retry-after')).toBe('17');
      expect(await response.json()).toEqual({ status: '429', msg: '请求过于频繁，请稍后重试' });
      expect(await counted('callbacks')).toEqual([['too_many_wrong_keys', 1]]);
      expect(lines).toEqual([[{ client: '192.0.2.7' }, expect.any(String)]]);
      expect(publish).not.toHaveBeenCalled();
    },
  );

  test('is heard all the same once it shows the right one', async () => {
    const { call } = limited();
    expect((await call(`/qcc/callback?${QUERY}`)).status).toBe(200);
    expect((await call('/qcc/callback?key=AppKey')).status).toBe(400);
  });

  test('is the one that the proxy names', async () => {
    const clients: unknown[] = [];
    const { call } = gateway({ clientAddress: (request) => String(clients.push(request)) });
    await call('/qcc/callback', { headers: { 'X-Forwarded-For': '198.51.100.1' } });
    expect(clients).toEqual([{ peer: '192.0.2.7', forwardedFor: '198.51.100.1' }]);
  });
});

test.each(['/:any', '/*', '/回调/a b', '/x{y}'])('a callback path like %s is taken literally', async (callbackPath) => {
  const { call } = gateway({ callbackPath });
  expect((await call(`${encodeURI(callbackPath)}?${QUERY}`)).status).toBe(200);
  expect((await call(`/something?${QUERY}`)).status).toBe(404);
});

test('no log line holds the key, the link or the password, whatever the response was', async () => {
  for (const path of [
    `/qcc/callback?${QUERY}`,
    `/qcc/callback?${QUERY}&orderNo=B`,
    `/qcc/callback?${QUERY}&x=1`,
    `/x?${QUERY}`,
  ]) {
    const { call, lines } = gateway({ publishTimeoutMs: 5 });
    await call(path);
    expect(JSON.stringify(lines)).not.toMatch(/top-secret|hush|AppKey|b\.zip/);
  }
});
