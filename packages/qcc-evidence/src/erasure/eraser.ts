import type { Erasure } from 'qcc-core/contract/domain';
import { changeTexts } from './change-texts.ts';
import { isBorder, isName, nameParts } from './person-name.ts';
import { type ErasureKey, ErasureKeyError } from './subject.ts';

/** The company of a stub, which replaces an erased record in a kept original. The id of the stub ends with the id of the erasure. */
const ERASED_COMPANY = '~erased';
const STUB_ID = /^~erased:([0-9a-f]{32})$/;
/** Replaces an erased name. */
const ERASED_NAME = '※※';

/** The record that takes an erased one's place, so that positions stay what they are. */
export const erasedStub = (erasureId: string): string =>
  JSON.stringify({ id: `~erased:${erasureId}`, corpKeyNo: ERASED_COMPANY, type: '0' });

type Owner = { account: string; corpKeyNo: string | null };

/** Finds what was erased, by its hashes. */
export type Eraser = {
  /** When the newest erasure was decided, ms; 0 where there is none. */
  readonly newestAt: number;
  /** Whether texts have to be looked through at all. */
  readonly erasesNames: boolean;
  /** The id of the erasure that covers all of the company's records; null where none does. */
  covers(record: Owner & { id?: string }): string | null;
  /**
   * Returns the text without erased names. It finds names that are plain or escaped as in JSON, with composed or decomposed letters.
   * In JSON, it removes names only from values, but not from values that are keys or codes.
   */
  redact(owner: Owner, text: string): string;
  /** Whether bytes, read as text, contain an erased name. It ignores borders of words, because the length before a text may be a letter. */
  namesIn(owner: Owner, text: string): boolean;
};

/** Nothing was erased. */
export const NO_ERASURES: Eraser = {
  newestAt: 0,
  erasesNames: false,
  covers: stubErasure,
  redact: (_owner, text) => text,
  namesIn: () => false,
};

/**
 * @param key may be absent while nothing is erased.
 * @throws ErasureKeyError if there are erasures that were not made with this key.
 */
export function createEraser(key: ErasureKey | null, erasures: Iterable<Erasure>): Eraser {
  const all = [...erasures];
  if (all.length === 0) return NO_ERASURES;
  const foreign = all.find(({ keyId }) => keyId !== key?.keyId);
  if (!key || foreign) {
    throw new ErasureKeyError(
      `${all.length} erasures were made with ERASURE_KEY ${foreign?.keyId}, this is ${key ? `key ${key.keyId}` : 'none'}: set the key they were made with, so that what was erased does not come back`,
    );
  }
  const companies = new Map<string, string>();
  const names = new Map<string, Set<string>>();
  const lengths = new Set<number>();
  for (const { id, companyHash, nameHash, nameLength } of all) {
    if (nameHash === null || nameLength === null) {
      if (companyHash !== null) companies.set(companyHash, id);
      continue;
    }
    const scope = companyHash ?? ANY_COMPANY;
    names.set(scope, (names.get(scope) ?? new Set()).add(nameHash));
    lengths.add(nameLength);
  }
  const longestFirst = [...lengths].sort((a, b) => b - a);
  const hash = remember((kind, account, text) => key.hash(kind, account, text));
  const namesOf = ({ account, corpKeyNo }: Owner): ((name: string) => boolean) | null => {
    const own = corpKeyNo === null ? undefined : names.get(hash('company', account, corpKeyNo));
    const everywhere = names.get(ANY_COMPANY);
    if (!own && !everywhere) return null;
    return (name) => {
      const digest = hash('name', account, name);
      return Boolean(own?.has(digest) || everywhere?.has(digest));
    };
  };

  return {
    newestAt: Math.max(...all.map(({ at }) => at)),
    erasesNames: names.size > 0,
    covers(record) {
      if (record.corpKeyNo === null) return null;
      return stubErasure(record) ?? companies.get(hash('company', record.account, record.corpKeyNo)) ?? null;
    },
    redact(owner, text) {
      const isErased = namesOf(owner);
      return isErased ? changeTexts(text, (each) => replaceNames(each, longestFirst, isErased)) : text;
    },
    namesIn(owner, text) {
      const isErased = namesOf(owner);
      return isErased !== null && replaceNames(text, longestFirst, isErased, () => true) !== text;
    },
  };
}

const ANY_COMPANY = '';

function stubErasure({ corpKeyNo, id = '' }: Owner & { id?: string }): string | null {
  return corpKeyNo === ERASED_COMPANY ? (STUB_ID.exec(id)?.[1] ?? null) : null;
}

function replaceNames(
  text: string,
  lengths: readonly number[],
  isErased: (name: string) => boolean,
  mayBorder = isBorder,
): string {
  const parts = nameParts(text);
  let result = '';
  let isChanged = false;
  for (let at = 0; at < parts.length; ) {
    const length = lengths.find((each) => {
      const end = at + each;
      if (end > parts.length || !mayBorder(parts[at - 1], parts[at]) || !mayBorder(parts[end - 1], parts[end]))
        return false;
      const name = parts
        .slice(at, end)
        .map(({ folded }) => folded)
        .join('');
      return isName(name) && isErased(name);
    });
    isChanged ||= length !== undefined;
    result += length === undefined ? parts[at]!.source : ERASED_NAME;
    at += length ?? 1;
  }
  return isChanged ? result : text;
}

const MOST_REMEMBERED = 100_000;

/** Caches hashes, because texts repeat, and hashing every part of each is slow. The texts themselves are only in memory. */
function remember(hash: ErasureKey['hash']): ErasureKey['hash'] {
  const known = new Map<string, string>();
  return (kind, account, text) => {
    const question = `${kind}\0${account}\0${text}`;
    const before = known.get(question);
    if (before !== undefined) return before;
    if (known.size >= MOST_REMEMBERED) known.clear();
    const digest = hash(kind, account, text);
    known.set(question, digest);
    return digest;
  };
}
