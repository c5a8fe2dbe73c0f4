import ipaddr from 'ipaddr.js';
import type { Settings } from '../../base/settings.ts';

export type Replication = {
  /** Copies of each partition of a topic that is created. */
  factor: number;
  minInsyncReplicas: number;
  /** Why a partition must not have one copy only, and what to do; null if the brokers are on this machine, or a person set it. */
  singleRefusal: string | null;
};

/**
 * @param advertisedHosts Of the brokers, as the cluster names them: an address on loopback may be a tunnel to another machine.
 */
export function planReplication(
  settings: Settings<'KAFKA_BROKERS' | 'KAFKA_REPLICATION_FACTOR' | 'KAFKA_MIN_INSYNC_REPLICAS'>,
  advertisedHosts: readonly string[],
): Replication {
  const factor = settings.KAFKA_REPLICATION_FACTOR ?? 1;
  const elsewhere = [...settings.KAFKA_BROKERS.map(hostOf), ...advertisedHosts].find((host) => !isOnLoopback(host));
  return {
    factor,
    // All but one: a message survives the loss of any one broker, and so does the topic.
    minInsyncReplicas: settings.KAFKA_MIN_INSYNC_REPLICAS ?? Math.max(1, factor - 1),
    // The ledger calls an order COMPLETE because of acknowledged messages.
    singleRefusal:
      elsewhere === undefined || settings.KAFKA_REPLICATION_FACTOR === 1
        ? null
        : `with one replica a lost broker loses acknowledged messages, and the broker ${elsewhere} is not on this machine: set KAFKA_REPLICATION_FACTOR=3, or 1 to accept that loss`,
  };
}

/** @param broker `host:port` or `[address]:port`. */
const hostOf = (broker: string): string => broker.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');

const isOnLoopback = (host: string): boolean =>
  host === 'localhost' || (ipaddr.isValid(host) && ipaddr.process(host).range() === 'loopback');
