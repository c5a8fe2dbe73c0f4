import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createSealer, SealingError } from './sealing.ts';

const base64Key = (seed: string) => createHash('sha256').update(seed).digest('base64');
const OLD = base64Key('old');
const NEW = base64Key('new');
const context = { account: 'main', orderNo: 'DDMON2021031616145803273367', field: 'unzipPassword' };
const texts = fc.string({ unit: 'grapheme', maxLength: 200 });

const problemOf = async (opening: Promise<string>) => {
  const error = await opening.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(SealingError);
  return error as SealingError;
};

test('what was sealed opens as it was', async () => {
  const sealer = createSealer(`k1:${OLD}`);
  await fc.assert(
    fc.asyncProperty(texts, async (text) => (await sealer.open(await sealer.seal(text, context), context)) === text),
    { seed: 1 },
  );
});

test('the same text is sealed differently each time, and nothing of it is seen', async () => {
  const sealer = createSealer(OLD);
  const [one, other] = [
    await sealer.seal('dSmskQOatpyQg7UkU6fi', context),
    await sealer.seal('dSmskQOatpyQg7UkU6fi', context),
  ];
  expect(one).not.toBe(other);
  expect(one).not.toContain(Buffer.from('dSmskQOatpyQg7UkU6fi').toString('base64url'));
});

test('no nonce comes twice', async () => {
  const sealer = createSealer(OLD);
  const sealed = await Promise.all(Array.from({ length: 1_000 }, () => sealer.seal('x', context)));
  expect(new Set(sealed.map((text) => text.split('.')[2])).size).toBe(1_000);
});

test('any character changed to any other closes it', async () => {
  const sealer = createSealer(`k1:${OLD},k2:${NEW}`);
  const sealed = await sealer.seal('dSmskQOatpyQg7UkU6fi', context);
  const alphabet = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.='];
  const changes = fc.tuple(fc.nat({ max: sealed.length - 1 }), fc.constantFrom(...alphabet));
  await fc.assert(
    fc.asyncProperty(changes, async ([index, character]) => {
      fc.pre(sealed[index] !== character);
      const changed = sealed.slice(0, index) + character + sealed.slice(index + 1);
      expect(['tampered', 'unknown-key']).toContain((await problemOf(sealer.open(changed, context))).kind);
    }),
    { seed: 1, numRuns: 500, examples: [...alphabet].map((character) => [[sealed.length - 1, character]]) },
  );
});

test.each(['account', 'orderNo', 'field'] as const)('it does not open for another %s', async (name) => {
  const sealer = createSealer(OLD);
  const sealed = await sealer.seal('secret', context);
  const error = await problemOf(sealer.open(sealed, { ...context, [name]: 'other' }));
  expect(error).toMatchObject({ kind: 'wrong-context', message: expect.stringContaining(name) });
});

describe('rotation', () => {
  test('the old key opens after a new one was put in front, which seals', async () => {
    const before = await createSealer(OLD).seal('before', context);
    const rotated = createSealer(`2:${NEW},1:${OLD}`);
    expect(await rotated.open(before, context)).toBe('before');
    const after = await rotated.seal('after', context);
    expect(await createSealer(`2:${NEW}`).open(after, context)).toBe('after');
  });

  test('a key that is not held is named by its kid, as something to wait for', async () => {
    const sealed = await createSealer(`2027:${NEW}`).seal('x', context);
    const error = await problemOf(createSealer(OLD).open(sealed, context));
    expect(error).toMatchObject({ kind: 'unknown-key', message: expect.stringContaining('"2027"') });
  });

  test('a wrong key under the right kid is no way in', async () => {
    const sealed = await createSealer(`1:${NEW}`).seal('x', context);
    expect(await problemOf(createSealer(`1:${OLD}`).open(sealed, context))).toMatchObject({ kind: 'tampered' });
  });
});

test.each([
  ['nothing', ''],
  ['no JWE', 'hello'],
  ['a header that is no JSON', 'aGVsbG8.....'],
  ['a header without kid', `${Buffer.from('{"alg":"dir","enc":"A256GCM"}').toString('base64url')}..a.a.a`],
  ['another algorithm', `${Buffer.from('{"alg":"none","enc":"A256GCM","kid":"1"}').toString('base64url')}..a.a.a`],
])('is tampered: %s', async (_, sealed) => {
  expect(await problemOf(createSealer(OLD).open(sealed, context))).toMatchObject({ kind: 'tampered' });
});

test.each([
  ['31 bytes', `a:${Buffer.alloc(31, 7).toString('base64')}`, 'SEALING_KEY, entry 1 has 31 bytes instead of 32'],
  ['no base64', `a:${OLD},b:*not-base64*`, 'SEALING_KEY, entry 2 is not base64'],
  ['nothing behind a comma', `${OLD},`, 'SEALING_KEY, entry 2 has 0 bytes'],
  ['a kid with a blank', `a b:${OLD}`, 'SEALING_KEY, entry 1 is not kid:base64'],
  ['a kid twice', `${OLD},1:${NEW}`, 'kid "1" twice'],
])('the setting is refused, and not shown, for %s', (_, setting, message) => {
  expect(() => createSealer(setting)).toThrow(message);
  expect(() => createSealer(setting)).not.toThrow(setting.slice(0, 20));
});
