import type { EnrichedRecord } from 'qcc-core/contract/domain';
import { compareVersions, packVersion } from 'qcc-core/contract/version';
import { changeRecord, PUSH_DATE } from 'qcc-core/testing/change-record';
import { expect, test } from 'vitest';
import type { DetailResult } from './detail-result.ts';
import { NO_DETAILS, NO_LISTS } from './details.ts';
import { packDetails } from './packed-details.ts';
import { exceptionDetails } from './testing/details.ts';
import { toEnriched, toEnrichment, withoutDetails } from './to-enriched.ts';

const record = changeRecord({ position: 4, revision: 2 });
const details = exceptionDetails(2);
const nothing = {
  detailReason: null,
  detailsFetchedAt: null,
  detailsTotal: null,
  detailsTruncated: false,
  detailsComplete: null,
  detailsIncompleteReason: null,
  detailsOddRows: 0,
  ...NO_LISTS,
};

const cases: [DetailResult, Partial<EnrichedRecord>, { settled: boolean; fetchedAt: number | null }][] = [
  [{ status: 'NOT_APPLICABLE' }, nothing, { settled: true, fetchedAt: null }],
  [{ status: 'NO_CHECK_ID' }, nothing, { settled: true, fetchedAt: null }],
  [
    { status: 'ENRICHED', details: packDetails(details), fetchedAt: 9 },
    { ...nothing, exceptions: details.exceptions, detailsTotal: 2, detailsFetchedAt: 9, detailsComplete: true },
    { settled: true, fetchedAt: 9 },
  ],
  [
    {
      status: 'ENRICHED',
      details: packDetails({ ...details, total: 9, oddRows: 3, incompleteReason: 'INCOMPLETE_TOTAL' }),
      fetchedAt: 9,
    },
    {
      ...nothing,
      exceptions: details.exceptions,
      detailsTotal: 9,
      detailsFetchedAt: 9,
      detailsComplete: false,
      detailsIncompleteReason: 'INCOMPLETE_TOTAL',
      detailsOddRows: 3,
    },
    { settled: true, fetchedAt: 9 },
  ],
  [
    { status: 'NO_RESULT', fetchedAt: 9 },
    { ...nothing, detailsTotal: 0, detailsFetchedAt: 9, detailsComplete: true },
    { settled: true, fetchedAt: 9 },
  ],
  [
    { status: 'FAILED', reason: 'QCC_208' },
    { ...nothing, detailReason: 'QCC_208' },
    { settled: true, fetchedAt: null },
  ],
  [
    { status: 'PENDING', reason: 'QCC_205' },
    { ...nothing, detailReason: 'QCC_205' },
    { settled: false, fetchedAt: null },
  ],
];

test.each(cases)('%o becomes a whole message with its version', (result, fields, { settled, fetchedAt }) => {
  const { orderNo, revision, position, pushDate } = record;
  expect(toEnriched(record, result)).toEqual({
    record,
    detailStatus: result.status,
    ...fields,
    version: packVersion({ orderNo, revision, position, pushDate, settled, fetchedAt }),
  });
});

test('whatever settles a change beats its pending version', () => {
  const pending = toEnriched(record, { status: 'PENDING', reason: 'WAIT_EXCEEDED' });
  for (const [result] of cases.filter(([{ status }]) => status !== 'PENDING')) {
    expect(compareVersions(toEnriched(record, result).version, pending.version)).toBeGreaterThan(0);
  }
});

test('without its rows a message still says how many there are, and keeps its version', () => {
  const enrichment = toEnrichment(record, { status: 'ENRICHED', details: packDetails(details), fetchedAt: PUSH_DATE });
  expect(withoutDetails(enrichment)).toEqual({
    ...enrichment,
    lists: packDetails(NO_DETAILS).lists,
    detailsTruncated: true,
  });
});
