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
      },
    ],
    total: 10,
  });
});

test.each([
  ['an amount that is no number, kept raw', '"amount":"约15万元"', { amount: null, amountRaw: '约15万元' }],
  ['an amount with separators', '"amount":"1,234.5"', { amount: '1234.5', amountRaw: '1,234.5' }],
  ['an amount as a number', '"amount":1234.5', { amount: '1234.5', amountRaw: '1234.5' }],
  ['no amount', '"amount":""', { amount: null, amountRaw: null }],
  ['half-width brackets', '"anno":"(2020)鲁 1"', { anno: '(2020)鲁 1', annoNormalized: '（2020）鲁1' }],
  ['a time where a day should be', '"lianDate":"2020-09-14 00:00:00"', { lianDate: 18_519 }],
  ['a day that no table can hold', '"lianDate":"9999-12-31"', { lianDate: null }],
])('reads %s', (_, row, expected) => {
  const body = `{"status":"200","totalRecords":1,"resultList":[{"id":"a",${row}}]}`;
  expect(readPage(getShiXinList, body)).toMatchObject({ rows: [expected], total: 1 });
});

test('a row without an id makes the page unreadable', () => {
  expect(readPage(getShiXinList, '{"status":"200","resultList":[{}]}')).toMatchObject({ reason: 'UNEXPECTED_SHAPE' });
});
