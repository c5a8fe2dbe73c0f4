import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import type { RawAnswer } from 'qcc-core/qcc/raw-answer';
import { z } from 'zod';
import { EvidenceError, type EvidenceStore, keyPart } from './store.ts';

/** Milliseconds since the epoch, as far as a version has room for them: what is beyond was never written. */
const instant = z
  .int()
  .nonnegative()
  .max(2 ** 47 - 1);

const keptAnswer = z.object({
  account: z.string(),
  endpoint: z.string(),
  /** The request without the key. */
  query: z.record(z.string(), z.string()),
  lookup: z.string(),
  httpStatus: z.number(),
  sentAt: instant,
  receivedAt: instant,
  /** Of the body; null, as the body, where it was longer than any answer. */
  bytes: z.number().nullable(),
  sha256: z.string().nullable(),
  /** `body` is the text, or base64 where the bytes are no UTF-8. */
  encoding: z.enum(['utf8', 'base64']),
  body: z.string().nullable(),
});
type KeptAnswer = z.output<typeof keptAnswer>;

export type AnswerQuestion = { account: string; endpoint: string; corpKeyNo: string; checkId: string };

/** Answers of the detail endpoints in an evidence store: an object each, the company's in one folder. */
export type AnswerRepository = {
  /** Durable when it resolves. */
  keep(account: string, answer: RawAnswer): Promise<void>;
  /** Every answer to the question, pages and failures included, oldest first. @throws EvidenceError `altered` */
  find(question: AnswerQuestion): Promise<{ key: string; answer: RawAnswer; object: Buffer }[]>;
  /**
   * Replaces answers of the account, for good: `change` returns what an answer becomes, the same where it stays, null where
   * it is to go. Reads all that were put at `putSince` (ms) or later. `ofAltered` decides about one that is not what was put,
   * and counts it: it is in no number here.
   */
  rewrite(input: {
    account: string;
    putSince: number;
    change: (answer: RawAnswer) => RawAnswer | null;
    ofAltered: (error: EvidenceError) => 'keep' | 'delete';
    dryRun: boolean;
  }): Promise<{ rewritten: number; deleted: number }>;
};

export function createAnswerRepository(store: EvidenceStore): AnswerRepository {
  const prefixOf = ({ account, endpoint, corpKeyNo, checkId }: AnswerQuestion) =>
    `answers/${keyPart(account)}/${keyPart(corpKeyNo)}/${keyPart(endpoint)}-${keyPart(checkId)}-`;

  return {
    async keep(account, answer) {
      const { endpoint, query, lookup, sentAt } = answer;
      const { corpKeyNo = '', checkId = '', pageIndex = '1' } = query;
      const prefix = prefixOf({ account, endpoint, corpKeyNo, checkId });
      const key = `${prefix}${sentAt}-${keyPart(lookup)}-${keyPart(pageIndex)}.json`;
      await store.put(key, toObject(account, answer));
    },
    async rewrite({ account, putSince, change, ofAltered, dryRun }) {
      const done = { rewritten: 0, deleted: 0 };
      for await (const { key, putAt } of store.list(`answers/${keyPart(account)}/`)) {
        if (putAt < putSince) continue;
        const content = await store.get(key);
        if (!content) continue;
        const object = await buffer(content);
        let before: RawAnswer;
        try {
          before = toRawAnswer(key, object);
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
      const found: Awaited<ReturnType<AnswerRepository['find']>> = [];
      for await (const { key } of store.list(prefixOf(question))) {
        const content = await store.get(key);
        if (!content) continue;
        const object = await buffer(content);
        const answer = toRawAnswer(key, object);
        // One check id may begin with another.
        if (answer.query.checkId === question.checkId) found.push({ key, answer, object });
      }
      return found.sort((a, b) => a.answer.sentAt - b.answer.sentAt);
    },
  };
}

/** When the answer was asked for, by its key, ms. No other part of a key has 13 digits, but for a check id before it. */
export const sentAtOf = (key: string): number | undefined => {
  const time = key.match(/-\d{13}(?=-)/g)?.at(-1);
  return time === undefined ? undefined : Number(time.slice(1));
};

function toObject(account: string, answer: RawAnswer): Uint8Array {
  const { endpoint, query, lookup, status: httpStatus, body, sentAt, receivedAt } = answer;
  const encoding = body === null || isUtf8(body) ? 'utf8' : 'base64';
  const kept: KeptAnswer = {
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

function toRawAnswer(key: string, object: Buffer): RawAnswer {
  let kept: KeptAnswer;
  try {
    kept = keptAnswer.parse(JSON.parse(object.toString()));
  } catch (cause) {
    throw new EvidenceError('altered', `${key} in the evidence store is not what was written`, { cause });
  }
  const body = kept.body === null ? null : Buffer.from(kept.body, kept.encoding);
  if (body && sha256(body) !== kept.sha256) {
    throw new EvidenceError('altered', `${key} in the evidence store was changed: its body has another SHA-256`);
  }
  const { endpoint, query, lookup, httpStatus: status, sentAt, receivedAt } = kept;
  return { endpoint, query, lookup, status, body, sentAt, receivedAt };
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
