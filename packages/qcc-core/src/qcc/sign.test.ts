import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sign } from './sign.ts';

const secrets = fc.record({ key: fc.string(), secretKey: fc.string() });
const instants = fc.integer({ min: 0, max: 4_102_444_800_000 });

test('the token is the upper-case MD5 of key, seconds and SecretKey, one behind the other', () => {
  // printf 'AppKey1615884598SecretKey' | md5sum
  expect(sign({ key: 'AppKey', secretKey: 'SecretKey' }, 1_615_884_598_999)).toEqual({
    Token: '46238156AE4931421B9E2B4252C04287',
    Timespan: '1615884598',
  });
});

test('for any key and instant: 32 upper-case digits, whole seconds, as an independent MD5 has it', () => {
  fc.assert(
    fc.property(secrets, instants, ({ key, secretKey }, ms) => {
      const { Token, Timespan } = sign({ key, secretKey }, ms);
      expect(Token).toMatch(/^[0-9A-F]{32}$/);
      expect(Number(Timespan)).toBe(Math.trunc(ms / 1_000));
      const md5 = createHash('md5').update(Buffer.concat([key, Timespan, secretKey].map((part) => Buffer.from(part))));
      expect(Token.toLowerCase()).toBe(md5.digest('hex'));
    }),
    { seed: 1 },
  );
});

test('within one second the signature stays, with the next it changes', () => {
  fc.assert(
    fc.property(secrets, instants, (pair, ms) => {
      const second = ms - (ms % 1_000);
      expect(sign(pair, second + 999)).toEqual(sign(pair, second));
      expect(sign(pair, second + 1_000).Token).not.toBe(sign(pair, second).Token);
    }),
    { seed: 1 },
  );
});
