import type { Lane } from 'qcc-core/kafka/exactly-once/lane';
import type { Outgoing } from 'qcc-core/kafka/wire/outgoing';

/** Messages of `orders` that need no fetch and are committed together in one transaction. */
export type GatheredMessages = {
  /** @param outgoing What the transaction says about it. */
  add(nextOffset: bigint, outgoing?: readonly Outgoing[]): void;
  /** Commits what was gathered. To be called before anything behind it is committed. */
  flush(): Promise<void>;
};

/** A transaction for each message would let a flood of callbacks keep back the orders behind it. */
export function gatherMessages(lane: Pick<Lane, 'transact'>): GatheredMessages {
  let outgoing: Outgoing[] = [];
  let nextOffset: bigint | undefined;
  return {
    add(next, more = []) {
      nextOffset = next;
      outgoing.push(...more);
    },
    async flush() {
      if (nextOffset === undefined) return;
      const commit = { nextOffset };
      await lane.transact(async (transaction) => {
        if (outgoing.length > 0) await transaction.send(outgoing);
      }, commit);
      outgoing = [];
      nextOffset = undefined;
    },
  };
}
