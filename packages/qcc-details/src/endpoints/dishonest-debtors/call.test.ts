import { DOCUMENT_EXAMPLES } from 'qcc-core/qcc/fixtures/document-examples';
import { expect, test } from 'vitest';
import { INPUT, readPage } from '../../testing/read-example.ts';
import { getShiXinList } from './call.ts';

test("the document's example, a page of ten rows in all", () => {
  expect(getShiXinList.name).toBe('getShiXinList');
  const page = { ...INPUT, pageIndex: '2', pageSize: '20' };
  expect(getShiXinList.query({ ...INPUT, pageIndex: 2 })).toEqual(page);
  expect(readPage(getShiXinList, DOCUMENT_EXAMPLES.getShiXinList)).toEqual({
    rows: [
      {
        id: 'e36a5ea35c24e1e72d31b5d5072392cd2',
        anno: '（2020）鲁 0902 执 2168 号',
        annoNormalized: '（2020）鲁0902执2168号',
        executeGov: '泰安市泰山区人民法院',
        executeNo: '（2018）鲁 0902 民初 1959 号',
        executeStatus: '全部未履行',
        actionTypeName: '被执行人无正当理由拒不履行执行和解协议',
        lianDate: 18_519,
        amount: '15275439.08',
        amountRaw: '15275439.08',
        publicDate: 18_586,
        executeNoNormalized: '（2018）鲁0902民初1959号',
        lianDateRaw: '2020-09-14',
        publicDateRaw: '2020-11-20',
        extra: null,
      },
    ],
    odd: [],
    total: 10,
  });
});

test.each([
  ['an amount that is no number, kept raw', '"amount":"约15万元"', { amount: null, amountRaw: '约15万元' }],
  ['an amount with separators', '"amount":"1,234.5"', { amount: '1234.5', amountRaw: '1,234.5' }],
  ['an amount as a number', '"amount":1234.5', { amount: '1234.5', amountRaw: '1234.5' }],
  [
    'a number whose last digits JSON.parse may have changed: no amount, but its text',
    '"amount":70368744177664.01',
    { amount: null, amountRaw: '70368744177664.02' },
  ],
  ['the same number as a text', '"amount":"123456789012345.67"', { amount: '123456789012345.67' }],
  ['the largest number that is certain', '"amount":70368744177663.99', { amount: '70368744177663.99' }],
  ['no amount', '"amount":""', { amount: null, amountRaw: null }],
  ['half-width brackets', '"anno":"(2020)鲁 1"', { anno: '(2020)鲁 1', annoNormalized: '（2020）鲁1' }],
  [
    'brackets of official documents, in both numbers alike',
    '"anno":"〔2020〕鲁 1","executeNo":"【2018】鲁[1]"',
    { annoNormalized: '（2020）鲁1', executeNoNormalized: '（2018）鲁（1）', executeNo: '【2018】鲁[1]' },
  ],
  ['no 执行依据文号', '"executeNo":" "', { executeNo: null, executeNoNormalized: null }],
  ['a time where a day should be', '"lianDate":"2020-09-14 00:00:00"', { lianDate: 18_519 }],
  ['a day in Chinese', '"lianDate":"2020年9月14日"', { lianDate: 18_519, lianDateRaw: '2020年9月14日' }],
  ['a day with slashes', '"lianDate":"2020/09/14"', { lianDate: 18_519, lianDateRaw: '2020/09/14' }],
  ['a day as ISO', '"publicDate":"2020-09-14T00:00:00"', { publicDate: 18_519, publicDateRaw: '2020-09-14T00:00:00' }],
  ['a day as milliseconds', '"lianDate":1600012800000', { lianDate: 18_519, lianDateRaw: '1600012800000' }],
  ['0 as no day', '"lianDate":0', { lianDate: null, lianDateRaw: null }],
  ['a day that no table can hold', '"lianDate":"9999-12-31"', { lianDate: null, lianDateRaw: '9999-12-31' }],
  ['unknown fields', '"性别":"男","age":41', { extra: '{"性别":"男","age":41}' }],
])('reads %s', (_, row, expected) => {
  const body = `{"status":"200","totalRecords":1,"resultList":[{"id":"a",${row}}]}`;
  expect(readPage(getShiXinList, body)).toMatchObject({ rows: [expected], total: 1 });
});

test('a result of null is an empty list, as in other responses of QCC', () => {
  expect(readPage(getShiXinList, '{"status":"200","result":null}')).toEqual({ rows: [], odd: [], total: null });
  expect(readPage(getShiXinList, '{"status":"200"}')).toMatchObject({ reason: 'UNEXPECTED_SHAPE' });
  expect(readPage(getShiXinList, '{"status":"200","result":{}}')).toMatchObject({ reason: 'UNEXPECTED_SHAPE' });
});

test('rows that cannot be read cost no other row, and are returned as they came', () => {
  const odd = ['{"anno":"（2020）京01执1号"}', '{"id":" "}', 'null', '[]', '"a"'];
  const body = `{"status":"200","totalRecords":7,"resultList":[{"id":"a"},${odd},{"id":"b"}]}`;
  expect(readPage(getShiXinList, body)).toMatchObject({ rows: [{ id: 'a' }, { id: 'b' }], odd, total: 7 });
});

test.each([
  ['a paging that is a text', '"paging":"1/10"'],
  ['a total that is an object', '"totalRecords":{"toString":1}'],
  ['a negative total', '"totalRecords":-1'],
])('%s is no total', (_, given) => {
  const body = `{"status":"200",${given},"resultList":[{"id":"a"}]}`;
  expect(readPage(getShiXinList, body)).toMatchObject({ rows: [{ id: 'a' }], total: null });
});
