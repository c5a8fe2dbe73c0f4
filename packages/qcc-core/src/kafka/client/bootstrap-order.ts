import type { ISocketFactory } from 'kafkajs';

/** Brokers that are well answer a new connection sooner. */
const PENDING_MS = 1_000;
/** A broker that is silent is tried again so often. */
const SILENT_MS = 60_000;

export type BootstrapOrder = {
  connect: ISocketFactory;
  /** The bootstrap broker to try next, as the only one of its list. */
  next(): [string];
};

/**
 * Each producer, consumer and admin client of kafkajs begins with the first bootstrap broker. If that one hangs or its host is
 * down, each of them waits for it, and a service opens many, one after the other. So the clients of one `Kafka` object share what
 * they learn. They take the brokers in turns: first those that have answered since they were tried last, then those that were
 * tried less than a second ago, then those that are silent. A silent one gets a client each minute, and any client if all are silent.
 */
export function orderBootstrap(
  connect: ISocketFactory,
  bootstrap: readonly string[],
  now: () => number = () => performance.now(),
): BootstrapOrder {
  const brokers = bootstrap.map((listed) => ({ listed, key: keyOf(listed), lastChoice: 0 }));
  /** When a broker was tried that has sent nothing on any connection since. */
  const triedAt = new Map<string, number>();
  let choices = 0;
  const rankOf = (key: string): number => {
    const waited = now() - (triedAt.get(key) ?? Number.NEGATIVE_INFINITY);
    if (waited >= SILENT_MS) return 0;
    return waited < PENDING_MS ? 1 : 2;
  };
  return {
    connect(input) {
      const key = `${input.host}:${input.port}`;
      if (!triedAt.has(key)) triedAt.set(key, now());
      return connect(input).on('data', () => void triedAt.delete(key));
    },
    next() {
      const [broker] = brokers.toSorted(
        (one, other) => rankOf(one.key) - rankOf(other.key) || one.lastChoice - other.lastChoice,
      );
      const { key, listed } = broker!;
      choices += 1;
      broker!.lastChoice = choices;
      if (!triedAt.has(key)) triedAt.set(key, now());
      // One client tries it, and the others do not wait with it.
      else if (rankOf(key) === 0) triedAt.set(key, now() - PENDING_MS);
      return [listed];
    },
  };
}

/** The address as kafkajs gives it to `connect`. */
function keyOf(listed: string): string {
  const [host, port] = listed.split(':');
  return `${host}:${Number(port)}`;
}
