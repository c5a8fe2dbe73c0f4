import type { AvroCodec } from 'qcc-core/avro/codec';
import type { Table } from 'qcc-core/kafka/exactly-once/table';
import { type Coverage, coverageMessage } from 'qcc-core/kafka/messages/coverage-fact';
import type { Outgoing } from 'qcc-core/kafka/wire/outgoing';
import { type CoverageState, foldCoverage } from './coverage-state.ts';

export type CoverageLog = {
  /**
   * Returns the state that results from all facts written before this call, by any instance or tool. Waits while Kafka is unavailable,
   * until the signal aborts.
   */
  read(signal: AbortSignal): Promise<CoverageState>;
  /** Resolves once the facts are durable, in their order. */
  record(facts: readonly Coverage[]): Promise<void>;
};

/** The topic `coverage` as one account sees it. */
export function createCoverageLog(input: {
  table: Table<Coverage | null>;
  account: string;
  codec: AvroCodec;
  send: (messages: Outgoing[]) => Promise<void>;
}): CoverageLog {
  const { table, account, codec, send } = input;
  return {
    async read(signal) {
      await table.catchUp(0, (marker) => send([marker]), signal);
      return foldCoverage(
        account,
        [...table.entries(0)].flatMap(([, fact]) => fact ?? []),
      );
    },
    async record(facts) {
      if (facts.length > 0) await send(facts.map((fact) => coverageMessage(codec, fact)));
    },
  };
}
