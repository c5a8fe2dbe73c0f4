import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { acceptCallback, ODDITIES, type Oddity } from './accept-callback.ts';

const NOW = Date.UTC(2021, 2, 16, 8, 15, 0);
const KEY = 'AppKey';
const accept = (query: string) => acceptCallback({ query, key: KEY, account: 'main', now: NOW });

/** The example of document 6.2.2, its page wraps joined. */
const DOCUMENT_QUERY = [
  'key=AppKey&orderNo=DDMON2021031616145803273367&downloadUrl=http%3A%2F',
  '%2Fpro-files.qichacha.com%2FDdMonitor%2Fxxxxxx.zip%3FExpires%3D161588',
  '4598%26OSSAccessKeyId%3DLTAIvmt6mWz2ZQqu%26Signature%3DD0lw17m2HGfWuS',
  'gB%252BSECs%252F4ubXU%253D&downloadUrlExpiredTime=2021-03-16%2020%3A1',
  '9%3A00&unzipPassword=XXXXXXXXXX',
].join('');
const DOCUMENT_LINK =
  'http://pro-files.qichacha.com/DdMonitor/xxxxxx.zip?Expires=1615884598&OSSAccessKeyId=LTAIvmt6mWz2ZQqu&Signature=D0lw17m2HGfWuSgB%2BSECs%2F4ubXU%3D';

describe("the document's example", () => {
  test('is an order whose link is decoded exactly once, its signature still encoded, and whose earlier expiry counts', () => {
    expect(accept(DOCUMENT_QUERY)).toEqual({
      kind: 'order',
      order: {
        account: 'main',
        orderNo: 'DDMON2021031616145803273367',
        source: 'callback',
        receivedAt: NOW,
        createDate: null,
        downloadUrl: DOCUMENT_LINK,
        unzipPassword: 'XXXXXXXXXX',
        downloadUrlExpiredTime: 1_615_884_598_000,
      },
      oddities: ['expiry_disagrees'],
    });
  });
});

describe('what is refused', () => {
  const cases: [name: string, query: string, httpStatus: number, reason: string][] = [
    ['nothing at all', '', 400, 'key_missing'],
    ['no key', 'orderNo=A', 400, 'key_missing'],
    ['an empty key', 'key=&orderNo=A', 400, 'key_missing'],
    ['a key in other letters', 'KEY=AppKey&orderNo=A', 400, 'key_missing'],
    ['a repeated key, both right', 'key=AppKey&orderNo=A&key=AppKey', 400, 'key_repeated'],
    ['a repeated key, one wrong', 'key=AppKey&key=guess&orderNo=A', 400, 'key_repeated'],
    ['a repeated key, one empty', 'key=AppKey&key=&orderNo=A', 400, 'key_repeated'],
    ['a wrong key', 'key=guess&orderNo=A', 403, 'key_wrong'],
    ['a key that is only the beginning', 'key=AppKe&orderNo=A', 403, 'key_wrong'],
    ['a key that goes on', 'key=AppKey2&orderNo=A', 403, 'key_wrong'],
    ['a key encoded twice', 'key=%2541ppKey&orderNo=A', 403, 'key_wrong'],
    ['a key with NUL behind it', 'key=AppKey%00&orderNo=A', 403, 'key_wrong'],
    ['a wrong key without an order number', 'key=guess', 403, 'key_wrong'],
    ['no order number', 'key=AppKey', 400, 'order_no_missing'],
    ['an empty order number', 'key=AppKey&orderNo=', 400, 'order_no_missing'],
    ['a repeated order number, both equal', 'key=AppKey&orderNo=A&orderNo=A', 400, 'order_no_repeated'],
    ['a blank order number', 'key=AppKey&orderNo=+%20', 400, 'order_no_invalid'],
    ['an order number of 129 characters', `key=AppKey&orderNo=${'9'.repeat(129)}`, 400, 'order_no_invalid'],
    ['NUL in the order number', 'key=AppKey&orderNo=A%00B', 400, 'order_no_invalid'],
    ['CRLF in the order number', 'key=AppKey&orderNo=A%0D%0ASet-Cookie:x', 400, 'order_no_invalid'],
    ['LF after the order number', 'key=AppKey&orderNo=A%0A', 400, 'order_no_invalid'],
    ['a line separator in the order number', 'key=AppKey&orderNo=A%E2%80%A8B', 400, 'order_no_invalid'],
    ['a turned writing direction in the order number', 'key=AppKey&orderNo=A%E2%80%AEB', 400, 'order_no_invalid'],
    ['an order number that is no UTF-8', 'key=AppKey&orderNo=A%FF', 400, 'order_no_invalid'],
  ];
  test.each(cases)('%s', (_name, query, httpStatus, reason) => {
    expect(accept(query)).toMatchObject({ kind: 'refused', httpStatus, reason });
  });
});

describe('what is odd costs no order', () => {
  const link = encodeURIComponent(DOCUMENT_LINK);
  const base = 'key=AppKey&orderNo=A';
  const time = 'downloadUrlExpiredTime=2021-03-16+16%3A49%3A58';
  const password = 'unzipPassword=pw';
  const expiry = 1_615_884_598_000;
  const cases: [name: string, query: string, oddities: Oddity[], order: object][] = [
    [
      'nothing: all as the document has it',
      `${base}&downloadUrl=${link}&${time}&${password}`,
      [],
      { downloadUrl: DOCUMENT_LINK, unzipPassword: 'pw', downloadUrlExpiredTime: expiry },
    ],
    [
      'only key and order number',
      base,
      ['download_url_missing', 'expired_time_missing', 'unzip_password_missing'],
      { orderNo: 'A', downloadUrl: null, unzipPassword: null, downloadUrlExpiredTime: null },
    ],
    [
      'another order of the parameters',
      `${password}&${time}&downloadUrl=${link}&orderNo=A&key=AppKey`,
      [],
      { unzipPassword: 'pw' },
    ],
    [
      'an unknown parameter, twice',
      `${base}&downloadUrl=${link}&${time}&${password}&v=2&v=3`,
      ['parameter_unknown'],
      { downloadUrl: DOCUMENT_LINK },
    ],
    [
      '__proto__ as a parameter',
      `${base}&downloadUrl=${link}&${time}&${password}&__proto__=x`,
      ['parameter_unknown'],
      { downloadUrl: DOCUMENT_LINK },
    ],
    [
      'a repeated link',
      `${base}&downloadUrl=${link}&downloadUrl=${link}&${time}&${password}`,
      ['download_url_repeated'],
      { downloadUrl: null, downloadUrlExpiredTime: expiry },
    ],
    [
      'a link that is no URL',
      `${base}&downloadUrl=xxxxxx.zip&${time}&${password}`,
      ['download_url_unusable'],
      { downloadUrl: null },
    ],
    [
      'a link to a file',
      `${base}&downloadUrl=file%3A%2F%2F%2Fetc%2Fpasswd&${time}&${password}`,
      ['download_url_unusable'],
      { downloadUrl: null },
    ],
    [
      'a link with CRLF',
      `${base}&downloadUrl=http%3A%2F%2Fa%2F%0D%0Ab%3FExpires%3D1&${time}&${password}`,
      ['download_url_unusable'],
      { downloadUrl: null },
    ],
    [
      'a link of 5,000 characters',
      `${base}&downloadUrl=${link}${'x'.repeat(5_000)}&${time}&${password}`,
      ['download_url_unusable'],
      { downloadUrl: null },
    ],
    [
      'a signature with a bare plus, read as a blank',
      `${base}&downloadUrl=${link}+&${time}&${password}`,
      ['download_url_unusable'],
      { downloadUrl: null },
    ],
    [
      'a link without Expires',
      `${base}&downloadUrl=http%3A%2F%2Fa%2Fb.zip&${time}&${password}`,
      ['download_url_without_expires'],
      { downloadUrl: 'http://a/b.zip', downloadUrlExpiredTime: expiry },
    ],
    [
      'a link not encoded, which falls apart at its &',
      `${base}&downloadUrl=${DOCUMENT_LINK}&${time}&${password}`,
      ['parameter_unknown'],
      { downloadUrl: 'http://pro-files.qichacha.com/DdMonitor/xxxxxx.zip?Expires=1615884598' },
    ],
    [
      'no expired time',
      `${base}&downloadUrl=${link}&${password}`,
      ['expired_time_missing'],
      { downloadUrlExpiredTime: expiry },
    ],
    [
      'a repeated expired time',
      `${base}&downloadUrl=${link}&${time}&${time}&${password}`,
      ['expired_time_repeated'],
      { downloadUrlExpiredTime: expiry },
    ],
    [
      'an expired time that is no day',
      `${base}&downloadUrl=${link}&downloadUrlExpiredTime=2021-02-30%2016:49:58&${password}`,
      ['expired_time_unreadable'],
      { downloadUrlExpiredTime: expiry },
    ],
    [
      'an expired time encoded twice',
      `${base}&downloadUrl=${link}&downloadUrlExpiredTime=2021-03-16%252016%253A49%253A58&${password}`,
      ['expired_time_unreadable'],
      { downloadUrlExpiredTime: expiry },
    ],
    [
      'an expired time before Expires, and past',
      `${base}&downloadUrl=${link}&downloadUrlExpiredTime=2021-03-16%2016:00:00&${password}`,
      ['expiry_disagrees', 'download_url_already_expired'],
      { downloadUrlExpiredTime: Date.UTC(2021, 2, 16, 8) },
    ],
    ['no password', `${base}&downloadUrl=${link}&${time}`, ['unzip_password_missing'], { unzipPassword: null }],
    [
      'a repeated password',
      `${base}&downloadUrl=${link}&${time}&${password}&${password}`,
      ['unzip_password_repeated'],
      { unzipPassword: null },
    ],
    [
      'a password with NUL',
      `${base}&downloadUrl=${link}&${time}&unzipPassword=a%00b`,
      ['unzip_password_unusable'],
      { unzipPassword: null },
    ],
    [
      'a password of 300 characters',
      `${base}&downloadUrl=${link}&${time}&unzipPassword=${'x'.repeat(300)}`,
      ['unzip_password_unusable'],
      { unzipPassword: null },
    ],
    [
      'a password with an encoded plus',
      `${base}&downloadUrl=${link}&${time}&unzipPassword=a%2Bb`,
      [],
      { unzipPassword: 'a+b' },
    ],
    [
      'a broken percent escape',
      `${base}&downloadUrl=${link}&${time}&unzipPassword=100%`,
      ['encoding_malformed'],
      { unzipPassword: '100%' },
    ],
    [
      'a question mark too many, from a callback URL that ended in one',
      `?${base}&downloadUrl=${link}&${time}&${password}`,
      [],
      { orderNo: 'A' },
    ],
    [
      'a megabyte of something',
      `${base}&downloadUrl=${link}&${time}&${password}&pad=${'%41'.repeat(350_000)}`,
      ['parameter_unknown'],
      { orderNo: 'A' },
    ],
  ];
  test.each(cases)('%s', (_name, query, oddities, order) => {
    const outcome = accept(query);
    expect(outcome).toMatchObject({ kind: 'order', order });
    expect(outcome.kind === 'order' && outcome.oddities).toEqual(oddities);
  });

  test.each([
    ['128 characters', '9'.repeat(128)],
    ['Chinese characters', '订单 7'],
    ['a slash and a percent sign', '../%41'],
  ])('an order number of %s is opaque and kept as it is', (_name, orderNo) => {
    expect(accept(`key=AppKey&orderNo=${encodeURIComponent(orderNo)}`)).toMatchObject({ order: { orderNo } });
  });
});

describe('whatever the query holds', () => {
  const names = fc.constantFrom('key', 'orderNo', 'downloadUrl', 'downloadUrlExpiredTime', 'unzipPassword', '');
  const values = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.constantFrom(KEY, '%00', '%', '%ff', '+', '&', DOCUMENT_LINK),
  );
  const queries = fc.array(fc.tuple(names, values)).map((pairs) => pairs.map(([n, v]) => `${n}=${v}`).join('&'));
  const anything = fc.oneof(fc.string({ unit: 'binary' }), queries);

  test('it never throws, and is no order without the right key', () => {
    fc.assert(
      fc.property(anything, (query) => {
        const outcome = acceptCallback({ query, key: 'another-key-than-any', account: 'main', now: NOW });
        expect(outcome.kind).toBe('refused');
      }),
      { seed: 20210316, numRuns: 500 },
    );
  });

  test('with the right key and an order number it is that order, its oddities from the closed list', () => {
    const others = fc.array(
      fc.tuple(
        fc.constantFrom('downloadUrl', 'downloadUrlExpiredTime', 'unzipPassword', 'x'),
        values.map(encodeURIComponent),
      ),
    );
    fc.assert(
      fc.property(others, fc.stringMatching(/^[A-Z0-9]{1,128}$/), (pairs, orderNo) => {
        const query = [['key', KEY], ['orderNo', orderNo], ...pairs].map(([n, v]) => `${n}=${v}`).join('&');
        const outcome = accept(query);
        expect(outcome).toMatchObject({ kind: 'order', order: { orderNo } });
        if (outcome.kind === 'order') expect(ODDITIES).toEqual(expect.arrayContaining(outcome.oddities));
      }),
      { seed: 20210316, numRuns: 500 },
    );
  });
});
