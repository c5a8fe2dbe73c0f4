import { nextShanghaiTime, OFFSET_MS } from 'qcc-core/base/shanghai-time';
import type { Rule } from '../rules/rules-schema.ts';

export type Schedule = {
  /** The alert is not sent before; ms since the epoch. */
  dueAt: number;
  /** It comes in a digest. */
  isHeld: boolean;
};

const DAY_MINUTES = 24 * 60;
const DEFAULT_DIGEST_AT = [9 * 60];

/** When an alert that is decided now may be sent: at once, at the end of quiet hours, or with the next digest of its rule. */
export function schedule({ quiet, send, digestAt }: Pick<Rule, 'quiet' | 'send' | 'digestAt'>, now: number): Schedule {
  const isDigest = send === 'digest';
  const dueAt = isDigest
    ? Math.min(...(digestAt ?? DEFAULT_DIGEST_AT).map((minutes) => nextShanghaiTime(now, minutes)))
    : now;
  if (!quiet || !isQuiet(quiet, dueAt)) return { dueAt, isHeld: isDigest };
  return { dueAt: nextShanghaiTime(dueAt, quiet.to), isHeld: true };
}

/** The end does not belong to quiet hours. They may go over midnight. */
function isQuiet({ from, to }: NonNullable<Rule['quiet']>, at: number): boolean {
  const minutes = Math.floor((at + OFFSET_MS) / 60_000) % DAY_MINUTES;
  return from < to ? from <= minutes && minutes < to : from <= minutes || minutes < to;
}
