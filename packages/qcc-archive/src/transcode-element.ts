import { isUtf8 } from 'node:buffer';
import { writeLong } from 'qcc-core/avro/long';
import { CHANGE_TYPES, IDENTIFIER_MAX_BYTES, RISK_CATEGORIES } from 'qcc-core/contract/domain';
import type { EncodedChange } from './encode-change.ts';
import { DOCUMENT_FIELDS, readDate, readEventDate } from './read-change.ts';
import { recordFields } from './record-layout.ts';

recordFields(); // throws if the schema differs from the layout that this file writes

/** In the schema, eventDate, which is read from changeExtend, follows changeExtend, and extra comes last. */
const FIELDS = DOCUMENT_FIELDS;
const indexOf = (name: (typeof FIELDS)[number]): number => FIELDS.indexOf(name);
const ID = indexOf('id');
const CORP_KEY_NO = indexOf('corpKeyNo');
const TYPE = indexOf('type');
const CATEGORY = indexOf('category');
const CHANGE_EXTEND = indexOf('changeExtend');
const CHANGE_DATE = indexOf('changeDate');
const CHECK_ID = indexOf('checkId');
const NAMES = FIELDS.map((name) => Buffer.from(name));
const TYPE_CODES = Object.keys(CHANGE_TYPES).map((code) => Buffer.from(code));
const CATEGORY_CODES = Object.keys(RISK_CATEGORIES).map((code) => Buffer.from(code));
/** Position of a field that is absent; also the index of a field that the document does not name. */
const NONE = -1;
/** Position of a field that is null. */
const NULL = -2;
/** What a change may take beyond its JSON: lengths and branches, where a field has neither comma nor quotes. */
const MARGIN_BYTES = 128;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const FIRST_PRINTABLE = 0x20;
const NULL_BRANCH = 0;
const VALUE_BRANCH = 2;

export type Transcoded = EncodedChange & {
  /** The index in the chunk behind the element. */
  end: number;
};

/**
 * Turns elements into changes on `records` without making objects of them: the bytes of a JSON string without escapes are
 * those of the Avro string. That takes a quarter of the time of parsing and encoding, and leaves no garbage.
 *
 * It handles only elements as QCC sends them: an object of the document's fields, each once and by its exact name, with strings or
 * nulls that fit. For every other element, valid or not, and for one that does not end before `until`, it returns null, and
 * `readChange` decides. It returns the same bytes as `encodeChange`, and where the element ends; they are valid until the next
 * call.
 */
export function createTranscoder(): (chunk: Buffer, at: number, until: number) => Transcoded | null {
  const from = new Int32Array(FIELDS.length);
  const to = new Int32Array(FIELDS.length);
  const escaped = new Uint8Array(FIELDS.length);
  let out = Buffer.allocUnsafe(4_096);
  const encoded: Transcoded = { bytes: out, byteLength: 0, unknownType: false, unknownCategory: false, end: 0 };
  const isText = lookOnce(isUtf8Within);

  /** Fills the three arrays. @returns where the element ends; 0 where it goes the long way. */
  const scan = (json: Buffer, start: number, end: number): number => {
    from.fill(NONE);
    if (json[start] !== OPEN) return 0;
    let at = start + 1;
    let expected = 0;
    // These checks prevent most reads past the end of a chunk, which may end within an element: after such a read, V8 reads
    // all buffers more slowly.
    while (at < end) {
      while (json[at]! <= FIRST_PRINTABLE) if (!isBlank(json[at++]!)) return 0;
      if (json[at] !== QUOTE) return 0;
      const keyFrom = ++at;
      while (at < end && json[at] !== QUOTE) at++;
      const field = fieldOf(json, keyFrom, at, expected);
      if (field === NONE || from[field] !== NONE) return 0;
      expected = field + 1;
      if (++at >= end) return 0;
      while (json[at]! <= FIRST_PRINTABLE) if (!isBlank(json[at++]!)) return 0;
      if (json[at] !== COLON || ++at >= end) return 0;
      while (json[at]! <= FIRST_PRINTABLE) if (!isBlank(json[at++]!)) return 0;
      if (json[at] === QUOTE) {
        const valueFrom = ++at;
        let isEscaped = 0;
        for (;;) {
          if (at >= end) return 0;
          const byte = json[at]!;
          if (byte === QUOTE) break;
          if (byte === BACKSLASH) {
            isEscaped = 1;
            at += 2;
          } else if (byte < FIRST_PRINTABLE) return 0;
          else at++;
        }
        from[field] = valueFrom;
        to[field] = at++;
        escaped[field] = isEscaped;
      } else if (isNull(json, at)) {
        // Treated like an absent field, except that an element with a second one is left to `readChange`.
        from[field] = NULL;
        at += 4;
      } else return 0;
      if (at >= end) return 0;
      while (json[at]! <= FIRST_PRINTABLE) if (!isBlank(json[at++]!)) return 0;
      if (json[at] === COMMA) at++;
      else return json[at] === CLOSE && at < end ? at + 1 : 0;
    }
    return 0;
  };

  // Outside of the function that uses them: V8 makes a context for closures at each call, 300 bytes an element.
  const isAbsent = (field: number): boolean => from[field]! < 0;
  const isEmpty = (field: number): boolean => from[field] === to[field];
  const textOf = (json: Buffer, field: number): string | null =>
    readString(json, from[field]!, to[field]!, escaped[field] === 1);

  /** Codes lose the blanks around them; most kinds of blanks are not ASCII. */
  const mayBeTrimmed = (json: Buffer, field: number): boolean => {
    if (isEmpty(field)) return false;
    if (escaped[field] === 0) return !isPlain(json[from[field]!]!) || !isPlain(json[to[field]! - 1]!);
    const text = textOf(json, field);
    return text !== text?.trim();
  };

  return (json, start, until) => {
    encoded.end = scan(json, start, until);
    if (encoded.end === 0) return null;
    if (!isText(json) && !isUtf8(json.subarray(start, encoded.end))) return null;
    const mostBytes = encoded.end - start + MARGIN_BYTES;
    if (out.length < mostBytes) out = Buffer.allocUnsafe(2 * mostBytes);

    encoded.unknownType = false;
    encoded.unknownCategory = false;
    let at = 0;
    for (let field = 0; field < FIELDS.length; field++) {
      const isRequired = field === ID || field === CORP_KEY_NO || field === TYPE;
      const absent = isAbsent(field);
      if ((field === TYPE || field === CATEGORY) && !absent && mayBeTrimmed(json, field)) return null;
      if (isRequired && (absent || isEmpty(field))) return null;
      if (absent || (field >= CHECK_ID && isEmpty(field))) out[at++] = NULL_BRANCH;
      else if (field === CHANGE_DATE) {
        const text = textOf(json, field);
        const day = text === null ? undefined : dayOf(text);
        if (day === undefined) return null;
        at = writeDay(out, at, day);
      } else {
        if (!isRequired) out[at++] = VALUE_BRANCH;
        let textAt: number;
        if (escaped[field]) {
          const text = textOf(json, field);
          if (text === null) return null;
          const bytes = Buffer.byteLength(text);
          textAt = writeLong(out, at, bytes);
          at = textAt + out.write(text, textAt);
        } else {
          textAt = writeLong(out, at, to[field]! - from[field]!);
          at = copy(json, from[field]!, to[field]!, out, textAt);
        }
        if ((field === ID || field === CORP_KEY_NO) && at - textAt > IDENTIFIER_MAX_BYTES) return null;
        if (field === TYPE) encoded.unknownType = findWord(out, textAt, at, TYPE_CODES) === NONE;
        else if (field === CATEGORY) encoded.unknownCategory = findWord(out, textAt, at, CATEGORY_CODES) === NONE;
      }
      if (field === CHANGE_EXTEND) at = writeDay(out, at, absent ? null : readEventDate(textOf(json, field)));
    }
    out[at++] = 0; // extra: an empty map
    encoded.bytes = out;
    encoded.byteLength = at;
    return encoded;
  };
}

/** Remembers the result for the last chunk. */
function lookOnce(look: (chunk: Buffer) => boolean): (chunk: Buffer) => boolean {
  let last: Buffer | undefined;
  let said = false;
  return (chunk) => {
    if (chunk !== last) {
      last = chunk;
      said = look(chunk);
    }
    return said;
  };
}

/** Whether a chunk is UTF-8 from its first `{` to its last `}`. All complete elements of the chunk are in this part. */
const isUtf8Within = (chunk: Buffer): boolean =>
  isUtf8(chunk.subarray(chunk.indexOf(OPEN), chunk.lastIndexOf(CLOSE) + 1));

/** The field whose name stands there: most often the next one. */
function fieldOf(json: Buffer, from: number, to: number, expected: number): number {
  if (expected < FIELDS.length && isWord(json, from, to, NAMES[expected]!)) return expected;
  return findWord(json, from, to, NAMES);
}

/** Which of the words stands there; `NONE` where it is none of them. */
function findWord(json: Buffer, from: number, to: number, words: readonly Buffer[]): number {
  for (let each = 0; each < words.length; each++) if (isWord(json, from, to, words[each]!)) return each;
  return NONE;
}

function isWord(json: Buffer, from: number, to: number, word: Buffer): boolean {
  if (to - from !== word.length) return false;
  for (let at = 0; at < word.length; at++) if (json[from + at] !== word[at]) return false;
  return true;
}

/** ASCII and no blank. */
const isPlain = (byte: number): boolean => byte > 0x20 && byte < 0x80;

const isBlank = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

const isNull = (json: Buffer, at: number): boolean =>
  json[at] === 0x6e && json[at + 1] === 0x75 && json[at + 2] === 0x6c && json[at + 3] === 0x6c;

/** A JSON string without its quotes; null where it is none, or no well-formed text. */
function readString(json: Buffer, from: number, to: number, isEscaped: boolean): string | null {
  if (!isEscaped) return json.toString('utf8', from, to);
  try {
    const text: string = JSON.parse(json.toString('utf8', from - 1, to + 1));
    return text.isWellFormed() ? text : null;
  } catch {
    return null;
  }
}

/** null for an empty text, undefined where it is no date. */
const dayOf = (text: string): number | null | undefined => (text.trim() === '' ? null : (readDate(text) ?? undefined));

function writeDay(out: Buffer, at: number, day: number | null): number {
  if (day === null) {
    out[at] = NULL_BRANCH;
    return at + 1;
  }
  out[at] = VALUE_BRANCH;
  return writeLong(out, at + 1, day);
}

/** Below it a loop is faster than the call. */
const SHORT_BYTES = 24;

function copy(source: Buffer, from: number, to: number, out: Buffer, at: number): number {
  if (to - from > SHORT_BYTES) return at + source.copy(out, at, from, to);
  let end = at;
  for (let each = from; each < to; each++) out[end++] = source[each]!;
  return end;
}
