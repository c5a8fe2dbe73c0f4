import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Outcome } from './core/deliver-change.ts';

type ErrorKind = 'handler' | 'undecodable' | 'environment';

export type SubscriberMetrics = {
  change(from: 'history' | 'topic', outcome: Outcome | 'deadLetter'): void;
  error(kind: ErrorKind): void;
  /** Returns what to call at the end. */
  startHandler(): () => void;
  /** @param messages Null if it is not known. */
  lag(messages: number | null): void;
};

/** Two subscriptions of a process share the metrics of a registry, and differ by their labels. */
export function createMetrics(
  registry: Registry | undefined,
  labels: { topic: string; group: string },
): SubscriberMetrics {
  if (!registry) return { change() {}, error() {}, startHandler: () => () => {}, lag() {} };
  const registers = [registry];
  const shared = <Metric>(name: string, make: (name: string) => Metric): Metric =>
    (registry.getSingleMetric(name) as Metric | undefined) ?? make(name);
  const changes = shared(
    'qcc_subscriber_changes_total',
    (name) =>
      new Counter({
        name,
        help: 'Changes by where they came from (history, topic) and outcome (handled, older, otherCompany, filtered, erased, deadLetter).',
        labelNames: ['topic', 'group', 'from', 'outcome'],
        registers,
      }),
  );
  const errors = shared(
    'qcc_subscriber_errors_total',
    (name) =>
      new Counter({
        name,
        help: 'Errors by kind: handler (each failed attempt, also of onErased), undecodable (messages), environment (Kafka, registry, ClickHouse, store).',
        labelNames: ['topic', 'group', 'kind'],
        registers,
      }),
  );
  const seconds = shared(
    'qcc_subscriber_handler_seconds',
    (name) =>
      new Histogram({
        name,
        help: 'Time of an attempt of the handler, or of the body of the loop.',
        labelNames: ['topic', 'group'],
        buckets: [0.001, 0.01, 0.1, 1, 10, 60],
        registers,
      }),
  );
  const lag = shared(
    'qcc_subscriber_lag_messages',
    (name) =>
      new Gauge({
        name,
        help: 'Offsets that the group has not committed, over all partitions and members.',
        labelNames: ['topic', 'group'],
        registers,
      }),
  );
  return {
    change: (from, outcome) => changes.inc({ ...labels, from, outcome }),
    error: (kind) => errors.inc({ ...labels, kind }),
    startHandler: () => seconds.startTimer(labels),
    lag: (messages) => (messages === null ? lag.remove(labels) : lag.set(labels, messages)),
  };
}
