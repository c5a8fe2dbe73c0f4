import { LRUCache } from 'lru-cache';
import type { AvroCodec } from 'qcc-core/avro/codec';
import { readCarrier, readPassThroughRecord } from 'qcc-core/avro/pass-through-record';
import { type TraceHeaders, tracing } from 'qcc-core/base/tracing/spans';
import { traceOf } from 'qcc-core/kafka/messages/traced-messages';
import type { FetchedMessage } from 'qcc-core/kafka/wire/fetched-records';
import type { PendingEntry } from '../enrich/decision.ts';

/** Where an entry is. Whoever writes a newer message for the key changes the offset. */
export type EntryLocation = { readonly key: string; offset: number };

/** The entry that was written or read at an offset is not there any more: what is known of the partition is out of date. */
export class EntryMissingError extends Error {
  override readonly name = 'EntryMissingError';
}

/** Entries of one partition of `pending-details`, read when they are needed. */
export type EntryPages = {
  /** Keeps an entry that will be needed soon, as long as there is room. */
  keep(place: EntryLocation, entry: PendingEntry): void;
  /** Reads the newest entry of a place, from memory or from the topic. @throws EntryMissingError, errors of `fetch` */
  read(place: EntryLocation): Promise<PendingEntry>;
  forget(place: EntryLocation): void;
};

/** An entry whose record is a string with one byte per character. It takes only its own bytes, and keeps no buffer of a fetch in memory. */
type KeptEntry = Omit<PendingEntry, 'record'> & { avro: string; trace: TraceHeaders | undefined };
export type EntryCache = LRUCache<EntryLocation, KeptEntry>;

/** Estimated, for an entry without its record. */
const ENTRY_BYTES = 200;

/**
 * The entries that were used last, for all partitions of the instance.
 * @param maxBytes What they may take. An entry that is larger is not kept.
 */
export const createEntryCache = (maxBytes: number): EntryCache =>
  new LRUCache({ maxSize: maxBytes, sizeCalculation: ({ avro }) => avro.length + ENTRY_BYTES });

/**
 * An entry that is not in memory is read with its neighbours on the topic, which are due at about the same time. Only one page is read at
 * a time, for all callers that wait.
 */
export function createEntryPages(deps: {
  cache: EntryCache;
  /** The messages of the partition from an offset on, in their order; at least the one at the offset, if it is there. */
  fetch(offset: number): Promise<readonly FetchedMessage[]>;
  codec: Pick<AvroCodec, 'body'>;
  /** The place of a key that waits. */
  placeOf(key: string): EntryLocation | undefined;
}): EntryPages {
  const { cache } = deps;
  type Wanted = PromiseWithResolvers<PendingEntry | undefined> & { place: EntryLocation };
  /** By offset. */
  const wanted = new Map<number, Wanted>();
  let isReading = false;

  const readPages = async (): Promise<void> => {
    isReading = true;
    while (wanted.size > 0) {
      const offset = Math.min(...wanted.keys());
      const first = wanted.get(offset)!;
      try {
        for (const message of await deps.fetch(offset)) await takeIn(message);
        first.resolve(undefined); // unless it was found
      } catch (error) {
        first.reject(error);
      }
      // Once found, it may be wanted again already.
      if (wanted.get(offset) === first) wanted.delete(offset);
    }
    isReading = false;
  };

  const takeIn = async (message: FetchedMessage): Promise<void> => {
    const { offset: text, key, value, isControlRecord } = message;
    const offset = Number(text);
    const name = key?.toString() ?? '';
    const place = wanted.get(offset)?.place ?? deps.placeOf(name);
    if (place?.key !== name || place.offset !== offset || !value || isControlRecord) return;
    if (cache.has(place) && !wanted.has(offset)) return;
    const entry = readCarrier('pending-details', await deps.codec.body('pending-details', value));
    if (tracing.isOn) entry.record.trace = traceOf(message);
    const kept = pack(entry);
    cache.set(place, kept);
    // Not the entry that was read: it would keep the whole page.
    wanted.get(offset)?.resolve(unpack(kept));
    wanted.delete(offset);
  };

  const readAt = (place: EntryLocation): Promise<PendingEntry | undefined> => {
    const { offset } = place;
    const known = wanted.get(offset);
    if (known) return known.promise;
    const reading: Wanted = { ...Promise.withResolvers<PendingEntry | undefined>(), place };
    wanted.set(offset, reading);
    if (!isReading) void readPages();
    return reading.promise;
  };

  return {
    keep: (place, entry) => void cache.set(place, pack(entry)),
    async read(place) {
      for (;;) {
        const kept = cache.get(place);
        if (kept) return unpack(kept);
        const { offset } = place;
        const entry = await readAt(place);
        if (entry) return entry;
        // Unless a newer message has taken its place meanwhile.
        if (place.offset === offset)
          throw new EntryMissingError(`the entry ${place.key} is not at offset ${offset} of pending-details any more`);
      }
    },
    forget: (place) => void cache.delete(place),
  };
}

const pack = ({ record, ...entry }: PendingEntry): KeptEntry => ({
  ...entry,
  avro: record.avro.toString('latin1'),
  trace: record.trace,
});
const unpack = ({ avro, trace, ...entry }: KeptEntry): PendingEntry => {
  const record = readPassThroughRecord(Buffer.from(avro, 'latin1'));
  return { ...entry, record: trace ? { ...record, trace } : record };
};
