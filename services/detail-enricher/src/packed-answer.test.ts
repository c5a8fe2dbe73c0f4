import fc from 'fast-check';
import type { Details } from 'qcc-core/details/detail-endpoint';
import { NO_DETAILS } from 'qcc-core/details/detail-endpoint';
import { expect, test } from 'vitest';
import type { DetailAnswer } from './detail-result.ts';
import { packAnswer, unpackAnswer } from './packed-answer.ts';
import { exceptionDetails } from './testing/records.ts';

const text = fc.option(fc.string({ unit: 'binary' }));
const number = fc.option(fc.integer());
/** Rows as the topic's schema allows them. */
const anyDetails: fc.Arbitrary<Details> = fc.record({
  exceptions: fc.array(
    fc.record({
      addReason: text,
      addDate: number,
      removeReason: text,
      removeDate: number,
      decisionOffice: text,
      removeDecisionOffice: text,
    }),
  ),
  seriousViolations: fc.array(fc.record({ addDate: number, addOffice: text, addReason: text })),
  dishonestDebtors: fc.array(
    fc.record({
      id: fc.string({ unit: 'binary' }),
      anno: text,
      annoNormalized: text,
      executeGov: text,
      executeNo: text,
      executeStatus: text,
      actionTypeName: text,
      lianDate: number,
      amount: text,
      amountRaw: text,
      publicDate: number,
    }),
  ),
  total: fc.nat(),
});

test.each<[string, DetailAnswer]>([
  ['that QCC has nothing', { kind: 'empty', fetchedAt: 5 }],
  ['no rows', { kind: 'success', value: NO_DETAILS, fetchedAt: 6 }],
  ['rows', { kind: 'success', value: exceptionDetails(), fetchedAt: 7 }],
])('an answer with %s is what it was', (_, answer) => {
  expect(plain(unpackAnswer(packAnswer(answer)))).toEqual(plain(answer));
});

test('so is any that the topic can hold', () => {
  fc.assert(
    fc.property(anyDetails, fc.nat(), (value, fetchedAt) => {
      const answer: DetailAnswer = { kind: 'success', value, fetchedAt };
      expect(plain(unpackAnswer(packAnswer(answer)))).toEqual(plain(answer));
    }),
    { seed: 1, numRuns: 500 },
  );
});

/** Without the classes that avsc gives its records. */
const plain = (answer: DetailAnswer): unknown => JSON.parse(JSON.stringify(answer));
