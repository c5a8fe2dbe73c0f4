import { isDeepStrictEqual } from 'node:util';
import { buildZip, PASSWORD } from 'qcc-archive/testing/archives';
import { type Extracted, type InProcessExtractor, openInProcessExtractor } from '../extract-in-process.ts';
import { hugeRecord } from '../inputs/bombs.ts';
import { DOCUMENTS, type DocumentCase, ELEMENTS, GOOD } from '../inputs/json-documents.ts';
import { BORDERLESS, DOUBTFUL, type JsonValue, NOT_UTF8, READABLE, UNREADABLE } from '../inputs/json-values.ts';
import { describeMeasured, measureArchive } from '../measure-archive.ts';
import { createTally, type HostileRow, type Tally } from '../row.ts';

const HUGE_MAX_MIB = 300;
const HEAD = '{"pushDate":"2021-03-16 18:52:26","result":[';
/** As a field of a record, which is no bad record by itself. */
const asField = (text: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`{"id":"1","corpKeyNo":"k","type":"2","neu":`), text, Buffer.from('}')]);

const join = (parts: readonly (Buffer | string)[]): Buffer => Buffer.concat(parts.map((part) => Buffer.from(part)));
const documentOf = (elements: readonly Buffer[]): Buffer =>
  join([HEAD, ...elements.flatMap((element) => [GOOD, ',', element, ',']), GOOD, ']}']);

const extractDocument = (extractor: InProcessExtractor, content: Buffer): Promise<Extracted> =>
  extractor.extract(buildZip([{ name: 'corp.json', content, method: 0 }]));

const wholeRefusal = ({ records, deadLetters }: Extracted): string | null =>
  deadLetters.length === 1 && deadLetters[0]?.position === null && records.length === 0 ? deadLetters[0].reason : null;

/** What must become of each element of one archive, in which a good record stands before, between and behind all. */
type Expected = { name: string; text: Buffer; becomes: string | Record<string, unknown> };

/** The bad ones are dead letters with their position and bytes, the good ones between them live. */
async function countElements(extractor: InProcessExtractor, tally: Tally, expected: readonly Expected[]) {
  const { records, deadLetters } = await extractDocument(extractor, documentOf(expected.map(({ text }) => text)));
  const recordAt = new Map(records.map((record) => [record.position, record]));
  const deadLetterAt = new Map(deadLetters.map((deadLetter) => [deadLetter.position, deadLetter]));
  for (const [index, { name, text, becomes }] of expected.entries()) {
    const at = 2 * index + 1;
    const record = recordAt.get(at);
    const deadLetter = deadLetterAt.get(at);
    const neighboursLive = recordAt.has(at - 1) && recordAt.has(at + 1);
    const isRight =
      typeof becomes === 'string'
        ? deadLetter?.reason === becomes && !record && holdsBytes(deadLetter.value, text)
        : !deadLetter &&
          record &&
          Object.entries(becomes).every(([key, value]) => isDeepStrictEqual(Object(record)[key], value));
    const became = deadLetter?.reason ?? (record ? 'a record' : 'nothing');
    tally.count(name, isRight && neighboursLive ? null : `became ${became}, neighbours live: ${neighboursLive}`);
  }
}

/** Beyond 256 KiB a dead letter has length, hash and place instead. */
const holdsBytes = (value: Buffer | null, text: Buffer): boolean =>
  value !== null && (text.length > 262_144 ? value.includes('"sha256"') : value.equals(text.subarray(0)));

async function countDocument(extractor: InProcessExtractor, tally: Tally, { name, document, becomes }: DocumentCase) {
  const extracted = await extractDocument(extractor, document);
  const refusal = wholeRefusal(extracted);
  if (typeof becomes === 'string') {
    return tally.count(name, refusal === becomes ? null : `${refusal ?? 'read'} instead of ${becomes}`);
  }
  const declared = extracted.events.find(({ stage }) => stage === 'EXTRACTED')?.declared;
  const isRight = !refusal && extracted.records.length === becomes.records && declared === becomes.declared;
  tally.count(name, isRight ? null : `${refusal ?? `${extracted.records.length} records, ${declared} declared`}`);
}

/** JSON, encrypted as QCC does, through the extractor's own steps. */
export const json: HostileRow = {
  name: 'json',
  title:
    'hostile JSON: 100,000 nested levels, a 200 MB string, duplicate keys, `__proto__`, lone surrogates, NaN, byte order marks, trailing bytes, large numbers, wrong totals, elements that are not objects, and cases like those of public test suites',
  mustHold:
    'a bad record is a dead letter with its position, the good ones beside it live; damage to the whole document refuses the whole; nothing is polluted',
  async run({ short, say }) {
    const tally = createTally();
    await using extractor = await openInProcessExtractor({ password: PASSWORD });
    const kept = [...READABLE, ...DOUBTFUL];
    const rejected = [
      ...UNREADABLE.map((value) => ({ ...value, reason: 'RECORD_NOT_JSON' })),
      ...NOT_UTF8.map((value) => ({ ...value, reason: 'RECORD_NOT_UTF8' })),
    ];

    await countElements(extractor, tally, ELEMENTS);
    await countElements(extractor, tally, [
      ...kept.map(({ name, text }) => {
        const becomes = text.toString().startsWith('{') ? 'RECORD_FIELD_MISSING' : 'RECORD_NOT_OBJECT';
        return { name: `as an element: ${name}`, text, becomes };
      }),
      ...rejected.map(({ name, text, reason }) => ({ name: `as an element: ${name}`, text, becomes: reason })),
    ]);
    await countElements(extractor, tally, [
      ...kept.map(({ name, text }) => {
        const becomes = { id: '1', extra: { neu: text.toString() } };
        return { name: `as a field: ${name}`, text: asField(text), becomes };
      }),
      ...rejected.map(({ name, text, reason }) => ({
        name: `as a field: ${name}`,
        text: asField(text),
        becomes: reason,
      })),
    ]);
    say('values as elements and as fields');

    for (const document of DOCUMENTS) await countDocument(extractor, tally, document);
    for (const { name, text } of BORDERLESS) {
      await countDocument(extractor, tally, {
        name: `as an element: ${name}`,
        document: documentOf([text]),
        becomes: 'ARCHIVE_JSON_DAMAGED',
      });
    }
    for (const { name, text } of short ? [] : [...rejected, ...BORDERLESS]) {
      await countDocument(extractor, tally, {
        name: `around the records: ${name}`,
        document: join(['{"a":', text, ',', HEAD.slice(1), GOOD, ']}']),
        becomes: 'ARCHIVE_JSON_DAMAGED',
      });
    }
    await countDocument(extractor, tally, aroundRecords(kept));
    tally.count('nothing is polluted', 'polluted' in {} ? 'Object.prototype was changed' : null);
    if (short) return tally.figures();

    const measured = await measureArchive(hugeRecord());
    const figures = `200 MB in one text of a record, read twice: ${describeMeasured(measured)}`;
    say(figures);
    const isRight = measured.records === 2 && measured.reasons.join() === 'RECORD_TOO_LARGE';
    tally.count('a text of 200 MB', isRight && measured.peakMemoryMiB < HUGE_MAX_MIB ? null : figures);
    return tally.figures([figures]);
  },
};

/** All of them in one document. */
const aroundRecords = (values: readonly JsonValue[]): DocumentCase => ({
  name: 'around the records: every value that can be read',
  document: join(['{', ...values.flatMap(({ text }, at) => [`"${at}":`, text, ',']), HEAD.slice(1), GOOD, ']}']),
  becomes: { records: 1, declared: null },
});
