import { expect, test } from 'vitest';
import { createRedactor, redactJson, redactUrl } from './redact.ts';

const LINK =
  'http://pro-files.qichacha.com/DdMonitor/x.zip?Expires=1615884598&OSSAccessKeyId=LTAIvmt6mWz2ZQqu&Signature=D0lw17m2HGfWuSgB%2BSECs%2F4ubXU%3D';

test.each([
  [
    "a link's signature and access key go, its host and expiry stay",
    LINK,
    'http://pro-files.qichacha.com/DdMonitor/x.zip?Expires=1615884598&OSSAccessKeyId=[redacted]&Signature=[redacted]',
  ],
  [
    'a callback as QCC sends it, the link encoded inside',
    `GET /cb?key=AppKey&orderNo=DD1&downloadUrl=${encodeURIComponent(LINK)}&unzipPassword=a%26b HTTP/1.1`,
    'GET /cb?key=[redacted]&orderNo=DD1&downloadUrl=http%3A%2F%2Fpro-files.qichacha.com%2FDdMonitor%2Fx.zip%3FExpires%3D1615884598%26OSSAccessKeyId%3D[redacted]%26Signature%3D[redacted]&unzipPassword=[redacted] HTTP/1.1',
  ],
  [
    'a link encoded twice',
    encodeURIComponent(encodeURIComponent('?Signature=ab%2Bcd&Expires=1')),
    '%253FSignature%253D[redacted]%2526Expires%253D1',
  ],
  ['a key inside an encoded query', 'u=%3Fkey%3Dabcd%26orderNo%3D1', 'u=%3Fkey%3D[redacted]%26orderNo%3D1'],
  ['S3 signatures', '?X-Amz-Signature=abc&X-Amz-Date=1', '?X-Amz-Signature=[redacted]&X-Amz-Date=1'],
  ['names in other cases', '?token=abc&SIGNATURE=def', '?token=[redacted]&SIGNATURE=[redacted]'],
  ['a field of JSON', '{"unzipPassword": "abc", "a": 1}', '{"unzipPassword": "[redacted]", "a": 1}'],
  ['a field of JSON in a JSON string', '"{\\"unzipPassword\\":\\"abc\\"}"', '"{\\"unzipPassword\\":\\"[redacted]\\"}"'],
  [
    'a field of JSON that holds quotes and backslashes',
    JSON.stringify({ token: 'a"b\\', c: 1 }),
    JSON.stringify({ token: '[redacted]', c: 1 }),
  ],
  [
    'a field that holds quotes and backslashes, in a JSON string',
    JSON.stringify(JSON.stringify({ token: 'a"\\"b\\', c: 1 })),
    JSON.stringify(JSON.stringify({ token: '[redacted]', c: 1 })),
  ],
  ['a number in JSON', '{"unzipPassword": 73519248.5e3, "a": 1}', '{"unzipPassword": [redacted], "a": 1}'],
  ['a field of JSON that was cut off', '{"unzipPassword":"ab', '{"unzipPassword":"[redacted]'],
  ['names that only end alike', '?monkey=1&corpKeyNo=2', '?monkey=1&corpKeyNo=2'],
])('masks in %s', (_, text, expected) => {
  expect(redactUrl(text)).toBe(expected);
});

test.each([
  ['as it is', 'se+cr/et="x"', 'got se+cr/et="x"!'],
  ['percent-encoded', 'se+cr/et=', 'got se%2Bcr%2Fet%3D!'],
  ['as form data', 'se cr+et', 'got se+cr%2Bet!'],
  ['as form data without an escape', 'se cret', 'got se+cret!'],
  ['escaped for JSON', 'se"cr\\et', 'got se\\"cr\\\\et!'],
  [
    'escaped for JSON three times',
    'se"c',
    `got ${[1, 2, 3].reduce((text) => JSON.stringify(text).slice(1, -1), 'se"c')}!`,
  ],
  ['with slashes escaped', 'se/cr/et', String.raw`got se\/cr\\\/et!`],
  ['escaped by code units', 'sé😀t', String.raw`got \u0073\u00E9\uD83d\ude00\\u0074!`],
  ['with every byte percent-encoded', 'sé/t', 'got %73%c3%A9%2f%74!'],
  ['percent-encoded twice, in part', 'se+cr', 'got se%252bcr!'],
  ['escaped for HTML', 'se<c"r&t', 'got se&lt;c&quot;r&#38;&#x74;!'],
  ['in the other case', '3F2504E0', 'got 3f2504e0!'],
  ['read as Latin-1', 'sécret', `got ${Buffer.from('sécret').toString('latin1')}!`],
  ['of digits as a number', '0073519248', 'got 73519248!'],
  ['of digits as a number with an exponent', '73519248', 'got 7.3519248E7!'],
  ['with characters that mean something in a pattern', '(.*)$', 'got (.*)$!'],
])('masks a secret %s', (_, secret, text) => {
  expect(createRedactor([secret])(text)).toBe('got [redacted]!');
});

test('a secret that holds another one is masked whole', () => {
  expect(createRedactor(['abcd', 'abcdefgh'])('abcdefgh abcd')).toBe('[redacted] [redacted]');
});

test('a secret is masked in a text with escapes and in one without', () => {
  const redact = createRedactor(['sécret']);
  expect([redact('a sécret'), redact('a & s%C3%A9cret'), redact('a sécret')]).toEqual([
    'a [redacted]',
    'a & [redacted]',
    'a [redacted]',
  ]);
});

test('empty and very short secrets mask nothing', () => {
  expect(createRedactor(['', 'abc'])('abc def')).toBe('abc def');
});

test('a number is masked however it is written, and zeros are no secret', () => {
  expect(createRedactor(['73519248'])('{"a":73519248.0,"b":73519248e0,"c":7351924}')).toBe(
    '{"a":[redacted],"b":[redacted],"c":7351924}',
  );
  expect(createRedactor(['0000', '0012'])('0 of 12 orders')).toBe('0 of 12 orders');
});

test('a long run of backslashes or percent signs is searched in time', () => {
  const redact = createRedactor(['se"cr\\et/1', '73519248']);
  for (const filler of ['\\', '%25', '1', '"token":"', '\\"']) {
    const text = filler.repeat(300_000);
    expect(redact(text).length).toBeGreaterThan(0);
  }
});

test('JSON in which secrets are masked is JSON still, and other numbers stay', () => {
  const redact = createRedactor(['73519248', 'a"b\\', '1234']);
  const json = JSON.stringify({ pin: 73519248, text: 'a"b\\', 'a"b\\': 'x a"b\\"', list: [12345, -73519248] });
  expect(JSON.parse(redactJson(json, redact))).toEqual({
    pin: '[redacted]',
    text: '[redacted]',
    '[redacted]': 'x [redacted]"',
    list: [12345, -73519248],
  });
});

test('a secret that is added to the set later is masked too', () => {
  const secrets = new Set(['first-secret']);
  const redact = createRedactor(secrets);
  secrets.add('second-secret');
  expect(redact('first-secret, second-secret')).toBe('[redacted], [redacted]');
});
