import type { ClickHouseClient } from '@clickhouse/client';
import { repeat } from 'qcc-core/base/repeat';
import { WITHOUT_QUORUM } from './create-clickhouse.ts';

type Deps = { client: ClickHouseClient; database: string };

/** Settings that all sinks and the operator's tool must have alike. */
export type SharedKey = 'ERASURE_KEY' | 'PSEUDONYM_KEY';

/** Reveals nothing about the key; null without a key. */
export type KeyId = string | null;

/** A key that a sink has, and the host of a sink that has it. */
export type StatedKey = { keyId: KeyId; host: string };

const INTERVAL_MS = 15_000;
/** A statement counts as long as a sink that missed three of its turns may still run. */
const COUNTS_FOR_S = 60;

/**
 * States which keys this sink has, so that other sinks and `npx qcc` can compare theirs: before it returns, and then every 15 seconds
 * until it is disposed. The table has one row for each key that was ever used.
 */
export async function stateKeyIds(
  deps: Deps,
  { keyIds, host, onError }: { keyIds: Record<SharedKey, KeyId>; host: string; onError: (error: unknown) => void },
): Promise<AsyncDisposable> {
  const values = Object.entries(keyIds).map(([name, keyId]) => ({ name: `${name}:${keyId ?? ''}`, value: host }));
  const state = async (signal?: AbortSignal): Promise<void> => {
    await deps.client.insert({
      table: `\`${deps.database}\`.service_settings`,
      values,
      columns: ['name', 'value'],
      format: 'JSONEachRow',
      clickhouse_settings: WITHOUT_QUORUM,
      ...(signal && { abort_signal: signal }),
    });
  };
  await state();
  return repeat(state, { pauseMs: INTERVAL_MS, onError });
}

/**
 * The keys of the sinks that run, or ran in the last minute. If none did, the keys of the sinks that ran last. Empty if no sink ever
 * stated one.
 */
export async function readStatedKeys({ client, database }: Deps, name: SharedKey): Promise<StatedKey[]> {
  const result = await client.query({
    query: `
      SELECT substring(name, length({prefix: String}) + 1) AS keyId, argMax(value, updated_at) AS host
      FROM \`${database}\`.service_settings
      WHERE startsWith(name, {prefix: String})
      GROUP BY name
      -- A server whose clock was ahead must not count for longer.
      HAVING least(max(updated_at), now64(3)) >= (
        SELECT least(max(updated_at), now64(3)) FROM \`${database}\`.service_settings WHERE startsWith(name, {prefix: String})
      ) - toIntervalSecond({countsFor: UInt32})
      ORDER BY keyId`,
    query_params: { prefix: `${name}:`, countsFor: COUNTS_FOR_S },
    format: 'JSONEachRow',
  });
  const rows = await result.json<{ keyId: string; host: string }>();
  return rows.map(({ keyId, host }) => ({ keyId: keyId || null, host }));
}

/**
 * The sinks that have another key than this one, and what to do, for people; null if all have the same. With another ERASURE_KEY, an
 * erasure would stop a sink with its next message. With another PSEUDONYM_KEY, a company would have two pseudonyms.
 */
export function describeOtherKeys(name: SharedKey, here: KeyId, stated: readonly StatedKey[]): string | null {
  const others = stated.filter(({ keyId }) => keyId !== here);
  if (others.length === 0) return null;
  const one = here === null ? `${name} is not set here` : `${name} here is key ${here}`;
  const sinks = others.map(({ keyId, host }) => `the sink on ${host} has ${keyId === null ? 'none' : `key ${keyId}`}`);
  return `${one}, and ${sinks.join(', and ')}: give the same ${name} to every sink and to this command, and restart the sinks. A sink that has ended counts for ${COUNTS_FOR_S} s`;
}
