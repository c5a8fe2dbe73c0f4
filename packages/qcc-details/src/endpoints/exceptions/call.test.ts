import { DOCUMENT_EXAMPLES } from 'qcc-core/qcc/fixtures/document-examples';
import { expect, test } from 'vitest';
import { INPUT, readPage } from '../../testing/read-example.ts';
import { getExceptions } from './call.ts';

test("the document's example, romoveReason and epoch 0 included", () => {
  expect(getExceptions.name).toBe('getExceptions');
  expect(getExceptions.query({ ...INPUT, pageIndex: 1 })).toEqual(INPUT);
  expect(readPage(getExceptions, DOCUMENT_EXAMPLES.getExceptions)).toEqual({
    rows: [
      {
        addReason: '未依照《企业信息公示暂行条例》第八条规定的期限公示年度报告的',
        addDate: 1_481_246_659_000,
        removeReason: null,
        removeDate: null,
        decisionOffice: '鄢陵县市场监督管理局',
        removeDecisionOffice: null,
        addDateRaw: '1481246659',
        removeDateRaw: null,
        extra: null,
      },
    ],
    odd: [],
    total: null,
  });
});

test.each([
  [
    'both spellings of removeReason, the right one first',
    '"removeReason":"整改","romoveReason":""',
    { removeReason: '整改' },
  ],
  [
    'both spellings with different texts, of which the second is extra',
    '"removeReason":"整改","romoveReason":"补报"',
    { removeReason: '整改', extra: '{"romoveReason":"补报"}' },
  ],
  ['both spellings with the same text', '"removeReason":"整改","romoveReason":"整改"', { extra: null }],
  [
    'an object next to romoveReason, which is extra',
    '"removeReason":{"cn":"整改"},"romoveReason":"补报"',
    { removeReason: '补报', extra: '{"removeReason":{"cn":"整改"}}' },
  ],
  [
    'an object under romoveReason, which is extra',
    '"romoveReason":{"cn":"补报"}',
    { removeReason: null, extra: '{"romoveReason":{"cn":"补报"}}' },
  ],
  [
    'objects under both spellings, which are extra',
    '"removeReason":{"cn":"整改"},"romoveReason":{"cn":"补报"}',
    { removeReason: null, extra: '{"removeReason":{"cn":"整改"},"romoveReason":{"cn":"补报"}}' },
  ],
  ['romoveReason alone', '"romoveReason":"补报"', { removeReason: '补报' }],
  ['seconds as text', '"addDate":"1481246659"', { addDate: 1_481_246_659_000 }],
  ['milliseconds', '"addDate":1481246659000', { addDate: 1_481_246_659_000, addDateRaw: '1481246659000' }],
  ['milliseconds as text', '"addDate":"1481246659000"', { addDate: 1_481_246_659_000 }],
  [
    'a date in Chinese',
    '"removeDate":"2016年12月9日"',
    { removeDate: Date.UTC(2016, 11, 8, 16), removeDateRaw: '2016年12月9日' },
  ],
  ['ISO', '"addDate":"2016-12-09T01:24:19Z"', { addDate: 1_481_246_659_000 }],
  ['"0" as no date', '"addDate":"0"', { addDate: null, addDateRaw: null }],
  ['a date before the epoch as no date', '"addDate":-62135596800', { addDate: null }],
  ['a date that no table can hold as no date', '"addDate":99999999999', { addDate: null }],
  ['a day', '"addDate":"2016-12-09"', { addDate: Date.UTC(2016, 11, 8, 16) }],
  ['a time', '"addDate":"2016-12-09 09:24:19"', { addDate: 1_481_246_659_000 }],
  ['a text that is no date', '"addDate":"不详"', { addDate: null, addDateRaw: '不详' }],
  [
    'unknown fields, but not romoveReason',
    '"romoveReason":"补报","caseNo":7',
    { removeReason: '补报', extra: '{"caseNo":7}' },
  ],
  ['absent fields', '"other":1', { addReason: null, addDate: null, removeDate: null, decisionOffice: null }],
])('reads %s', (_, row, expected) => {
  expect(readPage(getExceptions, `{"status":"200","resultList":[{${row}}]}`)).toMatchObject({ rows: [expected] });
});
