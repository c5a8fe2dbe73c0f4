import type { ISocketFactory } from 'kafkajs';

/** For this long, no client waits for a broker that was silent to another one. */
const PASSED_OVER_MS = 60_000;

export type BootstrapOrder = {
  connect: ISocketFactory;
  /** The bootstrap broker to try next, as the only one of its list. */
  next(): [string];
};

/**
 * Each producer, consumer and admin client of kafkajs begins with the first bootstrap broker. If that one hangs or its host is
 * down, each of them waits for it, and a service opens many, one after the other. So the clients of a process share what they
 * learn: they take the brokers in turns, and pass over one that is silent, which means that a new connection to it was opened
 * and none has received data since. A silent one is tried when all are silent, and again after a minute.
 */
export function orderBootstrap(
  connect: ISocketFactory,
  bootstrap: readonly string[],
  now: () => number = () => performance.now(),
): BootstrapOrder {
  const lastChoice = new Map(bootstrap.map((broker) => [broker, 0]));
  const silentSince = new Map<string, number>();
  let choices = 0;
  const isPassedOver = (broker: string): boolean => now() < (silentSince.get(broker) ?? -Infinity) + PASSED_OVER_MS;
  return {
    connect(input) {
      const broker = `${input.host}:${input.port}`;
      silentSince.set(broker, now());
      return connect(input).once('data', () => void silentSince.delete(broker));
    },
    next() {
      const byTurn = bootstrap.toSorted((one, other) => lastChoice.get(one)! - lastChoice.get(other)!);
      const broker = byTurn.find((each) => !isPassedOver(each)) ?? byTurn[0]!;
      choices += 1;
      lastChoice.set(broker, choices);
      return [broker];
    },
  };
}
