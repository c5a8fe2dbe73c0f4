import { bytesOf } from 'qcc-core/avro/composed';
import { avroType } from 'qcc-core/avro/types';
import { changeRecord } from 'qcc-core/testing/change-record';
import type { DetailResult } from 'qcc-details/detail-result';
import { type Details, NO_LISTS } from 'qcc-details/details';
import { packDetails, unpackDetails } from 'qcc-details/packed-details';
import { debtorRow, packedDetails, violationRow } from 'qcc-details/testing/details';
import { toEnriched, toEnrichment } from 'qcc-details/to-enriched';
import { expect, test } from 'vitest';
import { encodeEnrichment } from './encode-enrichment.ts';

const EVERY_LIST: Details = {
  ...NO_LISTS,
  exceptions: unpackDetails(packedDetails(2)).exceptions,
  seriousViolations: [violationRow({ addDate: 18_000, addOffice: '北京市', addDateRaw: '2019年4月14日' })],
  dishonestDebtors: [
    debtorRow({
      id: 'a',
      anno: '（2020）京01执1号',
      annoNormalized: '(2020)京01执1号',
      lianDate: 18_001,
      amount: '12.50',
      amountRaw: '12.50元',
      extra: '{"性别":"男"}',
    }),
  ],
  total: 9,
  oddRows: 2,
  incompleteReason: 'REPEATED_PAGE',
};

test.each<DetailResult>([
  { status: 'NOT_APPLICABLE' },
  { status: 'ENRICHED', details: packedDetails(0), fetchedAt: 1_700_000_000_000 },
  { status: 'ENRICHED', details: packedDetails(300), fetchedAt: 0 },
  { status: 'ENRICHED', details: packDetails(EVERY_LIST), fetchedAt: 8 },
  { status: 'NO_RESULT', fetchedAt: 9 },
  { status: 'FAILED', reason: '查无此人' },
  { status: 'PENDING', reason: 'WAIT_EXCEEDED' },
])('what stands behind a record has the bytes that encoding the whole gives it: %o', (result) => {
  const record = changeRecord({ position: 4 });
  const whole = avroType('enriched-records').toBuffer(toEnriched(record, result));
  const behind = encodeEnrichment(toEnrichment(record, result));
  expect(Buffer.concat([avroType('records').toBuffer(record), bytesOf(behind)])).toEqual(whole);
});
