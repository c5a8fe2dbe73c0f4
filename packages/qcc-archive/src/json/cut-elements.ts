import { createHash, type Hash } from 'node:crypto';
import { ArchiveError } from '../errors.ts';

/** One element of the array `result`, as its bytes stand in the document. `position` counts from 0. */
export type CutElement =
  | { kind: 'element'; position: number; content: Buffer }
  /** Longer than `maxElementBytes`: its content is not kept. `sha256` in lower-case hex. */
  | { kind: 'tooLarge'; position: number; byteLength: number; sha256: string };

/** Is handed the elements, in the order of positions. What it throws ends the cutting. */
export type ElementTaker = {
  /** Contents are views into the chunk where they can be: the chunk must not be reused. */
  take(element: CutElement): void;
  /**
   * Called with an object that begins at `from`, before the cutter looks for its end. May take the object if it has the expected form
   * and ends before `until`. @returns the index after the object; null to leave it to `take`.
   */
  takeObject?(chunk: Buffer, from: number, until: number): number | null;
};

export type ElementCutter = {
  /**
   * Takes the next bytes, and hands out the elements that end in them.
   * @throws ArchiveError ARCHIVE_JSON_DAMAGED, with the byte offset.
   */
  push(chunk: Uint8Array): void;
  /** Elements so far. */
  count(): number;
  /** The part before the elements, as a document without elements; null until `result` begins. */
  head(): string | null;
  /**
   * Ends the document, and returns it without its elements: `{"pushDate":…,"result":[]}`. The cutter does not check everything
   * itself. The whole document is valid JSON if and only if JSON.parse accepts this text and each element.
   * @throws ArchiveError ARCHIVE_JSON_DAMAGED if the document is cut off or has no `result`.
   */
  end(): string;
};

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const N = 0x6e;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

const isBlank = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
const opens = (byte: number): boolean => byte === OPEN_OBJECT || byte === OPEN_ARRAY;
const closes = (byte: number): boolean => byte === CLOSE_OBJECT || byte === CLOSE_ARRAY;

/**
 * Cuts the document `{pushDate, totalSize, result: [...]}` (6.2.6) at the borders of the elements of `result`, without
 * parsing them: memory holds a chunk and an element, however long the array is. Inside an element that `takeObject` does not take,
 * it follows only strings and the depth of brackets, so a bad record does not affect the others. If borders are unclear (a comma is
 * missing, or there is an extra bracket), it refuses the whole document. It accepts blanks around the key `result`, because QCC's API
 * has such keys, and a byte order mark. A `result` of null has no elements.
 */
export function createElementCutter(
  limits: { maxElementBytes: number; maxEnvelopeBytes: number },
  taker: ElementTaker,
): ElementCutter {
  /** Bytes of the document before the current chunk. */
  let offset = 0;
  let position = 0;
  let isInResult = false;

  const envelope = createEnvelopeScanner(limits.maxEnvelopeBytes, damage);
  const collector = createCollector(limits.maxElementBytes);

  let depth = 0;
  let isInString = false;
  let isEscaped = false;
  /** Where in `result` the next byte stands. */
  let place: 'first' | 'before' | 'nested' | 'bare' | 'after' = 'first';

  return {
    push(chunk) {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      for (let at = 0; at < bytes.length; ) at = isInResult ? scanElements(bytes, at) : scanEnvelope(bytes, at);
      offset += bytes.length;
    },
    count: () => position,
    head: () => envelope.head(),
    end() {
      if (isInResult || !envelope.isComplete()) throw damage(offset, 'the document is cut off');
      if (!envelope.hasResult()) throw damage(offset, 'the document holds no "result"');
      return envelope.text();
    },
  };

  function scanEnvelope(bytes: Buffer, from: number): number {
    for (let at = from; at < bytes.length; at++) {
      if (envelope.take(bytes[at]!, offset + at) === 'result begins') {
        isInResult = true;
        place = 'first';
        return at + 1;
      }
    }
    return bytes.length;
  }

  /** Returns where it stopped, at the end of the chunk or behind the array. */
  function scanElements(bytes: Buffer, from: number): number {
    const { length } = bytes;
    let at = from;
    let start = from;
    const emit = (): void => {
      place = 'after';
      taker.take(collector.finish(bytes.subarray(start, at), position++));
    };
    while (at < length) {
      if (isInString) {
        if (isEscaped) {
          isEscaped = false;
          at++;
        }
        while (at < length) {
          const byte = bytes[at++];
          if (byte === QUOTE) {
            isInString = false;
            break;
          }
          if (byte === BACKSLASH && at++ >= length) {
            isEscaped = true;
            at = length;
          }
        }
        if (!isInString && depth === 0) emit();
      } else if (place === 'nested') {
        while (at < length) {
          const byte = bytes[at++]!;
          if (byte === QUOTE) {
            isInString = true;
            break;
          }
          if (opens(byte)) depth++;
          else if (closes(byte) && --depth === 0) {
            emit();
            break;
          }
        }
      } else if (place === 'bare') {
        const byte = bytes[at]!;
        if (isBlank(byte) || byte === COMMA || byte === CLOSE_ARRAY) emit();
        else if (byte === QUOTE || byte === COLON || opens(byte) || closes(byte))
          throw damage(offset + at, `the border of record ${position} is unclear`);
        else at++;
      } else {
        const byte = bytes[at++]!;
        if (isBlank(byte)) continue;
        if (place === 'after') {
          if (byte === COMMA) place = 'before';
          else if (byte === CLOSE_ARRAY) return leaveResult(at);
          else
            throw damage(
              offset + at - 1,
              `after record ${position - 1} neither a comma nor the end of "result" follows`,
            );
        } else if (byte === CLOSE_ARRAY && place === 'first') return leaveResult(at);
        else if (byte === COMMA || byte === COLON || closes(byte))
          throw damage(offset + at - 1, `record ${position} is missing`);
        else {
          start = at - 1;
          const until = Math.min(length, start + limits.maxElementBytes);
          const end = byte === OPEN_OBJECT && taker.takeObject?.(bytes, start, until);
          if (end) {
            at = end;
            position++;
            place = 'after';
            continue;
          }
          isInString = byte === QUOTE;
          depth = opens(byte) ? 1 : 0;
          place = isInString || depth === 1 ? 'nested' : 'bare';
        }
      }
    }
    if (place === 'nested' || place === 'bare') collector.keep(bytes.subarray(start));
    return length;
  }

  function leaveResult(at: number): number {
    isInResult = false;
    envelope.resultEnded();
    return at;
  }

  function damage(at: number, what: string): ArchiveError {
    return new ArchiveError('ARCHIVE_JSON_DAMAGED', `the document is not the expected JSON at byte ${at}: ${what}`);
  }
}

/** Puts together an element that spans chunks, and stops keeping it (but goes on hashing) beyond the limit. */
function createCollector(maxBytes: number) {
  let pieces: Buffer[] = [];
  let byteLength = 0;
  let hash: Hash | null = null;

  const keep = (piece: Buffer): void => {
    byteLength += piece.length;
    pieces.push(piece);
    if (byteLength <= maxBytes) return;
    hash ??= createHash('sha256');
    for (const kept of pieces) hash.update(kept);
    pieces = [];
  };
  const finish = (last: Buffer, position: number): CutElement => {
    if (byteLength === 0 && last.length <= maxBytes) return { kind: 'element', position, content: last };
    keep(last);
    const element: CutElement = hash
      ? { kind: 'tooLarge', position, byteLength, sha256: hash.digest('hex') }
      : { kind: 'element', position, content: Buffer.concat(pieces) };
    pieces = [];
    byteLength = 0;
    hash = null;
    return element;
  };
  return { keep, finish };
}

/** Keys that must not occur twice, because it would be unclear which one counts: pushDate is the version of every record. */
const KEYS_THAT_STAND_ONCE: readonly string[] = ['result', 'pushDate', 'totalSize'];

/** Follows what stands around `result`, byte by byte: it is short. */
function createEnvelopeScanner(maxBytes: number, damage: (at: number, what: string) => ArchiveError) {
  const skeleton: number[] = [];
  let depth = 0;
  let isInString = false;
  let isEscaped = false;
  let hasBegun = false;
  let hasResult = false;
  /** How much of the skeleton stands before the elements. */
  let headBytes: number | null = null;
  const keysSeen = new Set<string>();
  /** Index in the skeleton of the top-level key that is being read. */
  let keyFrom: number | null = null;
  let expects: 'key' | 'colon' | 'value' | 'nothing' = 'nothing';
  let isResultKey = false;

  const take = (byte: number, at: number): 'result begins' | null => {
    if (skeleton.push(byte) > maxBytes)
      throw damage(at, `what stands around "result" is longer than ${maxBytes} bytes`);
    if (isInString) {
      if (isEscaped) isEscaped = false;
      else if (byte === BACKSLASH) isEscaped = true;
      else if (byte === QUOTE) endString(at);
      return null;
    }
    if (isBlank(byte) || (at < BYTE_ORDER_MARK.length && byte === BYTE_ORDER_MARK[at])) return null;
    if (depth === 0 && (hasBegun || byte !== OPEN_OBJECT))
      throw damage(at, hasBegun ? 'more follows after its end' : 'it is no object');
    hasBegun = true;
    if (depth === 1 && expects === 'value' && isResultKey) {
      hasResult = true;
      if (byte === OPEN_ARRAY) {
        headBytes = skeleton.length;
        return 'result begins';
      }
      // An order without records may have null here. JSON.parse of the skeleton refuses a value that only begins like null.
      if (byte !== N) throw damage(at, '"result" is neither an array nor null');
    }
    if (byte === QUOTE) {
      isInString = true;
      if (depth === 1 && expects === 'key') keyFrom = skeleton.length - 1;
    } else if (opens(byte)) depth++;
    else if (closes(byte)) depth--;
    if (depth === 1) {
      if (byte === OPEN_OBJECT || byte === COMMA) expects = 'key';
      else if (byte === COLON && expects === 'colon') expects = 'value';
      else if (expects === 'value') expects = 'nothing';
    }
    return null;
  };

  const endString = (at: number): void => {
    isInString = false;
    if (keyFrom === null) return;
    const key = readKey(Buffer.from(skeleton.slice(keyFrom)));
    if (key !== null && KEYS_THAT_STAND_ONCE.includes(key)) {
      if (keysSeen.has(key)) throw damage(at, `"${key}" stands there twice`);
      keysSeen.add(key);
    }
    isResultKey = key === 'result';
    keyFrom = null;
    expects = 'colon';
  };

  return {
    take,
    resultEnded: (): void => {
      skeleton.push(CLOSE_ARRAY);
      expects = 'nothing';
    },
    isComplete: (): boolean => hasBegun && depth === 0,
    hasResult: (): boolean => hasResult,
    head: (): string | null =>
      headBytes === null
        ? null
        : decode(Buffer.from([...skeleton.slice(0, headBytes), CLOSE_ARRAY, CLOSE_OBJECT]), damage),
    text: (): string => decode(Buffer.from(skeleton), damage),
  };
}

/** A key as JSON reads it (`"resul\u0074"`), without the blanks around it; null where it is none. */
function readKey(json: Buffer): string | null {
  try {
    return String(JSON.parse(json.toString())).trim();
  } catch {
    return null;
  }
}

function decode(bytes: Buffer, damage: (at: number, what: string) => ArchiveError): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw damage(0, 'what stands around "result" is not UTF-8');
  }
}
