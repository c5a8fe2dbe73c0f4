import { DOCUMENT_EXAMPLES } from 'qcc-core/qcc/fixtures/document-examples';
import { expect, test } from 'vitest';
import { INPUT, readPage } from '../../testing/read-example.ts';
import { getSeriousViolation } from './call.ts';

test("the document's example, its date a text", () => {
  expect(getSeriousViolation.name).toBe('getSeriousViolation');
  expect(getSeriousViolation.query({ ...INPUT, pageIndex: 1 })).toEqual(INPUT);
  expect(readPage(getSeriousViolation, DOCUMENT_EXAMPLES.getSeriousViolation)).toEqual({
    rows: [
      {
        addDate: 18_459,
        addOffice: '河北省市场监督管理局',
        addReason: '被列入经营异常名录届满3年仍未履行相关义务的',
        addDateRaw: '2020-07-16',
        extra: null,
      },
    ],
    odd: [],
    total: null,
  });
});

test.each(['2020年7月16日', '2020/07/16', '2020-07-16T00:00:00.000+0800', '1594828800000'])(
  'reads the day of %s',
  (addDateRaw) => {
    const body = JSON.stringify({ status: '200', resultList: [{ addDate: addDateRaw }] });
    expect(readPage(getSeriousViolation, body)).toMatchObject({ rows: [{ addDate: 18_459, addDateRaw }] });
  },
);
