import { OTHER_NAME } from 'qcc-core/qcc/unknown-fields';
import { expect, it } from 'vitest';
import { ArchiveError } from '../errors.ts';
import { parseEnvelope } from './parse-envelope.ts';

const pushDate = Date.UTC(2021, 2, 16, 10, 52, 26);
it.each<[string, string, number | null]>([
  ['with totalSize as a number', '{"pushDate":"2021-03-16 18:52:26","totalSize":2,"result":[]}', 2],
  ['with totalSize as text', '{"result":[],"totalSize":"2","pushDate":"2021-03-16 18:52:26"}', 2],
  ['without totalSize', '{"pushDate":"2021-03-16 18:52:26","result":[]}', null],
  ['with blanks around its names', '{" pushDate":"2021-03-16 18:52:26","totalSize ":0,"result":[]}', 0],
  [
    'with a result of null where it declares no records',
    '{"pushDate":"2021-03-16 18:52:26","totalSize":"0"," result":null}',
    0,
  ],
])('an envelope %s is read', (_, json, declared) => {
  expect(parseEnvelope(json)).toEqual({ pushDate, declared, unknownFields: [] });
});

it('fields that the document does not name are tolerated and named once each, without their values', () => {
  const json =
    '{"pushDate":"2021-03-16 18:52:26","__proto__":1," batchNo ":"secret","批次":2,"a?":3,"b?":4,"result":[]}';
  const unknownFields = ['__proto__', 'batchNo', '批次', OTHER_NAME];
  expect(parseEnvelope(json)).toEqual({ pushDate, declared: null, unknownFields });
});

it.each<[string, string, string]>([
  ['that is no JSON', '{"pushDate" "x"}', 'ARCHIVE_JSON_DAMAGED'],
  [
    'with a result of null that declares records',
    '{"pushDate":"2021-03-16 18:52:26","totalSize":1,"result":null}',
    'ARCHIVE_JSON_DAMAGED',
  ],
  [
    'with a result of null and no totalSize',
    '{"pushDate":"2021-03-16 18:52:26","result":null}',
    'ARCHIVE_JSON_DAMAGED',
  ],
  ['whose result only begins like null', '{"totalSize":0,"result":nil}', 'ARCHIVE_JSON_DAMAGED'],
  ['without pushDate', '{"totalSize":2}', 'ARCHIVE_ENVELOPE_INVALID'],
  ['with a pushDate that is none', '{"pushDate":"2021-13-16 18:52:26"}', 'ARCHIVE_ENVELOPE_INVALID'],
  ['with a pushDate whose day no table can hold', '{"pushDate":"2149-06-07 09:00:00"}', 'ARCHIVE_ENVELOPE_INVALID'],
  ['with a totalSize below zero', '{"pushDate":"2021-03-16 18:52:26","totalSize":-1}', 'ARCHIVE_ENVELOPE_INVALID'],
  ['with a totalSize past 2^53', '{"pushDate":"2021-03-16 18:52:26","totalSize":1e300}', 'ARCHIVE_ENVELOPE_INVALID'],
  ['with an object as totalSize', '{"pushDate":"2021-03-16 18:52:26","totalSize":{}}', 'ARCHIVE_ENVELOPE_INVALID'],
])('an envelope %s is refused', (_, json, code) => {
  expect(() => parseEnvelope(json)).toThrow(expect.objectContaining({ constructor: ArchiveError, code }));
});
