import type { DeadLetterReason } from 'qcc-core/contract/dead-letter-reasons';

const PUSH = '"pushDate":"2021-03-16 18:52:26"';
export const GOOD = '{"id":"1","corpKeyNo":"k","type":"2"}';

/** `declared` is null where the document has no totalSize. */
type Read = { records: number; declared: number | null };

/** A whole document: refused for a reason, or read as so many records, with so many declared. */
export type DocumentCase = {
  name: string;
  document: Buffer;
  becomes: DeadLetterReason | Read;
};

const read = (records: number, declared: number | null = records): Read => ({ records, declared });

export const DOCUMENTS: readonly DocumentCase[] = (
  [
    ['as the document says', `{${PUSH},"totalSize":2,"result":[${GOOD},${GOOD}]}`, read(2)],
    ['the records first', `{"result":[${GOOD}],"totalSize":"1",${PUSH}}`, read(1)],
    ['a byte order mark', `\ufeff{${PUSH},"result":[${GOOD}]}`, read(1, null)],
    ['blanks around everything', ` \r\n\t{ ${PUSH} , "result" : [ ${GOOD} ] } \n`, read(1, null)],
    ['no records', `{${PUSH},"totalSize":0,"result":[]}`, read(0)],
    ['no records as null', `{${PUSH},"totalSize":0,"result":null}`, read(0)],
    ['totalSize too large', `{${PUSH},"totalSize":3,"result":[${GOOD}]}`, read(1, 3)],
    ['totalSize too small', `{${PUSH},"totalSize":1,"result":[${GOOD},${GOOD}]}`, read(2, 1)],
    ['totalSize of 50 million', `{${PUSH},"totalSize":50000000,"result":[${GOOD}]}`, 'ARCHIVE_LIMITS'],
    ['totalSize zero', `{${PUSH},"totalSize":0,"result":[${GOOD}]}`, read(1, 0)],
    ['no totalSize', `{${PUSH},"result":[${GOOD}]}`, read(1, null)],
    ['totalSize null', `{${PUSH},"totalSize":null,"result":[${GOOD}]}`, read(1, null)],
    ['__proto__ around the records', `{"__proto__":{"totalSize":9},${PUSH},"result":[${GOOD}]}`, read(1, null)],
    ['equal keys that nobody reads', `{"a":1,"a":2,${PUSH},"result":[${GOOD}]}`, read(1, null)],

    ['two byte order marks', `\ufeff\ufeff{${PUSH},"result":[${GOOD}]}`, 'ARCHIVE_JSON_DAMAGED'],
    ['UTF-16, little-endian', Buffer.from(`\ufeff{${PUSH},"result":[]}`, 'utf16le'), 'ARCHIVE_JSON_DAMAGED'],
    ['UTF-16, big-endian', Buffer.from(`\ufeff{${PUSH},"result":[]}`, 'utf16le').swap16(), 'ARCHIVE_JSON_DAMAGED'],
    ['nothing', '', 'ARCHIVE_JSON_DAMAGED'],
    ['blanks', ' \n', 'ARCHIVE_JSON_DAMAGED'],
    ['NUL', '\u0000', 'ARCHIVE_JSON_DAMAGED'],
    ['null', 'null', 'ARCHIVE_JSON_DAMAGED'],
    ['a list', `[${GOOD}]`, 'ARCHIVE_JSON_DAMAGED'],
    ['a text', JSON.stringify(`{${PUSH},"result":[]}`), 'ARCHIVE_JSON_DAMAGED'],
    ['records by lines', `${GOOD}\n${GOOD}\n`, 'ARCHIVE_JSON_DAMAGED'],
    ['an error page', '<html>502</html>', 'ARCHIVE_JSON_DAMAGED'],
    ['a byte behind its end', `{${PUSH},"result":[${GOOD}]}x`, 'ARCHIVE_JSON_DAMAGED'],
    ['NUL behind its end', `{${PUSH},"result":[${GOOD}]}\u0000`, 'ARCHIVE_JSON_DAMAGED'],
    ['a bracket behind its end', `{${PUSH},"result":[${GOOD}]}}`, 'ARCHIVE_JSON_DAMAGED'],
    ['a second document', `{${PUSH},"result":[]}{${PUSH},"result":[]}`, 'ARCHIVE_JSON_DAMAGED'],
    ['cut off in a record', `{${PUSH},"result":[${GOOD},{"id":"2"`, 'ARCHIVE_JSON_DAMAGED'],
    ['cut off behind its records', `{${PUSH},"result":[${GOOD}]`, 'ARCHIVE_JSON_DAMAGED'],
    ['a comma behind its last member', `{${PUSH},"result":[${GOOD}],}`, 'ARCHIVE_JSON_DAMAGED'],
    ['a comment', `{${PUSH},/* x */"result":[${GOOD}]}`, 'ARCHIVE_JSON_DAMAGED'],
    ['a key without quotes', `{${PUSH},result:[${GOOD}]}`, 'ARCHIVE_JSON_DAMAGED'],
    ['NaN around the records', `{${PUSH},"totalSize":NaN,"result":[${GOOD}]}`, 'ARCHIVE_JSON_DAMAGED'],
    [
      'no UTF-8 around the records',
      Buffer.concat([Buffer.from('{"a":"'), Buffer.from('c6f3', 'hex'), Buffer.from(`",${PUSH},"result":[${GOOD}]}`)]),
      'ARCHIVE_JSON_DAMAGED',
    ],
    ['no result', `{${PUSH}}`, 'ARCHIVE_JSON_DAMAGED'],
    ['result deeper', `{${PUSH},"data":{"result":[${GOOD}]}}`, 'ARCHIVE_JSON_DAMAGED'],
    ['result as an object', `{${PUSH},"result":${GOOD}}`, 'ARCHIVE_JSON_DAMAGED'],
    ['result null', `{${PUSH},"result":null}`, 'ARCHIVE_JSON_DAMAGED'],
    ['result null with a total', `{${PUSH},"totalSize":1,"result":null}`, 'ARCHIVE_JSON_DAMAGED'],
    ['result nil', `{${PUSH},"totalSize":0,"result":nil}`, 'ARCHIVE_JSON_DAMAGED'],
    ['result twice', `{${PUSH},"result":[${GOOD}],"result":[${GOOD}]}`, 'ARCHIVE_JSON_DAMAGED'],
    ['result twice, once escaped', `{${PUSH},"result":[${GOOD}],"resul\\u0074":[]}`, 'ARCHIVE_JSON_DAMAGED'],
    ['pushDate twice', `{${PUSH},"pushDate":"2031-03-16 18:52:26","result":[${GOOD}]}`, 'ARCHIVE_JSON_DAMAGED'],
    ['pushDate twice, once with a blank', `{${PUSH},"pushDate ":"x","result":[${GOOD}]}`, 'ARCHIVE_JSON_DAMAGED'],
    ['totalSize twice', `{${PUSH},"totalSize":1,"result":[${GOOD}],"totalSize":2}`, 'ARCHIVE_JSON_DAMAGED'],
    ['2 MB around the records', `{"a":"${'x'.repeat(2_000_000)}",${PUSH},"result":[]}`, 'ARCHIVE_JSON_DAMAGED'],
    ['100,000 open brackets', '['.repeat(100_000), 'ARCHIVE_JSON_DAMAGED'],
    ['100,000 objects in one another', '{"a":'.repeat(100_000), 'ARCHIVE_JSON_DAMAGED'],

    [
      '100,000 levels around the records',
      `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)},${PUSH},"result":[${GOOD}]}`,
      read(1, null),
    ],
    ['no pushDate', `{"result":[${GOOD}]}`, 'ARCHIVE_ENVELOPE_INVALID'],
    ['pushDate as a number', `{"pushDate":1615891946,"result":[${GOOD}]}`, 'ARCHIVE_ENVELOPE_INVALID'],
    ['pushDate in the year 9999', `{"pushDate":"9999-12-31 23:59:59","result":[${GOOD}]}`, 'ARCHIVE_ENVELOPE_INVALID'],
    ['pushDate on a day that is none', `{"pushDate":"2021-02-30 00:00:00","result":[]}`, 'ARCHIVE_ENVELOPE_INVALID'],
    ['pushDate in __proto__', `{"__proto__":{${PUSH}},"result":[${GOOD}]}`, 'ARCHIVE_ENVELOPE_INVALID'],
    ['totalSize below zero', `{${PUSH},"totalSize":-1,"result":[${GOOD}]}`, 'ARCHIVE_ENVELOPE_INVALID'],
    ['totalSize as a fraction', `{${PUSH},"totalSize":1.5,"result":[${GOOD}]}`, 'ARCHIVE_ENVELOPE_INVALID'],
    ['totalSize past 2^53', `{${PUSH},"totalSize":9007199254740993,"result":[]}`, 'ARCHIVE_ENVELOPE_INVALID'],
    ['totalSize past any double', `{${PUSH},"totalSize":1e400,"result":[]}`, 'ARCHIVE_ENVELOPE_INVALID'],
    ['totalSize in full-width digits', `{${PUSH},"totalSize":"１","result":[${GOOD}]}`, 'ARCHIVE_ENVELOPE_INVALID'],
    ['totalSize as a list', `{${PUSH},"totalSize":[1],"result":[${GOOD}]}`, 'ARCHIVE_ENVELOPE_INVALID'],
  ] as [string, string | Buffer, DocumentCase['becomes']][]
).map(([name, document, becomes]) => ({ name, document: Buffer.from(document), becomes }));

/** One element of `result`: why it is refused, or fields that the record must have. */
export type ElementCase = { name: string; text: Buffer; becomes: DeadLetterReason | Record<string, unknown> };

const KEYS = '"id":"1","corpKeyNo":"k","type":"2"';
const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

export const ELEMENTS: readonly ElementCase[] = (
  [
    ['equal keys: the last counts', `{"id":"0",${KEYS}}`, { id: '1' }],
    ['equal keys, one escaped', `{${KEYS},"\\u0069d":"9"}`, { id: '9' }],
    ['an id past 2^53', '{"id":9007199254740993,"corpKeyNo":"k","type":2}', { id: '9007199254740993', type: '2' }],
    ['an id past any double', '{"id":1e400,"corpKeyNo":"k","type":2}', { id: '1e400' }],
    [
      'a number past 2^64 in a field nobody knows',
      `{${KEYS},"n":123456789012345678901234567890}`,
      {
        extra: { n: '123456789012345678901234567890' },
      },
    ],
    [
      '__proto__',
      `{${KEYS},"__proto__":{"corpName":"x"}}`,
      {
        corpName: null,
        extra: { '"__proto__"': '{"corpName":"x"}' },
      },
    ],
    ['__proto__ as a text', `{${KEYS},"__proto__":"x"}`, { extra: { '"__proto__"': '"x"' } }],
    [
      'constructor, toString, hasOwnProperty',
      `{${KEYS},"constructor":1,"toString":2,"hasOwnProperty":3}`,
      {
        extra: { constructor: '1', toString: '2', hasOwnProperty: '3' },
      },
    ],
    [
      'a lone surrogate in a name',
      `{${KEYS},"corpName":"\\ud83d"}`,
      {
        corpName: '\ufffd',
        extra: { corpName: '"\\ud83d"' },
      },
    ],
    ['a lone surrogate in a key', `{${KEYS},"\\ud83d":1}`, { extra: { '"\\ud83d"': '1' } }],
    ['NUL in a text', `{${KEYS},"corpName":"a\\u0000b"}`, { corpName: 'a\u0000b' }],
    ['64 levels in a field nobody knows', `{${KEYS},"n":${deep(64)}}`, { extra: { n: deep(64) } }],
    ['100,000 levels inside a text', `{${KEYS},"changeExtend":"${deep(100_000)}"}`, { changeExtend: deep(100_000) }],

    ['100,000 levels', deep(100_000), 'RECORD_NOT_OBJECT'],
    ['499,000 levels', deep(499_000), 'RECORD_NOT_OBJECT'],
    ['100,000 levels in a field nobody knows', `{${KEYS},"n":${deep(100_000)}}`, 'RECORD_TOO_DEEP'],
    [
      '100,000 objects in a field',
      `{${KEYS},"n":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}}`,
      'RECORD_TOO_DEEP',
    ],
    ['100,000 levels in a field of the document', `{${KEYS},"changeExtend":${deep(100_000)}}`, 'RECORD_TOO_DEEP'],
    ['a text of 2 MB', `{${KEYS},"corpName":"${'x'.repeat(2_000_000)}"}`, 'RECORD_TOO_LARGE'],
    ['a list', '[1]', 'RECORD_NOT_OBJECT'],
    ['a number', '1', 'RECORD_NOT_OBJECT'],
    ['a text', '"{}"', 'RECORD_NOT_OBJECT'],
    ['null', 'null', 'RECORD_NOT_OBJECT'],
    ['an object of nothing', '{}', 'RECORD_FIELD_MISSING'],
    ['its fields in __proto__', `{"__proto__":{${KEYS}}}`, 'RECORD_FIELD_MISSING'],
    ['an id that is null', '{"id":null,"corpKeyNo":"k","type":"2"}', 'RECORD_FIELD_MISSING'],
    ['an id that is an object', '{"id":{},"corpKeyNo":"k","type":"2"}', 'RECORD_FIELD_INVALID'],
    ['an id that is true', '{"id":true,"corpKeyNo":"k","type":"2"}', 'RECORD_FIELD_INVALID'],
    [
      'a corpKeyNo of 89,000 characters',
      `{"id":"1","corpKeyNo":"${'企'.repeat(89_000)}","type":"2"}`,
      'RECORD_FIELD_INVALID',
    ],
    ['an id with a lone surrogate', '{"id":"\\udc00","corpKeyNo":"k","type":"2"}', 'RECORD_FIELD_INVALID'],
  ] as [string, string, ElementCase['becomes']][]
).map(([name, text, becomes]) => ({ name, text: Buffer.from(text), becomes }));
