import { expect, test } from 'vitest';
import { DOCUMENT_EXAMPLES } from './fixtures/document-examples.ts';
import { parseResponse } from './response.ts';
import { OTHER_NAME, unknownFields } from './unknown-fields.ts';

const namesIn = (json: string, hasSecrets = false) => {
  const response = parseResponse(json);
  return response.kind === 'response' ? unknownFields(response.fields, { hasSecrets }) : null;
};

test.each(Object.entries(DOCUMENT_EXAMPLES))("the document's example of %s has no unknown field", (_, body) => {
  expect(namesIn(body)).toEqual([]);
});

test.each<[string, string, string[]]>([
  ['beside the list', '{"status":200,"resultList":[],"traceNo":"secret"}', ['traceNo']],
  ['within result', '{"status":200,"result":{"fileSize":1,"orderNo":"1"}}', ['result.fileSize']],
  ['within paging', '{"status":200,"paging":{"totalPages":1}}', ['paging.totalPages']],
  ['with blanks around its name', '{"status":200," traceNo ":1}', ['traceNo']],
  ['with a Chinese name', '{"status":200,"订单数":1}', ['订单数']],
  ['of an error', '{"status":107,"request":{"key":"secret"}}', ['request']],
  ['in a row, which is no part of the envelope', '{"status":200,"resultList":[{"neu":1}]}', []],
  ['twice', '{"status":200,"a?":1,"b?":2}', [OTHER_NAME]],
  ['that is a link', '{"status":200,"http://h/x?Signature=secret":1}', [OTHER_NAME]],
  ['with a line break', '{"status":200,"a\\nb":1}', [OTHER_NAME]],
  ['of 65 characters', `{"status":200,"${'n'.repeat(65)}":1}`, [OTHER_NAME]],
  ['that is __proto__', '{"status":200,"__proto__":1}', ['__proto__']],
])('a field %s is named once, without its value', (_, json, names) => {
  expect(namesIn(json)).toEqual(names);
});

test('of a response that holds secrets, a name that may be one is not told', () => {
  const json = '{"status":200,"dSmskQOatpyQg7UkU6fi":1,"fileSize":1,"result":{"Signature":1,"AKID7":2}}';
  expect(namesIn(json, true)).toEqual([OTHER_NAME, 'fileSize', 'result.Signature']);
});
