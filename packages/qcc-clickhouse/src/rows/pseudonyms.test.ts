import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { createPseudonyms } from './pseudonyms.ts';

const KEY = Buffer.alloc(32, 5).toString('base64');
const pseudonyms = createPseudonyms(KEY);

/** The same by way of a number. */
function expected(account: string, corpKeyNo: string): string {
  const text = JSON.stringify(['company', account, corpKeyNo]);
  const digest = createHmac('sha256', Buffer.from(KEY, 'base64')).update(text).digest('hex');
  let bits = BigInt(`0x${digest}`) >> 206n;
  let result = '';
  for (let at = 0; at < 10; at += 1) {
    result = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'[Number(bits & 31n)] + result;
    bits >>= 5n;
  }
  return result;
}

test('a pseudonym is the first 50 bits of the HMAC', () => {
  for (let at = 0; at < 100; at += 1) expect(pseudonyms.of('main', `k${at}`)).toBe(expected('main', `k${at}`));
});

test('it stays the same, and depends on key, account and company', () => {
  expect(createPseudonyms(KEY).of('main', 'k1')).toBe(pseudonyms.of('main', 'k1'));
  const other = createPseudonyms(Buffer.alloc(32, 6).toString('base64'));
  const all = [
    pseudonyms.of('main', 'k1'),
    pseudonyms.of('main', 'k2'),
    pseudonyms.of('b', 'k1'),
    other.of('main', 'k1'),
  ];
  expect(new Set(all).size).toBe(4);
  expect(other.keyId).not.toBe(pseudonyms.keyId);
});

test.each([
  ['mai', 'nk1'],
  ['main","k', '1'],
])('where account and company meet does not matter: %s, %s', (account, corpKeyNo) => {
  expect(pseudonyms.of(account, corpKeyNo)).toBe(expected(account, corpKeyNo));
  expect(pseudonyms.of(account, corpKeyNo)).not.toBe(pseudonyms.of('main', 'k1'));
});

test('more companies than are remembered get theirs all the same', () => {
  const first = pseudonyms.of('main', 'first');
  for (let at = 0; at <= 100_000; at += 1) pseudonyms.of('main', `m${at}`);
  expect(pseudonyms.of('main', 'first')).toBe(first);
});

test('without a key there are none', () => {
  expect(createPseudonyms(undefined)).toMatchObject({ keyId: null });
  expect(createPseudonyms(undefined).of('main', 'k1')).toBeNull();
});
