import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ArchiveError } from '../errors.ts';
import { type CutElement, createElementCutter } from './cut-elements.ts';

const LIMITS = { maxElementBytes: 1_000, maxEnvelopeBytes: 10_000 };

function cut(document: Buffer, chunkBytes = document.length, limits = LIMITS) {
  const elements: CutElement[] = [];
  const cutter = createElementCutter(limits, { take: (element) => void elements.push(element) });
  for (let at = 0; at < document.length; at += chunkBytes) cutter.push(document.subarray(at, at + chunkBytes));
  expect(cutter.count()).toBe(elements.length);
  return { elements, envelope: cutter.end() };
}

const texts = (elements: CutElement[]): string[] =>
  elements.map((element) => (element.kind === 'element' ? element.content.toString() : `${element.byteLength} bytes`));

describe('the cutter keeps', () => {
  it.each<[string, string, string[], string]>([
    ['an empty array', '{"result":[]}', [], '{"result":[]}'],
    [
      'what stands before and behind',
      '{"a":1,"result":[{}],"pushDate":"x"}',
      ['{}'],
      '{"a":1,"result":[],"pushDate":"x"}',
    ],
    ['a result of null, which has no elements', '{"a":1,"result": null ,"b":2}', [], '{"a":1,"result": null ,"b":2}'],
    ['blanks around everything', '\n{ "result" : [ {"a": 1} , {} ] } ', ['{"a": 1}', '{}'], '\n{ "result" : [] } '],
    [
      'values that are no objects',
      '{"result":[1,"a,]",null,[1,[2]],-0.5e3 ]}',
      ['1', '"a,]"', 'null', '[1,[2]]', '-0.5e3'],
      '{"result":[]}',
    ],
    [
      'brackets and quotes inside strings',
      '{"result":[{"a":"]}\\",{"},{"b":"\\\\"}]}',
      ['{"a":"]}\\",{"}', '{"b":"\\\\"}'],
      '{"result":[]}',
    ],
    ['bad records beside good ones', '{"result":[NaN,{"a":},{}]}', ['NaN', '{"a":}', '{}'], '{"result":[]}'],
    ['a key with blanks, as QCC has them', '{" result":[{}]}', ['{}'], '{" result":[]}'],
    ['an escaped key', '{"resul\\u0074":[{}]}', ['{}'], '{"resul\\u0074":[]}'],
    [
      'deeper arrays of the same name where they are',
      '{"a":{"result":[1]},"result":[2]}',
      ['2'],
      '{"a":{"result":[1]},"result":[]}',
    ],
    ['the key result as a value', '{"a":"result","result":[2]}', ['2'], '{"a":"result","result":[]}'],
    ['nothing of a byte order mark', '\ufeff{"result":[2]}', ['2'], '{"result":[]}'],
  ])('%s', (_, document, elements, envelope) => {
    for (const chunkBytes of [1, 2, 3, 1_000]) {
      const result = cut(Buffer.from(document), chunkBytes);
      expect(texts(result.elements)).toEqual(elements);
      expect(result.elements.map(({ position }) => position)).toEqual([...elements.keys()]);
      expect(result.envelope).toBe(envelope);
    }
  });
});

describe('the cutter refuses', () => {
  it.each<[string, string, number]>([
    ['nothing at all', '', 0],
    ['a list', '[{"result":[]}]', 0],
    ['UTF-16', '\0{\0}', 0],
    ['half a byte order mark', '\xef{"result":[]}', 0],
    ['a document cut off in an element', '{"result":[{"a":1', 17],
    ['a document cut off in a string', '{"result":[{"a":"b}]}', 21],
    ['a document cut off behind the array', '{"result":[1]', 13],
    ['bytes behind its end', '{"result":[]} x', 14],
    ['a second document', '{"result":[]}{"result":[]}', 13],
    ['no result', '{"data":[]}', 11],
    ['a result that is no array', '{"result":{"a":1}}', 10],
    ['a result of null followed by a result with an array', '{"result":null,"result":[1]}', 22],
    ['a result that begins like null in the middle of nothing', '{"result":n', 11],
    ['two results', '{"result":[1],"result":[2]}', 21],
    ['two results, one with a blank', '{"result":[1]," result":[2]}', 22],
    ['two push dates', '{"pushDate":"a","result":[],"pushDate":"b"}', 37],
    ['two totals, one escaped', '{"totalSize":1,"total\\u0053ize":2,"result":[]}', 30],
    ['a comma missing', '{"result":[{} {}]}', 14],
    ['a comma missing between numbers', '{"result":[1 2]}', 13],
    ['a comma missing behind a literal', '{"result":[null{}]}', 15],
    ['a comma too many', '{"result":[1,,2]}', 13],
    ['a comma before the end', '{"result":[1,]}', 13],
    ['a comma at the beginning', '{"result":[,1]}', 11],
    ['a bracket too many', '{"result":[{}},{}]}', 13],
    ['a colon between elements', '{"result":["a":1]}', 14],
  ])('%s', (_, document, offset) => {
    for (const chunkBytes of [1, 2, 1_000]) {
      const cutting = () => cut(Buffer.from(document, 'latin1'), chunkBytes);
      expect(cutting).toThrow(ArchiveError);
      expect(cutting).toThrow(new RegExp(`at byte ${offset}:`));
    }
  });

  it('an envelope longer than the limit, without keeping it', () => {
    expect(() => cut(Buffer.from(`{"a":"${'x'.repeat(20_000)}","result":[]}`), 100)).toThrow('at byte 10000:');
  });
});

it('an element longer than the limit leaves its length and hash, the others live', () => {
  const long = `{"a":"${'x'.repeat(5_000)}"}`;
  for (const chunkBytes of [100, 10_000]) {
    const { elements } = cut(Buffer.from(`{"result":[{},${long},[]]}`), chunkBytes);
    const sha256 = createHash('sha256').update(long).digest('hex');
    expect(elements[1]).toEqual({ kind: 'tooLarge', position: 1, byteLength: long.length, sha256 });
    expect(texts([elements[0]!, elements[2]!])).toEqual(['{}', '[]']);
  }
});

it('a nesting of 100,000 levels is cut like any other element', () => {
  const deep = '['.repeat(100_000) + ']'.repeat(100_000);
  const { elements } = cut(Buffer.from(`{"result":[${deep},{}]}`), 4_096, { ...LIMITS, maxElementBytes: 1_000_000 });
  expect(texts(elements)).toEqual([deep, '{}']);
});

describe('for any document', () => {
  const documents = fc.record({
    before: fc.jsonValue(),
    elements: fc.array(fc.jsonValue(), { maxLength: 8 }),
    after: fc.jsonValue(),
    indent: fc.constantFrom(0, 1),
    chunkBytes: fc.integer({ min: 1, max: 50 }),
  });
  const wide = { maxElementBytes: 1e6, maxEnvelopeBytes: 1e6 };
  const write = ({
    before,
    elements,
    after,
    indent,
  }: {
    before: unknown;
    elements: unknown;
    after: unknown;
    indent: number;
  }) => Buffer.from(JSON.stringify({ before, result: elements, after }, null, indent));

  it('cut at any border of chunks, elements and envelope are those of JSON.parse', () => {
    fc.assert(
      fc.property(documents, (input) => {
        const document = write(input);
        const { elements, envelope } = cut(document, input.chunkBytes, wide);
        const { result, ...rest } = JSON.parse(document.toString());
        expect(texts(elements).map((text) => JSON.parse(text))).toEqual(result);
        expect(JSON.parse(envelope)).toEqual({ ...rest, result: [] });
      }),
      { seed: 1 },
    );
  });

  it('with any byte changed, the parts are accepted exactly where JSON.parse accepts the whole', () => {
    const strict = new TextDecoder('utf-8', { fatal: true });
    const accepts = (reading: () => unknown): boolean => {
      try {
        reading();
        return true;
      } catch {
        return false;
      }
    };
    fc.assert(
      fc.property(documents, fc.nat(), fc.nat({ max: 255 }), (input, at, byte) => {
        const document = write(input);
        document[at % document.length] = byte;
        const parts = accepts(() => {
          const { elements, envelope } = cut(document, input.chunkBytes, wide);
          JSON.parse(envelope);
          for (const element of elements) JSON.parse(strict.decode((element as { content: Buffer }).content));
        });
        const whole = accepts(() => {
          if (!Array.isArray(JSON.parse(strict.decode(document)).result)) throw new Error('no result');
        });
        expect(parts).toBe(whole);
      }),
      { seed: 2, numRuns: 2_000 },
    );
  });
});

it('objects that are taken where they begin are not handed out, and those around them have their positions', () => {
  const document = Buffer.from(`{"result":[{"a":"}"},1,{"b":{}}, {"c":[]},{"d":"${'x'.repeat(40)}"},{"a":"2"}]}`);
  for (const chunkBytes of [1, 7, 50, document.length]) {
    const seen: [at: number, what: string][] = [];
    const limits = { ...LIMITS, maxElementBytes: 30 };
    const cutter = createElementCutter(limits, {
      take: (element) => seen.push([element.position, texts([element])[0]!]),
      takeObject(chunk, from, until) {
        expect(until).toBe(Math.min(chunk.length, from + 30));
        const taken = /^\{"a":"[^"]*"\}/.exec(chunk.toString('latin1', from, until))?.[0];
        if (taken) seen.push([cutter.count(), taken]);
        return taken ? from + taken.length : null;
      },
    });
    for (let at = 0; at < document.length; at += chunkBytes) cutter.push(document.subarray(at, at + chunkBytes));
    expect(seen).toEqual([
      [0, '{"a":"}"}'],
      [1, '1'],
      [2, '{"b":{}}'],
      [3, '{"c":[]}'],
      [4, '48 bytes'],
      [5, '{"a":"2"}'],
    ]);
    expect(cutter.end()).toBe('{"result":[]}');
  }
});

it.each([
  ['nothing', '{"result":[{"a":1}{}]}', 18],
  ['a bracket too many', '{"result":[{"a":1}}]}', 18],
])('an object that was taken where it began, and %s behind it, ends the document', (_, document, offset) => {
  const takeObject = (_chunk: Buffer, from: number) => (from === 11 ? 18 : null);
  const cutter = createElementCutter(LIMITS, { take: () => {}, takeObject });
  expect(() => cutter.push(Buffer.from(document))).toThrow(new RegExp(`at byte ${offset}:`));
});

it('what stands before the elements is a document once they begin, and stays the same', () => {
  const cutter = createElementCutter(LIMITS, { take: () => {} });
  const heads = ['{"totalSize":2,', '"result":[{}', ',{}]', ',"a":3}'].map((piece) => {
    cutter.push(Buffer.from(piece));
    return cutter.head();
  });
  expect(heads).toEqual([null, ...Array(3).fill('{"totalSize":2,"result":[]}')]);
});
