import { CommandFailure } from '../terminal.ts';

const REMEDY = 'give the same ERASURE_KEY to every sink and to this command, and restart the sinks';

/**
 * Whether this ERASURE_KEY is the one of the sinks. If it is not, an erasure would stop them with their next message.
 * @param here its id, null if it is not set.
 * @param sinks the id that the last sink to start stored, null if that has no key, undefined if no sink ever stored one.
 * @throws CommandFailure
 */
export function requireSameKey(here: string | null, sinks: string | null | undefined): void {
  if (here === sinks) return;
  if (sinks === undefined) {
    throw new CommandFailure(
      'no sink has stated its ERASURE_KEY in this database yet: start a sink of this version with it first',
    );
  }
  const one = here === null ? 'ERASURE_KEY is not set here' : `ERASURE_KEY here is key ${here}`;
  const other = sinks === null ? 'the sink has none' : `the sink has key ${sinks}`;
  throw new CommandFailure(`${one}, and ${other}: ${REMEDY}`);
}
