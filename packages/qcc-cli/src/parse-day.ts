import { InvalidArgumentError } from 'commander';
import { parseDay } from 'qcc-core/shanghai-time';

/** An option's `YYYY-MM-DD`, as it is. @throws InvalidArgumentError where there is no such day. */
export function parseShanghaiDay(text: string): string {
  if (parseDay(text) === null) throw new InvalidArgumentError('It is no day like 2026-03-16.');
  return text;
}
