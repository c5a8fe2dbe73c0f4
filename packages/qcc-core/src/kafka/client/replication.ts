import ipaddr from 'ipaddr.js';
import type { Settings } from '../../base/settings.ts';

export type Replication = {
  /** Copies of each partition of a topic that is created. */
  factor: number;
  minInsyncReplicas: number;
  /** Whether a partition may have one copy only: on this machine, or because a person set it. */
  mayBeSingle: boolean;
};

/** With one copy a lost broker takes messages with it that were acknowledged, and with them what the ledger calls COMPLETE. */
export const SINGLE_COPY_REMEDY =
  'with one replica a lost broker loses acknowledged messages, and KAFKA_BROKERS are not on this machine: set KAFKA_REPLICATION_FACTOR=3, or 1 to accept that loss';

export function planReplication(
  settings: Settings<'KAFKA_BROKERS' | 'KAFKA_REPLICATION_FACTOR' | 'KAFKA_MIN_INSYNC_REPLICAS'>,
): Replication {
  const factor = settings.KAFKA_REPLICATION_FACTOR ?? 1;
  return {
    factor,
    // All but one: a message survives the loss of any one broker, and so does the topic.
    minInsyncReplicas: settings.KAFKA_MIN_INSYNC_REPLICAS ?? Math.max(1, factor - 1),
    mayBeSingle: settings.KAFKA_REPLICATION_FACTOR === 1 || settings.KAFKA_BROKERS.every(isOnLoopback),
  };
}

/** @param broker `host:port` or `[address]:port`. */
function isOnLoopback(broker: string): boolean {
  const host = broker.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  if (host === 'localhost') return true;
  return ipaddr.isValid(host) && ipaddr.process(host).range() === 'loopback';
}
