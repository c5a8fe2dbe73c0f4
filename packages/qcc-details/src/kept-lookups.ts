import { createKeptClient } from 'qcc-core/qcc/kept-client';
import type { QccOutcome } from 'qcc-core/qcc/outcome';
import type { RawResponse } from 'qcc-core/qcc/raw-response';
import type { DetailRequest } from './detail-need.ts';
import { askDetails, type Details } from './details.ts';

/** Kept responses are read without requests, so there is nothing to abort. */
const NEVER = new AbortController().signal;

/** The responses of each lookup in the order they came, the oldest lookup first. */
export const keptLookups = (responses: readonly RawResponse[]): RawResponse[][] =>
  [...Map.groupBy(responses, ({ lookup }) => lookup).values()]
    .map((pages) => pages.toSorted((a, b) => a.sentAt - b.sentAt))
    .sort(([a], [b]) => a!.sentAt - b!.sentAt);

/** The outcome of a lookup, read again from its kept responses. It is the same as when they arrived. */
export const readLookup = (request: DetailRequest, pages: readonly RawResponse[]): Promise<QccOutcome<Details>> =>
  askDetails(createKeptClient(pages), request, { signal: NEVER });

/**
 * The details that a change got, from the kept responses to its question: those of the lookup with this fetch time and this total.
 * Undefined if that lookup is not kept completely.
 */
export async function detailsGiven(
  request: DetailRequest,
  responses: readonly RawResponse[],
  given: { fetchedAt: number; total: number },
): Promise<Details | undefined> {
  for (const pages of keptLookups(responses)) {
    if (!pages.some(({ sentAt }) => sentAt === given.fetchedAt)) continue;
    const outcome = await readLookup(request, pages);
    if (outcome.kind !== 'success' || outcome.fetchedAt !== given.fetchedAt) continue;
    if (outcome.value.total === given.total) return outcome.value;
  }
  return undefined;
}
