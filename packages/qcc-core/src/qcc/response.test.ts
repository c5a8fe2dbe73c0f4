import { expect, test } from 'vitest';
import { DOCUMENT_EXAMPLES } from './fixtures/document-examples.ts';
import { parseResponse } from './response.ts';

test.each(Object.entries(DOCUMENT_EXAMPLES))(
  "the document's example of %s is a response with status 200",
  (_, body) => {
    expect(parseResponse(body)).toMatchObject({ kind: 'response', code: '200' });
  },
);

test.each([
  ['a status as text', '{"status":"200"}', '200'],
  ['a status as number, as the table has it', '{"status":200}', '200'],
  ['a status with blanks around', '{"status":" 116 "}', '116'],
  ['a status under a name with blanks', '{" status ":"201"}', '201'],
  ['a msg that says otherwise', '{"status":"101","msg":"【有效请求】查询成功"}', '101'],
  ['a byte order mark taken off by the decoder', new TextDecoder().decode(Buffer.from('\ufeff{"status":205}')), '205'],
])('reads %s', (_, body, code) => {
  expect(parseResponse(body)).toMatchObject({ kind: 'response', code });
});

test.each([
  [
    'a raw line break inside a string, as the wraps of the document would have it',
    '{"status":"200","msg":"查询\n成功"}',
  ],
  ['HTML', '<html><body>502</body></html>'],
  ['nothing', ''],
  ['NaN', '{"status":NaN}'],
  ['bytes behind', '{"status":200} x'],
])('is not JSON: %s', (_, body) => {
  expect(parseResponse(body)).toMatchObject({ kind: 'not-json' });
});

test.each([
  ['a list', '[]'],
  ['null', 'null'],
  ['a text', '"200"'],
  ['an object without status', '{"msg":"查询成功"}'],
  ['a status that is no number', '{"status":"ok"}'],
  ['a status with a fraction', '{"status":200.5}'],
  ['a status in an object', '{"status":{"status":200}}'],
  ['a status in a list', '{"status":["200"]}'],
  ['a status too long for one, which may be anything', '{"status":7351924}'],
  ['a status that cannot be made text', '{"status":{"toString":200}}'],
])('has no status: %s', (_, body) => {
  expect(parseResponse(body)).toMatchObject({ kind: 'no-status' });
});

test('blanks around names are cut off, in rows too; the name without blanks counts where both stand', () => {
  const response = parseResponse('{"status":"200"," resultList":[{" id ":"1"}],"a":1," a":2,"__proto__ ":{"b":1}}');
  expect(response).toMatchObject({ fields: { resultList: [{ id: '1' }], a: 1 } });
  expect(Object.prototype).not.toHaveProperty('b');
});

test('a response nested 100,000 deep does no harm', () => {
  const body = `{"status":"200","result":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
  expect(parseResponse(body).kind).toBe('response');
});
