import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { EvidenceError, type EvidenceObject, type EvidenceStore, keyPart, parseKept } from './store.ts';

const keptArchive = z.object({
  account: z.string(),
  orderNo: z.string(),
  /** Of the encrypted archive as delivered, lower-case hex. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.number(),
  /** By the sealer, in the context of account and order, field `unzipPassword`. */
  sealedUnzipPassword: z.string(),
  entryName: z.string(),
  otherEntries: z.array(z.string()),
  plaintextSha256: z.string(),
  /** Milliseconds since the epoch, as are the other times. */
  pushDate: z.number(),
  declared: z.number().nullable(),
  elements: z.number(),
  rejected: z.number(),
  unconfirmed: z.boolean(),
  keptAt: z.number(),
  /** What it was replaced with when something was erased from it; the newest last. */
  rewrites: z.array(z.object({ sha256: z.string(), bytes: z.number(), at: z.number() })).optional(),
  /** Nothing that was erased up to this time is in it any more. */
  erasedUntil: z.number().optional(),
});
/** An archive as it was delivered, and what was found in it. Its password is sealed. `sha256` stays the delivered one's. */
export type KeptArchive = z.output<typeof keptArchive>;

const keptExtraction = z.object({
  account: z.string(),
  orderNo: z.string(),
  revision: z.number(),
  /** The first position that this attempt published. An earlier attempt published the positions before it. */
  firstPosition: z.number(),
  archiveSha256: z.string(),
  source: z.string(),
  receivedAt: z.number(),
  startedAt: z.number(),
});
/** Which archive a revision, or the rest of one, was made from. */
export type KeptExtraction = z.output<typeof keptExtraction>;

const keptRefusal = keptArchive
  .pick({
    account: true,
    orderNo: true,
    sha256: true,
    bytes: true,
    sealedUnzipPassword: true,
    keptAt: true,
    rewrites: true,
    erasedUntil: true,
  })
  .extend({
    /** The reason of its dead letter. */
    reason: z.string(),
    /** Set if an erasure deleted the archive because it could not be searched: the time of that erasure. Only this note is left. */
    deletedFor: z.number().optional(),
  });
/** An archive as it was delivered, of which nothing could be published. */
export type KeptRefusal = z.output<typeof keptRefusal>;

const keptDiscard = z.object({
  account: z.string(),
  orderNo: z.string(),
  revision: z.number(),
  positions: z.array(z.number()).min(1),
  who: z.string(),
  why: z.string(),
  at: z.number(),
});
/** A person's decision that records of a revision which were rejected will not be stored. */
export type KeptDiscard = z.output<typeof keptDiscard>;

export type KeptOrder = {
  orderNo: string;
  archives: KeptArchive[];
  extractions: KeptExtraction[];
  /** By the time they were kept. */
  refusals: KeptRefusal[];
  /** By the time they were decided. */
  discards: KeptDiscard[];
};

/** The context of a sealed archive password. */
export const passwordContext = ({ account, orderNo }: { account: string; orderNo: string }) => ({
  account,
  orderNo,
  field: 'unzipPassword',
});

/** The archives in an evidence store, under `archives/ACCOUNT/ORDER/`. */
export type ArchiveRepository = {
  /** Resolves once the archive is durable. If it is already stored completely, it is not written again. */
  keepArchive(archive: KeptArchive, file: string): Promise<void>;
  /** Notes that a signed fetch has confirmed an archive from a callback's link. */
  confirmArchive(archive: KeptArchive): Promise<void>;
  keepExtraction(extraction: KeptExtraction): Promise<void>;
  /**
   * Like `keepArchive`, for an archive that could not be read: a corrected parser may read it. QCC may build the same archive
   * again with another salt, and so with another hash. So the archive is not kept if the order has a note of a refused one with the same
   * reason and length, even if that one was deleted.
   */
  keepRefusal(refusal: KeptRefusal, file: string): Promise<void>;
  /** Resolves once the decision is durable. @returns false if nothing of the order is kept: then the decision is not kept either. */
  keepDiscard(discard: KeptDiscard): Promise<boolean>;
  /** Null if nothing of the order is kept. Extractions are sorted by revision and position. */
  findOrder(account: string, orderNo: string): Promise<KeptOrder | null>;
  /**
   * Every order of which something is kept. With `onAltered`, it skips an order whose notes were altered, and passes on the error.
   * @throws EvidenceError `altered` without `onAltered`.
   */
  orders(account: string, onAltered?: (error: EvidenceError) => void): AsyncGenerator<KeptOrder, void, undefined>;
  /**
   * The first and the last archive that was put on each day (UTC), read or refused. They represent years of archives, without
   * reading all of them.
   */
  firstAndLastOfDays(account: string): AsyncGenerator<KeptArchive | KeptRefusal, void, undefined>;
  /**
   * Copies an archive to a file, and checks its hash.
   * @returns hash and length of the copied archive: the delivered one or a rewrite.
   * @throws EvidenceError `altered` if it is missing, or its hash is neither that of the delivered one nor that of a rewrite.
   */
  copyArchive(
    archive: Pick<KeptArchive, 'account' | 'orderNo' | 'sha256' | 'bytes' | 'rewrites'>,
    toFile: string,
  ): Promise<{ sha256: string; bytes: number }>;
  /**
   * Replaces the archive for good, if `by` is given. With or without it, notes that nothing that was erased until `erasedUntil` is in
   * the archive. If it is interrupted, it can be repeated: each state in between can be read.
   */
  replaceArchive(
    archive: KeptArchive | KeptRefusal,
    by: { file: string; sha256: string; bytes: number } | null,
    erasedUntil: number,
  ): Promise<void>;
  /**
   * Deletes an archive that cannot be read any more. The note of a refused archive stays, so that it is not kept again. The note of
   * an archive that was read is deleted, so that a replay keeps it again. It can be repeated.
   */
  deleteArchive(archive: KeptArchive | KeptRefusal, erasedUntil: number): Promise<void>;
};

export function createArchiveRepository(store: EvidenceStore): ArchiveRepository {
  const folderOf = (account: string, orderNo: string) => `archives/${keyPart(account)}/${keyPart(orderNo)}/`;
  const archiveKey = ({ account, orderNo, sha256 }: Pick<KeptArchive, 'account' | 'orderNo' | 'sha256'>) =>
    `${folderOf(account, orderNo)}${sha256}`;
  const noteKey = (kept: KeptArchive | KeptRefusal) =>
    'reason' in kept
      ? `${folderOf(kept.account, kept.orderNo)}refusal-${kept.sha256}.json`
      : `${archiveKey(kept)}.json`;

  const keysOf = async (account: string, orderNo: string): Promise<string[]> =>
    (await Array.fromAsync(store.list(folderOf(account, orderNo)))).map(({ key }) => key);

  const readFolder = async (keys: readonly string[]): Promise<KeptOrder | null> => {
    const archives: KeptArchive[] = [];
    const extractions: KeptExtraction[] = [];
    const refusals: KeptRefusal[] = [];
    const discards: KeptDiscard[] = [];
    for (const key of keys.filter((each) => each.endsWith('.json'))) {
      const json = await readJson(store, key);
      if (json === null) continue;
      if (isExtraction(key)) extractions.push(parseKept(keptExtraction, key, json));
      else if (nameOf(key).startsWith('refusal-')) refusals.push(parseKept(keptRefusal, key, json));
      else if (nameOf(key).startsWith('discard-')) discards.push(parseKept(keptDiscard, key, json));
      else archives.push(parseKept(keptArchive, key, json));
    }
    const orderNo = (archives[0] ?? extractions[0] ?? refusals[0])?.orderNo;
    if (orderNo === undefined) return null;
    extractions.sort((a, b) => a.revision - b.revision || a.firstPosition - b.firstPosition);
    refusals.sort((a, b) => a.keptAt - b.keptAt);
    discards.sort((a, b) => a.at - b.at);
    return { orderNo, archives, extractions, refusals, discards };
  };

  return {
    async keepArchive(archive, file) {
      const key = archiveKey(archive);
      // The note is written after the archive: if the note exists, the archive is complete.
      if (await store.has(`${key}.json`)) return;
      await store.put(`${key}.zip`, { file, bytes: archive.bytes, sha256: archive.sha256 });
      await store.put(`${key}.json`, toJson(archive));
    },
    async confirmArchive(archive) {
      if (archive.unconfirmed) await store.put(noteKey(archive), toJson({ ...archive, unconfirmed: false }));
    },
    keepExtraction(extraction) {
      const { account, orderNo, revision, firstPosition } = extraction;
      return store.put(`${folderOf(account, orderNo)}extraction-${revision}-${firstPosition}.json`, toJson(extraction));
    },
    async keepRefusal(refusal, file) {
      const { account, orderNo, reason, bytes } = refusal;
      if (await store.has(noteKey(refusal))) return;
      const kept = await readFolder(await keysOf(account, orderNo));
      if (kept?.refusals.some((each) => each.reason === reason && each.bytes === bytes)) return;
      await store.put(`${archiveKey(refusal)}.zip`, { file, bytes: refusal.bytes, sha256: refusal.sha256 });
      await store.put(noteKey(refusal), toJson(refusal));
    },
    async keepDiscard(discard) {
      const { account, orderNo, revision, positions, at } = discard;
      const folder = folderOf(account, orderNo);
      for await (const _object of store.list(folder)) {
        await store.put(`${folder}discard-${revision}-${at}-${positions[0]}.json`, toJson(discard));
        return true;
      }
      return false;
    },
    findOrder: async (account, orderNo) => await readFolder(await keysOf(account, orderNo)),
    async *orders(account, onAltered) {
      let folder = '';
      let keys: string[] = [];
      const readOrTell = (of: readonly string[]) =>
        readFolder(of).catch((error: unknown) => {
          if (!onAltered || !(error instanceof EvidenceError) || error.kind !== 'altered') throw error;
          onAltered(error);
          return null;
        });
      for await (const { key } of store.list(`archives/${keyPart(account)}/`)) {
        const own = key.slice(0, key.lastIndexOf('/'));
        if (own !== folder) {
          const order = await readOrTell(keys);
          if (order) yield order;
          folder = own;
          keys = [];
        }
        keys.push(key);
      }
      const last = await readOrTell(keys);
      if (last) yield last;
    },
    async *firstAndLastOfDays(account) {
      const days = new Map<string, { first: EvidenceObject; last: EvidenceObject }>();
      for await (const object of store.list(`archives/${keyPart(account)}/`)) {
        // The times of notes do not count, because an erasure writes each of them again.
        if (!object.key.endsWith('.zip')) continue;
        const day = new Date(object.putAt).toISOString().slice(0, 10);
        const { first, last } = days.get(day) ?? { first: object, last: object };
        days.set(day, {
          first: object.putAt < first.putAt ? object : first,
          last: object.putAt > last.putAt ? object : last,
        });
      }
      for (const { first, last } of days.values()) {
        for (const { key } of first === last ? [first] : [first, last]) {
          const note = key.replace(/zip$/, 'json');
          const noteOfRefused = note.replace(/[^/]+$/, 'refusal-$&');
          const json = await readJson(store, note);
          const refused = json === null ? await readJson(store, noteOfRefused) : null;
          if (json !== null) yield parseKept(keptArchive, note, json);
          else if (refused !== null) yield parseKept(keptRefusal, noteOfRefused, refused);
        }
      }
    },
    async copyArchive(archive, toFile) {
      const key = `${archiveKey(archive)}.zip`;
      const content = await store.get(key);
      if (!content) throw new EvidenceError('altered', `${store.place} does not hold ${key} any more`);
      const hash = createHash('sha256');
      await pipeline(
        content,
        async function* (chunks: AsyncIterable<Buffer>) {
          for await (const chunk of chunks) {
            hash.update(chunk);
            yield chunk;
          }
        },
        createWriteStream(toFile, { mode: 0o600 }),
      );
      const digest = hash.digest('hex');
      const copied = [archive, ...(archive.rewrites ?? [])].find(({ sha256 }) => sha256 === digest);
      if (!copied) {
        throw new EvidenceError('altered', `${key} in ${store.place} is not what was kept: its SHA-256 is another`);
      }
      return { sha256: digest, bytes: copied.bytes };
    },
    async replaceArchive(archive, by, erasedUntil) {
      const rewrites = [...(archive.rewrites ?? [])];
      if (by) {
        const { file, sha256, bytes } = by;
        rewrites.push({ sha256, bytes, at: erasedUntil });
        await store.put(noteKey(archive), toJson({ ...archive, rewrites }));
        await store.put(`${archiveKey(archive)}.zip`, { file, sha256, bytes });
      }
      await store.put(noteKey(archive), toJson({ ...archive, ...(rewrites.length > 0 && { rewrites }), erasedUntil }));
    },
    async deleteArchive(archive, erasedUntil) {
      const isRefused = 'reason' in archive;
      if (isRefused && archive.deletedFor === undefined) {
        await store.put(noteKey(archive), toJson({ ...archive, deletedFor: erasedUntil }));
      }
      await store.delete(`${archiveKey(archive)}.zip`);
      if (!isRefused) await store.delete(noteKey(archive));
    },
  };
}

/** Whether an object is the note of an extraction. These are never written again. */
export const isExtraction = (key: string): boolean => nameOf(key).startsWith('extraction-');

/** Of the object alone: an order's number is a folder, and may be any word. */
const nameOf = (key: string): string => key.slice(key.lastIndexOf('/') + 1);

/** The SHA-256 of the archive that an object is, or is the note of, by its key. */
export const hashOf = (key: string): string | undefined => /([0-9a-f]{64})\.(?:zip|json)$/.exec(key)?.[1];

/** When the archive of a note was kept, ms; null if that cannot be read. */
export async function readKeptAt(store: EvidenceStore, key: string): Promise<number | null> {
  const json = await readJson(store, key);
  try {
    return json === null ? null : z.object({ keptAt: z.number() }).parse(JSON.parse(json)).keptAt;
  } catch {
    return null;
  }
}

const toJson = (value: object): Uint8Array => Buffer.from(`${JSON.stringify(value, undefined, 2)}\n`);

async function readJson(store: EvidenceStore, key: string): Promise<string | null> {
  const content = await store.get(key);
  return content && (await buffer(content)).toString();
}
