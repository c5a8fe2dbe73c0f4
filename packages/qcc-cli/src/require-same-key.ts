import type { SharedKey } from 'qcc-clickhouse/key-ids';
import { CommandFailure } from './terminal.ts';

/**
 * Whether this key is the one of the sinks. With another ERASURE_KEY, an erasure would stop them with their next message. With another
 * PSEUDONYM_KEY, a company would have two pseudonyms.
 * @param here its id, null if it is not set.
 * @param sinks the id that the last sink to start stored, null if that has no key, undefined if no sink ever stored one.
 * @throws CommandFailure
 */
export function requireSameKey(name: SharedKey, here: string | null, sinks: string | null | undefined): void {
  if (here === sinks) return;
  if (sinks === undefined) {
    throw new CommandFailure(
      `no sink has stated its ${name} in this database yet: start a sink of this version with it first`,
    );
  }
  const one = here === null ? `${name} is not set here` : `${name} here is key ${here}`;
  const other = sinks === null ? 'the sink has none' : `the sink has key ${sinks}`;
  throw new CommandFailure(
    `${one}, and ${other}: give the same ${name} to every sink and to this command, and restart the sinks`,
  );
}
