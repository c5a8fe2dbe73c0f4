import { expect, test } from 'vitest';
import { createWrongKeyCounter } from './wrong-keys.ts';

test('a client is allowed so many a minute, then told how long to wait, and the first above is marked', async () => {
  const count = createWrongKeyCounter({ perMinute: 2 });
  expect(await count('192.0.2.1')).toEqual({ kind: 'allowed' });
  expect(await count('192.0.2.1')).toEqual({ kind: 'allowed' });
  const limited = { kind: 'limited', retryAfterSeconds: expect.toSatisfy((seconds) => seconds >= 1 && seconds <= 60) };
  expect(await count('192.0.2.1')).toEqual({ ...limited, first: true });
  expect(await count('192.0.2.1')).toEqual({ ...limited, first: false });
});

test('another client is not held for the first', async () => {
  const count = createWrongKeyCounter({ perMinute: 1 });
  await count('192.0.2.1');
  await count('192.0.2.1');
  // Two of these may share a counter by chance, four hardly.
  const others = ['192.0.2.2', '198.51.100.1', '203.0.113.1', '2001:db8::1'];
  const verdicts = await Promise.all(others.map(count));
  expect(verdicts.filter(({ kind }) => kind === 'allowed').length).toBeGreaterThanOrEqual(3);
});

test('the addresses of one /64 are one client', async () => {
  const count = createWrongKeyCounter({ perMinute: 1 });
  await count('2001:db8:0:1::1');
  expect(await count('2001:db8:0:1:ffff:ffff:ffff:ffff')).toMatchObject({ kind: 'limited' });
});
