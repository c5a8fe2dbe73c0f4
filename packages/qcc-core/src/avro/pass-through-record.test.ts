import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ChangeRecord } from '../contract/domain.ts';
import { changeRecord } from '../testing/change-record.ts';
import { type CarrierTopic, type Rest, restType } from './carrier.ts';
import { readCarrier, readPassThroughRecord } from './pass-through-record.ts';
import { avroType } from './types.ts';
import { UndecodableError } from './undecodable-error.ts';

/** What is well-formed UTF-8; a record on the topic is nothing else. */
const anyText = fc.string({ unit: 'binary' });
const anyInt = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });

const recordOf = (text = anyText, int = anyInt): fc.Arbitrary<ChangeRecord> => {
  const optional = fc.option(text);
  return fc.record({
    account: text,
    id: text,
    corpKeyNo: text,
    corpName: optional,
    type: text,
    typeName: optional,
    category: optional,
    categoryName: optional,
    changeContent: optional,
    changeExtend: optional,
    eventDate: fc.option(int),
    changeDate: fc.option(int),
    checkId: optional,
    creditCode: optional,
    regNo: optional,
    extra: fc.dictionary(text, text, { maxKeys: 3, noNullPrototype: true }),
    orderNo: text,
    revision: int,
    position: int,
    pushDate: int.map((value) => value * 1_000),
    archiveSha256: text,
    source: text,
    parserVersion: int,
  });
};

/** Whatever may stand behind a record, by the topic's own schema. */
const restOf = <Topic extends CarrierTopic>(topic: Topic): fc.Arbitrary<Rest<Topic>> =>
  fc.nat().map(() => restType(topic).random() as unknown as Rest<Topic>);

const encode = (record: ChangeRecord): Buffer => avroType('records').toBuffer(record);

describe.each<CarrierTopic>(['enriched-records', 'pending-details'])('a value of %s', (topic) => {
  test('is the bytes of its record as they came, and what stands behind them', () => {
    fc.assert(
      fc.property(recordOf(), restOf(topic), (record, rest) => {
        const { avro } = readPassThroughRecord(encode(record));
        const spliced = Buffer.concat([avro, restType(topic).toBuffer(rest)]);
        const whole = avroType(topic).toBuffer({ record: avroType('records').fromBuffer(encode(record)), ...rest });
        expect(spliced.equals(whole)).toBe(true);
      }),
      { seed: 1 },
    );
  });

  test('is taken apart into the same again', () => {
    fc.assert(
      fc.property(recordOf(), restOf(topic), (record, rest) => {
        const { record: passThrough, ...behind } = readCarrier(topic, avroType(topic).toBuffer({ record, ...rest }));
        expect(passThrough).toEqual(readPassThroughRecord(encode(record)));
        expect(restType(topic).toBuffer(behind).equals(restType(topic).toBuffer(rest))).toBe(true);
      }),
      { seed: 1 },
    );
  });

  test('that ends early, or too late, is refused', () => {
    fc.assert(
      fc.property(recordOf(), restOf(topic), (record, rest) => {
        const body = avroType(topic).toBuffer({ record, ...rest });
        expect(() => readCarrier(topic, body.subarray(0, -1))).toThrow(UndecodableError);
        expect(() => readCarrier(topic, Buffer.concat([body, Buffer.of(0)]))).toThrow(UndecodableError);
      }),
      { seed: 1 },
    );
  });
});

test('what is read of a record is what decoding it gives', () => {
  fc.assert(
    fc.property(recordOf(), (record) => {
      const { avro, ...fields } = readPassThroughRecord(encode(record));
      expect(avroType('records').fromBuffer(avro)).toMatchObject(fields);
    }),
    { seed: 1 },
  );
});

/** Every byte is even and below 128, thus no length below 0, nor a long one: of such avsc may never come to an end. */
const tameText = fc.string({ unit: fc.constantFrom('b', 'd', 'f'), maxLength: 20 });
const tameRecord = recordOf(tameText, fc.constant(0));
const damages = fc.oneof(
  fc.record({ kind: fc.constant('changed' as const), at: fc.nat(), byte: fc.nat(63).map((half) => half * 2) }),
  fc.record({ kind: fc.constant('cut' as const), at: fc.nat() }),
  fc.record({ kind: fc.constant('longer' as const), at: fc.constant(0) }),
);

test('damaged bytes are refused exactly where decoding all of them would refuse them', () => {
  fc.assert(
    fc.property(tameRecord, damages, (record, damage) => {
      const body = encode(record);
      const at = damage.at % body.length;
      if (damage.kind === 'changed') body[at] = damage.byte;
      const damaged =
        damage.kind === 'cut' ? body.subarray(0, at) : damage.kind === 'longer' ? Buffer.concat([body, body]) : body;
      expect(refuses(() => readPassThroughRecord(damaged))).toBe(
        refuses(() => avroType('records').fromBuffer(damaged)),
      );
    }),
    { seed: 1, numRuns: 2_000 },
  );
});

test('a map in blocks that say how long they are, as other writers make them, is read as it is', () => {
  const extra = { note: '"x"' };
  const before = encode(changeRecord({ extra }));
  const entries = Buffer.concat([Buffer.from([8]), Buffer.from('note'), Buffer.from([6]), Buffer.from('"x"')]);
  const at = before.indexOf(Buffer.concat([Buffer.of(2), entries]));
  // Count -1, then the block's bytes: right, and wrong as only a reader that skips it would notice.
  for (const size of [entries.length, 1]) {
    const block = Buffer.from([1, size * 2]);
    const body = Buffer.concat([before.subarray(0, at), block, before.subarray(at + 1)]);
    expect(avroType('records').fromBuffer(body)).toMatchObject({ extra });
    expect(readPassThroughRecord(body)).toMatchObject({ orderNo: changeRecord().orderNo, avro: body });
  }
});

function refuses(read: () => unknown): boolean {
  try {
    read();
    return false;
  } catch {
    return true;
  }
}
