import { createHash } from 'node:crypto';
import { createSealer } from 'qcc-core/base/sealing';
import type { Order } from 'qcc-core/contract/domain';
import { expect, test } from 'vitest';
import { createKeyCheck, sealedInOrder } from './sealing-keys.ts';

const key = (seed: string) => createHash('sha256').update(seed).digest('base64');
const OLD = `2025:${key('old')}`;
const NEW = `2026:${key('new')}`;

async function orderSealedBy(setting: string, orderNo = 'DDMON1'): Promise<Order> {
  const seal = (text: string, field: string) => createSealer(setting).seal(text, { account: 'main', orderNo, field });
  return {
    account: 'main',
    orderNo,
    source: 'callback',
    receivedAt: 0,
    createDate: null,
    sealedDownloadUrl: await seal('https://files/1.zip', 'downloadUrl'),
    sealedUnzipPassword: await seal('word', 'unzipPassword'),
    downloadUrlExpiredTime: null,
  };
}

async function check(setting: string, orders: Order[]): Promise<string> {
  const keys = createKeyCheck(createSealer(setting));
  for (const order of orders) for (const text of sealedInOrder(order)) await keys.look('order', text);
  return keys.conclude(setting.split(',').length);
}

test('after a rotation both keys are in use, the old one for what was sealed before', async () => {
  expect(await check(`${NEW},${OLD}`, [await orderSealedBy(OLD), await orderSealedBy(`${NEW},${OLD}`)])).toBe(
    'every text that was checked can be opened, with key "2025" (2), "2026" (2)',
  );
});

test('a key that no longer seals anything is reported as unused', async () => {
  expect(await check(`${NEW},${OLD}`, [await orderSealedBy(NEW)])).toMatch(/SEALING_KEY that none of them uses: 1$/);
});

test('a lost key is named, with an order that needs it', async () => {
  await expect(check(NEW, [await orderSealedBy(NEW), await orderSealedBy(OLD, 'DDMON2')])).rejects.toThrow(
    'key "2025" is not in SEALING_KEY, and 2 texts on the topic orders need it (such as order DDMON2)',
  );
});

test('a new key with the name of a lost one is reported as a different key', async () => {
  await expect(check(`2025:${key('made anew')}`, [await orderSealedBy(OLD)])).rejects.toThrow(
    'key "2025" of SEALING_KEY is not the one that sealed 2 texts on the topic orders',
  );
});

test('nothing sealed is nothing to lose', async () => {
  const bare = { ...(await orderSealedBy(OLD)), sealedDownloadUrl: null, sealedUnzipPassword: null };
  expect(await check(NEW, [bare])).toBe('nothing is sealed yet');
});
