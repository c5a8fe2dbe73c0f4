import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type EncodedChange, encodeChange } from './encode-change.ts';
import { readChange } from './read-change.ts';
import { DOCUMENT } from './testing/archives.ts';
import { createTranscoder } from './transcode-element.ts';

const transcodeAt = createTranscoder();
/** An element that stands alone in its chunk. */
function transcode(content: Buffer): EncodedChange | null {
  const transcoded = transcodeAt(content, 0, content.length);
  if (transcoded?.end !== content.length) return null;
  const { end: _, ...encoded } = transcoded;
  return encoded;
}
const parsed = (content: Buffer) => readChange({ kind: 'element', position: 0, content });

const cut = (encoded: EncodedChange | null) =>
  encoded && { ...encoded, bytes: Buffer.from(encoded.bytes.subarray(0, encoded.byteLength)) };

/** The result of parsing and encoding; null if the record is refused. */
function slowly(content: Buffer): EncodedChange | null {
  const outcome = parsed(content);
  return outcome.kind === 'change' ? encodeChange(outcome.change) : null;
}

const NAMES = [
  'id', 'corpKeyNo', 'corpName', 'type', 'typeName', 'category', 'categoryName', 'changeContent', 'changeExtend',
  'changeDate', 'checkId', 'creditCode', 'regNo',
]; // biome-ignore format: a table
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    '',
    ' ',
    '1',
    '甲'.repeat(30),
    'a"b\\c/\n\t',
    '\ud800',
    '2021-03-16',
    ' 2021-02-30',
    '{"date":"2020-12-01"}',
    '\u0000',
  ),
);
const value = fc.oneof(
  { weight: 8, arbitrary: text },
  { weight: 1, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.jsonValue() },
);
const required = {
  id: fc.string({ minLength: 1 }),
  corpKeyNo: fc.string({ minLength: 1 }),
  type: fc.string({ minLength: 1 }),
};
const member = fc.tuple(
  fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...NAMES) }, { weight: 1, arbitrary: text }),
  value,
);
const blank = fc.constantFrom('', '', '', ' ', '\n', '\t ', '\r\n');
/** Elements as QCC has them, and ones that are a little off. */
const element = fc
  .tuple(fc.record(required), fc.array(member, { maxLength: 12 }), blank, fc.boolean())
  .map(([fields, members, gap, escapeAll]) => {
    const all = [...Object.entries(fields), ...members].map(([key, each]) => {
      const json = JSON.stringify(each);
      const written = escapeAll ? json.replaceAll('e', '\\u0065').replaceAll('/', '\\/') : json;
      return `${gap}${JSON.stringify(key)}${gap}:${gap}${typeof each === 'string' ? written : json}${gap}`;
    });
    return Buffer.from(`{${all.join(',')}}`);
  });

test('for any element that is transcoded, the result is that of parsing and encoding', () => {
  let transcoded = 0;
  fc.assert(
    fc.property(element, (content) => {
      const fast = transcode(content);
      if (!fast) return;
      transcoded += 1;
      expect(cut(fast)).toEqual(slowly(content));
    }),
    { seed: 1, numRuns: 20_000 },
  );
  expect(transcoded).toBeGreaterThan(1_000);
});

test('with any byte changed, or cut off there, a transcoded element is the same as a parsed and encoded one', () => {
  const whole = Buffer.from(JSON.stringify(DOCUMENT.result[1]));
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 }), fc.boolean(), (at, byte, isCut) => {
      const content = Buffer.from(isCut ? whole.subarray(0, at) : whole);
      if (!isCut) content[at] = byte;
      const fast = transcode(content);
      if (fast) expect(cut(fast)).toEqual(slowly(content));
    }),
    { seed: 1, numRuns: 20_000 },
  );
});

test.each([' 2', '2 ', '\t2', '　2', '2\u00a0', '\u2028'])(
  'a type or category of %j, which loses its blanks, goes the long way',
  (code) => {
    for (const codes of [{ type: code }, { type: '2', category: code }]) {
      const content = Buffer.from(JSON.stringify({ id: 'i', corpKeyNo: 'k', ...codes }));
      expect(transcode(content)).toBeNull();
      const escapes = content.toString().replaceAll(/[^\x20-\x7e]| (?=\d)/g, (character) => {
        return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
      });
      expect(transcode(Buffer.from(escapes))).toBeNull();
    }
  },
);

test.each([
  ['1', '1', false, false],
  ['99', '0', true, true],
  ['constructor', 'toString', true, true],
])(
  'a type of %s and a category of %s, unknown: %s, %s, whichever way it goes',
  (type, category, unknownType, unknownCategory) => {
    const element = JSON.stringify({ id: 'i', corpKeyNo: 'k', type, category });
    const asEscapes = element.replace(`"${type}"`, `"\\u00${type.charCodeAt(0).toString(16)}${type.slice(1)}"`);
    for (const content of [element, asEscapes].map((each) => Buffer.from(each))) {
      expect(transcode(content)).toMatchObject({ unknownType, unknownCategory });
      expect(slowly(content)).toMatchObject({ unknownType, unknownCategory });
    }
  },
);

describe('an identifier has at most 1 KiB of UTF-8 on both paths', () => {
  const DEAD_LETTERS = [
    ['of one byte', 'a', 1],
    ['of two bytes', 'é', 2],
    ['of three bytes', '企', 3],
    ['of four bytes', '😀', 4],
  ] as const;
  const cases = (['id', 'corpKeyNo'] as const).flatMap((name) =>
    DEAD_LETTERS.flatMap(([what, letter, width]) =>
      [1_023, 1_024, 1_025, 1_028].map((bytes) => {
        const text = letter.repeat(Math.floor(bytes / width)) + 'a'.repeat(bytes % width);
        return { name, what, bytes, text, becomes: bytes <= 1_024 ? 'a record' : 'RECORD_FIELD_INVALID' };
      }),
    ),
  );
  const escaped = (text: string): string =>
    Array.from({ length: text.length }, (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`).join('');

  test.each(cases)('$name of $bytes bytes, its letters $what, becomes $becomes', ({ name, text, becomes }) => {
    const whole = JSON.stringify({ id: 'i', corpKeyNo: 'k', type: '2', [name]: 'TEXT' });
    for (const written of [text, escaped(text)]) {
      const content = Buffer.from(whole.replace('TEXT', written));
      const outcome = parsed(content);
      expect(outcome.kind === 'change' ? 'a record' : outcome.reason).toBe(becomes);
      const fast = cut(transcode(content));
      expect(fast === null).toBe(becomes !== 'a record');
      expect(fast).toEqual(slowly(content));
    }
  });
});

describe('an element goes the short way', () => {
  test.each<[string, object]>([
    ['as the document has it', DOCUMENT.result[0]!],
    ['as the document has it, with a checkId', DOCUMENT.result[1]!],
    ['with a text that has escapes', { ...DOCUMENT.result[0], changeContent: '变更前：\n"甲"\t变更后：乙' }],
    ['with nulls', { ...DOCUMENT.result[0], corpName: null, changeDate: null }],
    ['of 100 kB', { ...DOCUMENT.result[0], changeContent: '甲'.repeat(33_000) }],
  ])('%s', (_, content) => {
    const bytes = Buffer.from(JSON.stringify(content));
    expect(cut(transcode(bytes))).toEqual(slowly(bytes));
  });
});

describe('an element goes the long way', () => {
  const plain = JSON.stringify({ id: '1', corpKeyNo: 'k', type: '2' });
  test.each<[string, string]>([
    ['with a number', plain.replace('"2"', '2')],
    ['with an object', plain.replace('"2"', '{}')],
    ['with a field that the document does not know', plain.replace('}', ',"riskScore":"1"}')],
    ['with a name twice', plain.replace('}', ',"type":"3"}')],
    ['with a name twice, once null', plain.replace('}', ',"corpName":null,"corpName":"甲"}')],
    ['with blanks around a name', plain.replace('"type"', '" type"')],
    ['with an escaped name', plain.replace('"type"', '"t\\u0079pe"')],
    ['without its id', plain.replace('"id":"1",', '')],
    ['with an empty id', plain.replace('"1"', '""')],
    ['with a day that is none', plain.replace('}', ',"changeDate":"2021-02-30"}')],
    ['with half a surrogate pair', plain.replace('"k"', '"\\ud800"')],
    ['with a control character', plain.replace('"k"', '"k\u0001"')],
    ['with an escape that is none', plain.replace('"k"', '"\\x"')],
    ['with a comma too many', plain.replace('}', ',}')],
    ['with more behind it', `${plain} `],
    ['that is empty', '{}'],
    ['that is null', 'null'],
    ['that ends in a backslash', '{"id":"\\'],
  ])('%s', (_, content) => {
    expect(transcode(Buffer.from(content))).toBeNull();
  });

  test('that does not end before the chunk does, or before the longest that is taken', () => {
    const chunk = Buffer.from(`[${plain},${plain}]`);
    expect(transcodeAt(chunk, 1, 1 + plain.length)).toMatchObject({ end: 1 + plain.length });
    for (let length = 1; length < 1 + plain.length; length += 1) {
      expect(transcodeAt(chunk.subarray(0, length), 1, length), `a chunk of ${length}`).toBeNull();
      expect(transcodeAt(chunk, 1, length), `up to ${length}`).toBeNull();
    }
  });

  test('that is not UTF-8', () => {
    expect(transcode(Buffer.from(plain.replace('k', '\xff'), 'latin1'))).toBeNull();
  });
});

test('characters that are cut by the borders of a chunk do not affect the elements between them', () => {
  const plain = JSON.stringify({ id: '1', corpKeyNo: '甲', type: '2' });
  for (const character of ['é', '甲', '😀']) {
    const document = Buffer.from(`${character}",${plain},{"id":"${character}`);
    const width = Buffer.byteLength(character);
    const at = document.indexOf('{');
    for (let head = 0; head <= width; head += 1) {
      for (let tail = 0; tail <= width; tail += 1) {
        const chunk = document.subarray(head, document.length - tail);
        const end = at - head + Buffer.byteLength(plain);
        expect(transcodeAt(chunk, at - head, chunk.length), `${character} ${head} ${tail}`).toMatchObject({ end });
      }
    }
  }
});

test('invalid UTF-8 elsewhere in a chunk does not affect an element', () => {
  const plain = Buffer.from(JSON.stringify({ id: '1', corpKeyNo: '甲', type: '2' }));
  const wrong = Buffer.from('{"id":"\xff","corpKeyNo":"k","type":"2"}', 'latin1');
  const chunk = Buffer.concat([plain, wrong, plain]);
  const starts = [0, plain.length, plain.length + wrong.length];
  const ends = starts.map((start) => transcodeAt(chunk, start, chunk.length)?.end);
  expect(ends).toEqual([plain.length, undefined, chunk.length]);
});

test.each([
  ['2', '1', false, false],
  ['99', '1', true, false],
  ['2', '77', false, true],
])('type %s and category %s are unknown: %s, %s', (type, category, unknownType, unknownCategory) => {
  const bytes = Buffer.from(JSON.stringify({ id: '1', corpKeyNo: 'k', type, category }));
  expect(transcode(bytes)).toMatchObject({ unknownType, unknownCategory });
});
