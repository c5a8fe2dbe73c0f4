import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareVersions, packVersion, type VersionParts, versionToDecimal } from './version.ts';

/** Numbers near each other and near the limits, so that ties and carries are met. */
const below = (limit: number) =>
  fc.oneof(fc.nat({ max: 2 }), fc.integer({ min: 0, max: limit - 1 }), fc.integer({ min: limit - 3, max: limit - 1 }));
const orderNos = fc.oneof(
  fc.constantFrom('DDMON2021031616145803273367', 'DDMON2021031516145803273367', 'X2021031616145803273367', 'A', ''),
  fc.stringMatching(/^[A-Z]{0,5}\d{0,30}$/),
  fc.string({ maxLength: 40 }),
);
const parts: fc.Arbitrary<VersionParts> = fc.record({
  pushDate: below(2 ** 48),
  orderNo: orderNos,
  revision: below(2 ** 16),
  position: below(2 ** 32),
  settled: fc.boolean(),
  fetchedAt: fc.option(below(2 ** 47)),
});

/** What the version means, as a list that compares from the left. */
function ranked({ pushDate, orderNo, revision, position, settled, fetchedAt }: VersionParts): bigint[] {
  let digits = '';
  while (digits.length < 22 && /\d/.test(orderNo.at(-1 - digits.length) ?? ''))
    digits = orderNo.at(-1 - digits.length) + digits;
  const hash = BigInt(`0x${createHash('sha256').update(orderNo).digest('hex')}`) >> 218n;
  return [pushDate, digits === '' ? 0n : BigInt(digits), hash, revision, position, settled ? 1 : 0, fetchedAt ?? 0].map(
    BigInt,
  );
}

function compareRanked(one: bigint[], other: bigint[]): number {
  const index = one.findIndex((value, at) => value !== other[at]);
  return index === -1 ? 0 : one[index]! < other[index]! ? -1 : 1;
}

test('comparing versions is comparing pushDate, order, revision, position, settled and fetch in turn', () => {
  fc.assert(
    fc.property(parts, parts, (one, other) => {
      expect(Math.sign(compareVersions(packVersion(one), packVersion(other)))).toBe(
        compareRanked(ranked(one), ranked(other)),
      );
    }),
    { seed: 1, numRuns: 2_000 },
  );
});

test('versions that share all but one part are told apart by it', () => {
  const names = fc.constantFrom<keyof VersionParts>(
    'pushDate',
    'orderNo',
    'revision',
    'position',
    'settled',
    'fetchedAt',
  );
  fc.assert(
    fc.property(parts, parts, names, (one, other, name) => {
      const changed = { ...one, [name]: other[name] };
      const same = compareRanked(ranked(one), ranked(changed)) === 0;
      expect(packVersion(one).equals(packVersion(changed))).toBe(same);
    }),
    { seed: 1, numRuns: 2_000 },
  );
});

test('the decimal text is the number the bytes are, so both compare alike', () => {
  fc.assert(
    fc.property(parts, parts, (one, other) => {
      const [first, second] = [packVersion(one), packVersion(other)];
      const [a, b] = [BigInt(versionToDecimal(first)), BigInt(versionToDecimal(second))];
      expect(a).toBe(first.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n));
      expect(a < b ? -1 : a > b ? 1 : 0).toBe(compareVersions(first, second));
    }),
    { seed: 1 },
  );
});

test('the layout is what subscribers were told', () => {
  const version = packVersion({
    pushDate: 0x0102_0304_0506,
    orderNo: 'A5',
    revision: 0x0708,
    position: 0x090a_0b0c,
    settled: true,
    fetchedAt: 0x0d0e_0f10_1112,
  });
  const hash = BigInt(`0x${createHash('sha256').update('A5').digest('hex')}`) >> 218n;
  expect(version.subarray(0, 6).toString('hex')).toBe('010203040506');
  expect(BigInt(`0x${version.subarray(6, 20).toString('hex')}`)).toBe((5n << 38n) | hash);
  expect(version.subarray(20).toString('hex')).toBe('0708090a0b0c8d0e0f101112');
});

const base: VersionParts = { pushDate: 5, orderNo: 'A1', revision: 0, position: 7, settled: false, fetchedAt: null };

test.each<[string, Partial<VersionParts>, Partial<VersionParts>]>([
  [
    'a later pushDate over everything else',
    { pushDate: 6 },
    { orderNo: 'A9', revision: 9, position: 9, settled: true },
  ],
  ['a later order over a later revision', { orderNo: 'A2' }, { revision: 9 }],
  ['order numbers as numbers, not as text', { orderNo: 'A10' }, { orderNo: 'A9' }],
  ['a replay over the first extraction', { revision: 1 }, { position: 9 }],
  ['the later of two positions in one archive', { position: 8 }, { settled: true }],
  ['settled over pending, whenever fetched', { settled: true }, { fetchedAt: 99 }],
  ['the later of two fetches', { settled: true, fetchedAt: 2 }, { settled: true, fetchedAt: 1 }],
])('greater is %s', (_, greater, lesser) => {
  expect(compareVersions(packVersion({ ...base, ...greater }), packVersion({ ...base, ...lesser }))).toBe(1);
});

test('orders that end in the same digits differ', () => {
  expect(packVersion({ ...base, orderNo: 'A1' }).equals(packVersion({ ...base, orderNo: 'B1' }))).toBe(false);
});

test.each<[keyof VersionParts, number]>([
  ['pushDate', -1],
  ['pushDate', 2 ** 48],
  ['pushDate', Number.NaN],
  ['revision', 65_536],
  ['position', 2 ** 32],
  ['position', 1.5],
  ['fetchedAt', 2 ** 47],
])('%s of %d is refused by name', (name, value) => {
  expect(() => packVersion({ ...base, [name]: value })).toThrow(new RegExp(`version: ${name} is ${value}`));
});
