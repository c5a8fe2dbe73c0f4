import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Details, NO_DETAILS, NO_LISTS } from './details.ts';
import { packDetails, unpackDetails } from './packed-details.ts';
import { exceptionDetails } from './testing/details.ts';

const text = fc.option(fc.string({ unit: 'binary' }));
const number = fc.option(fc.integer());
/** Rows as the topic's schema allows them. */
const anyDetails: fc.Arbitrary<Details> = fc
  .record({
    exceptions: fc.array(
      fc.record({
        addReason: text,
        addDate: number,
        removeReason: text,
        removeDate: number,
        decisionOffice: text,
        removeDecisionOffice: text,
        addDateRaw: text,
        removeDateRaw: text,
        extra: text,
      }),
    ),
    seriousViolations: fc.array(
      fc.record({ addDate: number, addOffice: text, addReason: text, addDateRaw: text, extra: text }),
    ),
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
        executeNoNormalized: text,
        lianDateRaw: text,
        publicDateRaw: text,
        extra: text,
      }),
    ),
    total: fc.nat(),
    oddRows: fc.nat(),
    incompleteReason: fc.constantFrom('ODD_ROWS', 'REPEATED_PAGE', null),
  })
  .map((details) => ({ ...NO_LISTS, ...details }));

test.each<[string, Details]>([
  ['no rows', NO_DETAILS],
  ['rows', exceptionDetails(3)],
])('details with %s are what they were', (_, details) => {
  expect(plain(unpackDetails(packDetails(details)))).toEqual(plain(details));
});

test('so are any that the topic can hold', () => {
  fc.assert(
    fc.property(anyDetails, (details) => {
      expect(plain(unpackDetails(packDetails(details)))).toEqual(plain(details));
    }),
    { seed: 1, numRuns: 500 },
  );
});

/** Without the classes that avsc gives its records. */
const plain = (details: Details): unknown => JSON.parse(JSON.stringify(details));
