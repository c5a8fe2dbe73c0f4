import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { readChange } from './read-change.ts';

const element = (content: string | Buffer, position = 0) =>
  ({ kind: 'element', position, content: Buffer.from(content) }) as const;

const MINIMAL = '"id":"1","corpKeyNo":"k","type":"2"';

function change(members: string) {
  const outcome = readChange(element(`{${MINIMAL}${members && `,${members}`}}`));
  if (outcome.kind !== 'change') throw new Error(outcome.message);
  return outcome.change;
}

describe('a change', () => {
  it.each<[string, string, object]>([
    ['without its optional fields has nulls', '', { corpName: null, category: null, changeDate: null, extra: {} }],
    [
      'takes null for absent',
      '"corpName":null,"changeExtend":null,"changeDate":null',
      { corpName: null, changeExtend: null, extra: {} },
    ],
    [
      'reads empty checkId, creditCode, regNo as null',
      '"checkId":"","creditCode":"","regNo":""',
      { checkId: null, creditCode: null, regNo: null },
    ],
    ['takes codes as numbers', '"category":1', { category: '1', extra: {} }],
    ['takes codes without the blanks around them', '"category":" 1\\u3000\\t"', { category: '1', extra: {} }],
    ['keeps a category of blanks as an empty one', '"category":"  "', { category: '' }],
    ['lets unknown codes pass', '"category":"9"', { category: '9' }],
    ['keeps a number past 2^53', '"regNo":440303602422222123456', { regNo: '440303602422222123456' }],
    ['takes names without blanks', '" corpName ":"甲"', { corpName: '甲', extra: {} }],
    ['prefers the exact name', '" corpName":"乙","corpName":"甲"', { corpName: '甲', extra: { corpName: '"乙"' } }],
    ['reads changeDate from a time', '"changeDate":"2021-03-13 23:59:59"', { changeDate: 18_699, extra: {} }],
    ['has no changeDate for an empty text', '"changeDate":""', { changeDate: null, extra: {} }],
    [
      'keeps a changeDate that is none',
      '"changeDate":"2021-02-30"',
      { changeDate: null, extra: { changeDate: '"2021-02-30"' } },
    ],
    [
      'keeps dates that no table can hold as texts',
      '"changeDate":"9999-12-31","changeExtend":"{\\"date\\":\\"9999-12-31 23:59:59\\"}"',
      {
        changeDate: null,
        eventDate: null,
        changeExtend: '{"date":"9999-12-31 23:59:59"}',
        extra: { changeDate: '"9999-12-31"' },
      },
    ],
    [
      'keeps changeExtend as it is',
      '"changeExtend":"{\\"date\\": \\"2020-12-03\\"}"',
      { changeExtend: '{"date": "2020-12-03"}', eventDate: 18_599 },
    ],
    [
      'takes changeExtend as an object',
      '"changeExtend":{"date": "2020-12-03"}',
      { changeExtend: '{"date": "2020-12-03"}', eventDate: 18_599, extra: {} },
    ],
    ['lives with a changeExtend that is no JSON', '"changeExtend":"{date"', { changeExtend: '{date', eventDate: null }],
    ...[
      '"2020年12月3日"',
      '"2020/12/03"',
      '"20201203"',
      '" 2020-12-03T09:30:00+08:00 "',
      '"1606953600123"',
      '1606953600',
      '1606953600123',
    ].map((date): [string, string, object] => [
      `reads the event date ${date}, and keeps it as it is`,
      `"changeExtend":${JSON.stringify(`{"date":${date}}`)}`,
      { eventDate: 18_599, changeExtend: `{"date":${date}}`, extra: {} },
    ]),
    ...['"不详"', '""', '0', '"0"', '-1', '1.5', 'true', '["2020-12-03"]', 'null'].map(
      (date): [string, string, object] => [
        `has no event date for ${date}, and keeps it as it is`,
        `"changeExtend":${JSON.stringify(`{"date":${date}}`)}`,
        { eventDate: null, changeExtend: `{"date":${date}}`, extra: {} },
      ],
    ),
    ['reads changeDate in other forms', '"changeDate":"2021年3月13日"', { changeDate: 18_699, extra: {} }],
    [
      'keeps a value that does not fit its field',
      '"corpName":["甲"],"regNo":true',
      { corpName: null, regNo: null, extra: { corpName: '["甲"]', regNo: 'true' } },
    ],
    [
      'keeps unknown fields with their digits',
      '"score":12345678901234567890,"tags": [1.0, {"a":null}]',
      { extra: { score: '12345678901234567890', tags: '[1.0, {"a":null}]' } },
    ],
    ['takes the last of equal keys', '"corpName":"甲","corpName":"乙"', { corpName: '乙' }],
    [
      'keeps a lone surrogate in extra',
      '"corpName":"\\ud83d"',
      { corpName: '\ufffd', extra: { corpName: '"\\ud83d"' } },
    ],
    [
      'keeps names apart that differ by blanks or lone surrogates alone',
      '"neu":1," neu":2,"\\ud800":3,"\\ud801":4," corpName":5,"corpName":[6]',
      { extra: { neu: '1', '" neu"': '2', '"\\ud800"': '3', '"\\ud801"': '4', corpName: '[6]', '" corpName"': '5' } },
    ],
  ])('%s', (_, members, expected) => {
    expect(change(members)).toMatchObject(expected);
  });

  it.each([' 2', '2 ', '\\t2', '\\u00a02', '　2'])('takes the type "%s" as 2', (type) => {
    const outcome = readChange(element(`{"id":"1","corpKeyNo":"k","type":"${type}"}`));
    expect(outcome).toMatchObject({ kind: 'change', change: { type: '2', extra: {} } });
  });

  it('is refused with a type of nothing but blanks', () => {
    const outcome = readChange(element('{"id":"1","corpKeyNo":"k","type":" 　"}'));
    expect(outcome).toMatchObject({ kind: 'rejected', reason: 'RECORD_FIELD_MISSING' });
  });

  it('holds __proto__ under a name that every reader of the topic can keep, and nothing is polluted', () => {
    const { extra } = change('"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}');
    expect(extra).toEqual({ '"__proto__"': '{"polluted":1}', constructor: '{"prototype":{"polluted":1}}' });
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });
});

describe('a record is refused', () => {
  const deep = '['.repeat(100_000) + ']'.repeat(100_000);
  it.each<[string, string | Buffer, string]>([
    ['that is no UTF-8', Buffer.from(`{${MINIMAL},"corpName":"\xe9"}`, 'latin1'), 'RECORD_NOT_UTF8'],
    ['that is cut off', '{"id":', 'RECORD_NOT_JSON'],
    ['with NaN', `{${MINIMAL},"score":NaN}`, 'RECORD_NOT_JSON'],
    ['with a raw line break in a string', `{${MINIMAL},"corpName":"a\nb"}`, 'RECORD_NOT_JSON'],
    ['behind a byte order mark', `\ufeff{${MINIMAL}}`, 'RECORD_NOT_JSON'],
    ['that is a number', '5', 'RECORD_NOT_OBJECT'],
    ['that is null', 'null', 'RECORD_NOT_OBJECT'],
    ['that is a list', '[]', 'RECORD_NOT_OBJECT'],
    ['that is 100,000 levels of lists', deep, 'RECORD_NOT_OBJECT'],
    ['with an unknown field of 100,000 levels', `{${MINIMAL},"neu":${deep}}`, 'RECORD_TOO_DEEP'],
    ['with a changeExtend of 100,000 levels', `{${MINIMAL},"changeExtend":${deep}}`, 'RECORD_TOO_DEEP'],
    ['without id', '{"corpKeyNo":"k","type":"2"}', 'RECORD_FIELD_MISSING'],
    ['with an empty corpKeyNo', '{"id":"1","corpKeyNo":"","type":"2"}', 'RECORD_FIELD_MISSING'],
    ['with a type that is null', '{"id":"1","corpKeyNo":"k","type":null}', 'RECORD_FIELD_MISSING'],
    ['with an object as id', '{"id":{},"corpKeyNo":"k","type":"2"}', 'RECORD_FIELD_INVALID'],
    ['with a lone surrogate in its id', '{"id":"\\ud800","corpKeyNo":"k","type":"2"}', 'RECORD_FIELD_INVALID'],
  ])('%s', (_, content, reason) => {
    expect(readChange(element(content))).toMatchObject({ kind: 'rejected', reason });
  });

  it('whose corpKeyNo is too long, and the message says by how much, without quoting it', () => {
    const content = JSON.stringify({ id: '1', corpKeyNo: '企'.repeat(342), type: '2' });
    expect(readChange(element(content))).toMatchObject({
      message: 'the record is refused: its corpKeyNo has 1026 bytes, more than 1024',
    });
  });

  it('that is too large, of which only length and hash are known', () => {
    const tooLarge = { kind: 'tooLarge', position: 0, byteLength: 5, sha256: '' } as const;
    expect(readChange(tooLarge)).toMatchObject({ kind: 'rejected', reason: 'RECORD_TOO_LARGE' });
  });

  it('without quoting it', () => {
    expect(readChange(element('{"corpName":"张三"'))).toMatchObject({
      message: 'the record is refused: it is not JSON',
    });
  });
});

it('nothing of an element is kept for the day that was read of it', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const heapAfter = (elements: number) => {
    for (let at = 0; at < elements; at += 1) {
      // A number that is no safe integer is cut out of the element's text; behind it the same key once more.
      const content = `{"id":"i${at}","corpKeyNo":"k","type":"1","changeContent":"${'a'.repeat(500_000)}","changeDate":10000000000000000${at},"changeContent":""}`;
      readChange({ kind: 'element', position: at, content: Buffer.from(content) });
    }
    collect();
    return process.memoryUsage().heapUsed;
  };
  const before = heapAfter(5);
  expect(heapAfter(100) - before).toBeLessThan(20_000_000);
});
