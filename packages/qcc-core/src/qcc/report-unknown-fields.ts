import type { Log } from '../base/logs.ts';
import type { Metrics } from '../base/metrics.ts';

/** @param endpoint Of QCC's API, or `archive`. @param names As `unknownFields` has them. */
export type ReportUnknownFields = (endpoint: string, names: readonly string[]) => void;

/** Names can be invented, and each is kept for as long as the process lives. */
const MOST_NAMES = 100;

/** Counts unknown fields each time that they come, and logs each name of an endpoint once. */
export function createReportUnknownFields({
  metrics,
  log,
}: {
  metrics?: Pick<Metrics, 'unknownResponseFields'> | undefined;
  log?: Pick<Log, 'warn'> | undefined;
}): ReportUnknownFields {
  const told = new Set<string>();
  return (endpoint, names) => {
    if (names.length > 0) metrics?.unknownResponseFields.inc({ endpoint }, names.length);
    for (const field of names) {
      const name = `${endpoint} ${field}`;
      if (told.has(name) || told.size >= MOST_NAMES) continue;
      told.add(name);
      log?.warn({ endpoint, field }, 'QCC sent a field that its document does not name; it is not read');
    }
  };
}
