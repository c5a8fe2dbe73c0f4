import { createKeptClient } from 'qcc-core/qcc/kept-client';
import type { QccOutcome } from 'qcc-core/qcc/outcome';
import type { RawResponse } from 'qcc-core/qcc/raw-response';
import type { DetailRequest } from './detail-need.ts';
import { askDetails, type Details } from './details.ts';

/** Nothing is sent that would have to be ended. */
const NEVER = new AbortController().signal;

/** The responses of each lookup in the order they came, the oldest lookup first. */
export const keptLookups = (responses: readonly RawResponse[]): RawResponse[][] =>
  [...Map.groupBy(responses, ({ lookup }) => lookup).values()]
    .map((pages) => pages.toSorted((a, b) => a.sentAt - b.sentAt))
    .sort(([a], [b]) => a!.sentAt - b!.sentAt);

/** What a lookup came to, by its kept responses: the same as then. */
export const readLookup = (request: DetailRequest, pages: readonly RawResponse[]): Promise<QccOutcome<Details>> =>
  askDetails(createKeptClient(pages), request, { signal: NEVER });

/**
 * The details that a change was given, by the kept responses of its question: those of the lookup whose details were fetched
 * at this instant and have as many rows; undefined where it is not kept whole.
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
