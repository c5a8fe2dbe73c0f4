import type { QccOutcome } from 'qcc-core/qcc/outcome';
import type { PackedDetails } from './packed-details.ts';

/** What became of the details of one change, for good. Instants in milliseconds since the epoch. */
export type SettledResult =
  | { status: 'NOT_APPLICABLE' | 'NO_CHECK_ID' }
  | { status: 'ENRICHED'; details: PackedDetails; fetchedAt: number }
  | { status: 'NO_RESULT'; fetchedAt: number }
  | { status: 'FAILED'; reason: string };

export type DetailResult = SettledResult | { status: 'PENDING'; reason: string };

/** A response that is valid for every change that was pushed no later than its fetch. */
export type DetailResponse = Extract<QccOutcome<PackedDetails>, { kind: 'success' | 'empty' }>;

export const toResult = (response: DetailResponse): SettledResult =>
  response.kind === 'success'
    ? { status: 'ENRICHED', details: response.value, fetchedAt: response.fetchedAt }
    : { status: 'NO_RESULT', fetchedAt: response.fetchedAt };
