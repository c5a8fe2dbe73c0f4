import { createHmac } from 'node:crypto';
import type { Erasure } from 'qcc-core/contract/domain';
import { foldName, nameParts } from './person-name.ts';

/** What is to be erased: a company with all its records, a person's name everywhere, or a name in one company's records. */
export type ErasureSubject = { account: string; company?: string | undefined; person?: string | undefined };

/** ERASURE_KEY is missing, or is not the one that erasures were made with: a person has to set it. */
export class ErasureKeyError extends Error {
  override readonly name = 'ErasureKeyError';
}

/** Hashes texts that must not be stored. The same text has the same hash within an account, and another one in another account. */
export type ErasureKey = {
  /** Identifies the key, and reveals nothing of it. */
  readonly keyId: string;
  hash(kind: 'company' | 'name', account: string, text: string): string;
  /** The fields of an erasure that stand for its subject. */
  describe(
    subject: ErasureSubject,
  ): Pick<Erasure, 'account' | 'id' | 'companyHash' | 'nameHash' | 'nameLength' | 'keyId'>;
};

/**
 * @param setting 32 bytes as base64. Names are few and short: whoever has the key can try them all.
 * @throws ErasureKeyError
 */
export function createErasureKey(setting: string): ErasureKey {
  const key = Buffer.from(setting, 'base64');
  if (key.length !== 32) {
    throw new ErasureKeyError('ERASURE_KEY is not 32 bytes as base64: make one with `openssl rand -base64 32`');
  }
  const hmac = (parts: readonly (string | null)[]) =>
    createHmac('sha256', key).update(JSON.stringify(parts)).digest('hex');
  const keyId = hmac(['key']).slice(0, 16);
  const hash: ErasureKey['hash'] = (kind, account, text) => hmac([kind, account, text]);
  return {
    keyId,
    hash,
    describe({ account, company, person }) {
      const name = person === undefined ? null : foldName(person);
      return {
        account,
        id: hmac(['erasure', account, company ?? null, name]).slice(0, 32),
        companyHash: company === undefined ? null : hash('company', account, company),
        nameHash: name === null ? null : hash('name', account, name),
        nameLength: name === null ? null : nameParts(name).length,
        keyId,
      };
    },
  };
}

const CORP_KEY_NO = /"\s*corpKeyNo\s*"\s*:\s*"([^"\\]+)"/;

/** The company that a text names, if it is JSON, complete or not; null if it names none. */
export const namedCompany = (text: string): string | null => CORP_KEY_NO.exec(text)?.[1] ?? null;
