import { InvalidArgumentError } from 'commander';
import { parseDay, parseShanghaiDateTime } from 'qcc-core/base/shanghai-time';

const ISO_INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;

/**
 * An instant as people write it → milliseconds since the epoch: a day or `YYYY-MM-DD HH:mm:ss` in Shanghai, or an ISO
 * instant with its zone.
 */
export function parseInstant(text: string): number {
  const ms = ISO_INSTANT.test(text)
    ? Date.parse(text)
    : parseShanghaiDateTime(parseDay(text) === null ? text : `${text} 00:00:00`);
  if (ms !== null && !Number.isNaN(ms)) return ms;
  throw new InvalidArgumentError(
    'Must be a day or time: 2026-11-24, "2026-11-24 09:00:00" (Shanghai), or an ISO instant.',
  );
}

const RANGE = /^(\d{1,9})(?:-(\d{1,9}))?$/;
const MOST_POSITIONS = 1_000_000;

/** `3,7-9` → [3, 7, 8, 9], ascending, each once. */
export function parsePositions(text: string): number[] {
  const positions = new Set<number>();
  for (const part of text.split(',')) {
    const match = RANGE.exec(part.trim());
    const first = Number(match?.[1]);
    const last = Number(match?.[2] ?? match?.[1]);
    if (!match || last < first || positions.size + last - first >= MOST_POSITIONS) {
      throw new InvalidArgumentError('Must be positions from 0, such as 3 or 3,7-9, at most a million.');
    }
    for (let position = first; position <= last; position += 1) positions.add(position);
  }
  return [...positions].sort((a, b) => a - b);
}

/** An option's `YYYY-MM-DD`, as it is. */
export function parseShanghaiDay(text: string): string {
  if (parseDay(text) === null) throw new InvalidArgumentError('Must be a day such as 2026-03-16.');
  return text;
}

/** A number of days to look back. */
export function parseDays(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('Must be a number from 1 to 9999.');
  return Number(text);
}

/** A number of things to show. */
export function parseCount(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('Must be a number from 1 to 999999.');
  return Number(text);
}

/** The number of a partition; the command knows how many there are. */
export function parsePartition(text: string): number {
  if (!/^\d{1,4}$/.test(text)) throw new InvalidArgumentError('It is not the number of a partition.');
  return Number(text);
}

/** An offset of a partition, `beginning` or `end`. Below 2^53, as input offsets are stored. */
export function parseOffset(text: string): bigint | 'beginning' | 'end' {
  if (text === 'beginning' || text === 'end') return text;
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It is not an offset: a number, beginning or end.');
  return BigInt(text);
}
