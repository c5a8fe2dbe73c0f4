import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import type { RawResponse } from 'qcc-core/qcc/raw-response';
import { z } from 'zod';
import { EvidenceError, type EvidenceStore, keyPart, parseKept } from './store.ts';

/** Milliseconds since the epoch, at most what fits into a version. Greater values were never written. */
const instant = z
  .int()
  .nonnegative()
  .max(2 ** 47 - 1);

const keptResponse = z.object({
  account: z.string(),
  endpoint: z.string(),
  /** The request without the key. */
  query: z.record(z.string(), z.string()),
  lookup: z.string(),
  httpStatus: z.number(),
  sentAt: instant,
  receivedAt: instant,
  /** Of the body; null, as the body, where it was longer than any response. */
  bytes: z.number().nullable(),
  sha256: z.string().nullable(),
  /** `body` is the text, or base64 where the bytes are no UTF-8. */
  encoding: z.enum(['utf8', 'base64']),
  body: z.string().nullable(),
});
type KeptResponse = z.output<typeof keptResponse>;

export type ResponseQuestion = { account: string; endpoint: string; corpKeyNo: string; checkId: string };

/** Responses of the detail endpoints in an evidence store: an object each, the company's in one folder. */
export type ResponseRepository = {
  /** Durable when it resolves. */
  keep(account: string, response: RawResponse): Promise<void>;
  /** Every response to the question, pages and failures included, oldest first. @throws EvidenceError `altered` */
  find(question: ResponseQuestion): Promise<{ key: string; response: RawResponse; object: Buffer }[]>;
  /**
   * Replaces responses of the account for good. `change` returns the new response, the same object to keep it, or null to delete it.
   * It gets all responses that were put at `putSince` (ms) or later. `ofAltered` decides about a response that was altered, and
   * counts it: the result does not include it.
   */
  rewrite(input: {
    account: string;
    putSince: number;
    change: (response: RawResponse) => RawResponse | null;
    ofAltered: (error: EvidenceError) => 'keep' | 'delete';
    dryRun: boolean;
  }): Promise<{ rewritten: number; deleted: number }>;
};

export function createResponseRepository(store: EvidenceStore): ResponseRepository {
  const prefixOf = ({ account, endpoint, corpKeyNo, checkId }: ResponseQuestion) =>
    `answers/${keyPart(account)}/${keyPart(corpKeyNo)}/${keyPart(endpoint)}-${keyPart(checkId)}-`;

  return {
    async keep(account, response) {
      const { endpoint, query, lookup, sentAt } = response;
      const { corpKeyNo = '', checkId = '', pageIndex = '1' } = query;
      const prefix = prefixOf({ account, endpoint, corpKeyNo, checkId });
      const key = `${prefix}${sentAt}-${keyPart(lookup)}-${keyPart(pageIndex)}.json`;
      await store.put(key, toObject(account, response));
    },
    async rewrite({ account, putSince, change, ofAltered, dryRun }) {
      const done = { rewritten: 0, deleted: 0 };
      for await (const { key, putAt } of store.list(`answers/${keyPart(account)}/`)) {
        if (putAt < putSince) continue;
        const content = await store.get(key);
        if (!content) continue;
        const object = await buffer(content);
        let before: RawResponse;
        try {
          before = toRawResponse(key, object);
        } catch (error) {
          if (!(error instanceof EvidenceError)) throw error;
          if (ofAltered(error) === 'delete' && !dryRun) await store.delete(key);
          continue;
        }
        const after = change(before);
        if (after === before) continue;
        if (after === null) done.deleted += 1;
        else done.rewritten += 1;
        if (dryRun) continue;
        if (after === null) await store.delete(key);
        else await store.put(key, toObject(account, after));
      }
      return done;
    },
    async find(question) {
      const found: Awaited<ReturnType<ResponseRepository['find']>> = [];
      for await (const { key } of store.list(prefixOf(question))) {
        const content = await store.get(key);
        if (!content) continue;
        const object = await buffer(content);
        const response = toRawResponse(key, object);
        // One check id may begin with another.
        if (response.query.checkId === question.checkId) found.push({ key, response, object });
      }
      return found.sort((a, b) => a.response.sentAt - b.response.sentAt);
    },
  };
}

/** When the request of a response was sent, ms, from its key. Only a check id may have 13 digits too, and it comes earlier. */
export const sentAtOf = (key: string): number | undefined => {
  const time = key.match(/-\d{13}(?=-)/g)?.at(-1);
  return time === undefined ? undefined : Number(time.slice(1));
};

function toObject(account: string, response: RawResponse): Uint8Array {
  const { endpoint, query, lookup, status: httpStatus, body, sentAt, receivedAt } = response;
  const encoding = body === null || isUtf8(body) ? 'utf8' : 'base64';
  const kept: KeptResponse = {
    account,
    endpoint,
    query,
    lookup,
    httpStatus,
    sentAt,
    receivedAt,
    bytes: body?.length ?? null,
    sha256: body && sha256(body),
    encoding,
    body: body?.toString(encoding) ?? null,
  };
  return Buffer.from(JSON.stringify(kept));
}

function toRawResponse(key: string, object: Buffer): RawResponse {
  const kept = parseKept(keptResponse, key, object.toString());
  const body = kept.body === null ? null : Buffer.from(kept.body, kept.encoding);
  if (body && sha256(body) !== kept.sha256) {
    throw new EvidenceError('altered', `${key} in the evidence store was changed: its body has another SHA-256`);
  }
  const { endpoint, query, lookup, httpStatus: status, sentAt, receivedAt } = kept;
  return { endpoint, query, lookup, status, body, sentAt, receivedAt };
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
