import { expect, test } from 'vitest';
import { day, detailRow, id, instant, text } from './detail-row.ts';

const row = detailRow({ id, name: text, filedDate: day, heldAt: instant });
const read = (json: string) => row.safeParse(JSON.parse(json)).data;
const NOTHING = {
  id: 'a',
  name: null,
  filedDate: null,
  filedDateRaw: null,
  heldAt: null,
  heldAtRaw: null,
  extra: null,
};
const MIDNIGHT = Date.parse('2020-09-14T00:00:00+08:00');

test.each([
  ['nothing but its id', '', {}],
  ['null and blanks as nothing', '"name":null,"filedDate":" ","heldAt":""', {}],
  ['a number as its text', '"name":7', { name: '7' }],
  ['a date, next to its text', '"filedDate":"2020年9月14日"', { filedDate: 18_519, filedDateRaw: '2020年9月14日' }],
  ['a date, next to its number', '"heldAt":1600012800000', { heldAt: MIDNIGHT, heldAtRaw: '1600012800000' }],
  [
    'the text as it was sent, with its blanks',
    '"filedDate":" 2020/9/14"',
    { filedDate: 18_519, filedDateRaw: ' 2020/9/14' },
  ],
  ['0 as no date', '"filedDate":"0","heldAt":0', {}],
  ['no date, and the text that is none', '"filedDate":"不详","heldAt":-1', { filedDateRaw: '不详', heldAtRaw: '-1' }],
  ['an object in the place of a date', '"heldAt":{"$date":1}', { heldAtRaw: '{"$date":1}' }],
  ['true in the place of a date', '"filedDate":true', { filedDateRaw: 'true' }],
  ['an object in the place of a text, which is extra', '"name":{"cn":"甲"}', { extra: '{"name":{"cn":"甲"}}' }],
  ['unknown fields in their order', '"zeta":[1],"alpha":null', { extra: '{"zeta":[1],"alpha":null}' }],
  ['a field named __proto__', '"__proto__":{"id":"b"}', { extra: '{"__proto__":{"id":"b"}}' }],
  ['fields that every object has', '"toString":1', { extra: '{"toString":1}' }],
])('reads %s', (_, fields, expected) => {
  expect(read(`{"id":"a"${fields && `,${fields}`}}`)).toEqual({ ...NOTHING, ...expected });
});

test('a large object in the place of a date goes to extra', () => {
  const large = JSON.stringify({ text: 'x'.repeat(2_000) });
  expect(read(`{"id":"a","heldAt":${large}}`)).toEqual({ ...NOTHING, extra: `{"heldAt":${large}}` });
});

test('a date nested twenty thousand times costs its field only', () => {
  const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
  expect(read(`{"id":"a","heldAt":${deep}}`)).toEqual({ ...NOTHING, extra: '{"_leftOut":1}' });
});

test.each([
  'null',
  '7',
  '"a"',
  '[]',
  '[{"id":"a"}]',
  '{}',
  '{"id":null}',
  '{"id":" "}',
  '{"id":{"a":1}}',
  '{"id":true}',
])('%s is not a row', (json) => {
  expect(row.safeParse(JSON.parse(json)).success).toBe(false);
});
