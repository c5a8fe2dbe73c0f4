import { createHash } from 'node:crypto';
import type { ChangeRecord } from 'qcc-core/contract/domain';
import { compareVersions } from 'qcc-core/contract/version';
import type { Direction } from './direction.ts';

/**
 * What the alerter remembers of a change. An event is one episode of (account, corpKeyNo, type, id). The first push of the id is
 * episode 0. A push with another direction, or with another date of entry on the list, begins the next episode, so a new listing
 * after a removal is a new event. Any other push of the id is the same event.
 */
export type EventState = {
  direction: Direction | null;
  /** Days since 1970-01-01; only of types that are lists. */
  eventDate: number | null;
  episode: number;
  /** The newest that was read, 32 bytes. */
  version: Uint8Array;
  /** The rules that have made an alert of this episode. */
  rules: readonly string[];
};

/** `eventDate` is the latest entry, or the latest publication. Of other types its meaning is not known. */
const TYPES_WITH_ENTRY_DATE: readonly string[] = ['2', '10', '11', '15'];

/**
 * Returns the state after a version of the change; null if it is not newer than what was read, such as an older revision.
 * Direction and date that are not known begin no episode.
 */
export function nextEventState(
  known: EventState | undefined,
  change: Pick<ChangeRecord, 'type' | 'eventDate'> & { direction: Direction | null; version: Uint8Array },
): EventState | null {
  const { direction, version } = change;
  const eventDate = TYPES_WITH_ENTRY_DATE.includes(change.type) ? change.eventDate : null;
  if (!known) return { direction, eventDate, episode: 0, version, rules: [] };
  if (compareVersions(version, known.version) <= 0) return null;
  const isNew = differs(known.direction, direction) || differs(known.eventDate, eventDate);
  return {
    direction: direction ?? known.direction,
    eventDate: eventDate ?? known.eventDate,
    episode: known.episode + (isNew ? 1 : 0),
    version,
    rules: isNew ? [] : known.rules,
  };
}

const differs = <Value>(known: Value | null, now: Value | null): boolean =>
  known !== null && now !== null && known !== now;

/** The id of the alert of one rule about one event; a replay gives the same id. It is a hash, and names nobody. */
export function alertId(
  rule: string,
  { account, corpKeyNo, type, id }: Pick<ChangeRecord, 'account' | 'corpKeyNo' | 'type' | 'id'>,
  episode: number,
): string {
  return `alt_${shortHash([rule, account, corpKeyNo, type, id, episode])}`;
}

/** 96 bits of SHA-256. JSON keeps apart where one part ends and the next one begins. */
export const shortHash = (parts: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 24);
