import type { DetailEndpoint } from 'qcc-core/details/detail-endpoint';
import { detailNeed } from 'qcc-core/details/detail-need';
import type { ChangeRecord } from 'qcc-core/domain';
import type { CallPermission } from './call-permission.ts';
import { toResult } from './detail-result.ts';
import type { DetailSource } from './detail-source.ts';
import type { Emission } from './emission.ts';
import type { KeptAnswer } from './kept-answer.ts';

/**
 * What to publish of a change when it arrives: its settled version where nothing has to be asked, otherwise that it waits,
 * or its pending version at once where waiting is in vain. What comes again as a later revision keeps the details that an
 * earlier one was given: pending, it would hide them, since the revision counts before them in the version.
 * @throws EvidenceError `unavailable`
 */
export async function admitRecord(
  deps: {
    endpoints: readonly DetailEndpoint[];
    source: Pick<DetailSource, 'remembered'>;
    keptAnswer: KeptAnswer;
    permission: Pick<CallPermission, 'closedFor'>;
    now: () => number;
  },
  record: ChangeRecord,
): Promise<Emission> {
  const need = detailNeed(deps.endpoints, record);
  if (need.kind === 'none') return { kind: 'settled', record, result: { status: need.status }, waited: false };
  const answer =
    deps.source.remembered(need.request) ?? (record.revision > 0 ? await deps.keptAnswer(need.request) : undefined);
  if (answer) return { kind: 'settled', record, result: toResult(answer), waited: false };

  const now = deps.now();
  const entry = { record, admittedAt: now, published: false, attempts: 0, nextAttemptAt: now, reason: null };
  const reason = deps.permission.closedFor();
  return reason === null ? { kind: 'waiting', entry } : { kind: 'pending', entry, reason };
}
