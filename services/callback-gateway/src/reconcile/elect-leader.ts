import { once } from 'node:events';
import type { Kafka } from 'kafkajs';
import type { Log } from 'qcc-core/base/logs';
import { accountName } from 'qcc-core/contract/group-names';
import { TOPICS, topicName } from 'qcc-core/contract/topics';
import { consume } from 'qcc-core/kafka/client/consume';

/** Which of the gateways polls QCC. */
export type Leadership = {
  isOurs(): boolean;
  /** Resolves when this instance is the leader, or `signal` aborts. */
  ours(signal: AbortSignal): Promise<void>;
};

/** Leadership that changes by `set` alone. */
export function createLeadership(
  onChange: (ours: boolean) => void = () => {},
): Leadership & { set(ours: boolean): void } {
  let current = false;
  let begun = Promise.withResolvers<void>();
  return {
    isOurs: () => current,
    async ours(signal) {
      if (current || signal.aborted) return;
      await Promise.race([begun.promise, once(signal, 'abort')]);
    },
    set(ours) {
      if (ours === current) return;
      current = ours;
      if (ours) begun.resolve();
      else begun = Promise.withResolvers<void>();
      onChange(ours);
    },
  };
}

/**
 * The leader is the member of the account's consumer group that owns the only partition of `coverage`. A successor takes over when the
 * owner leaves the group or its session times out. Until a frozen owner notices that, both may poll, which is harmless.
 */
export async function electLeader(input: {
  kafka: Kafka;
  prefix: string;
  account: string;
  sessionTimeoutMs: number;
  onChange: (ours: boolean) => void;
  log: Log;
}): Promise<Leadership & AsyncDisposable> {
  const topic = topicName(input.prefix, TOPICS.coverage);
  const { set, ...leadership } = createLeadership(input.onChange);
  const member = await consume({
    kafka: input.kafka,
    group: `${input.prefix}qcc.${accountName('callback-gateway', input.account)}.poller`,
    topics: [topic],
    sessionTimeoutMs: input.sessionTimeoutMs,
    concurrency: 1,
    // Not reported: a gateway that is not the leader accepts callbacks too, and a killed one stays the leader until its session ends.
    health: { set() {} },
    healthPart: 'leader election',
    log: input.log,
    onAssigned: (assignment) => set((assignment[topic] ?? []).includes(0)),
    onBatch: async () => {},
  });
  return { ...leadership, [Symbol.asyncDispose]: () => member[Symbol.asyncDispose]() };
}
