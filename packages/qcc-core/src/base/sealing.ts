import { createCipheriv, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { compactDecrypt, decodeProtectedHeader } from 'jose';

/** What a sealed text belongs to; it opens nowhere else. */
export type SealingContext = { account: string; orderNo: string; field: string };

export type Sealer = {
  /** → compact JWE (RFC 7516: dir, A256GCM) whose protected header names the key and the context, in clear. */
  seal(plaintext: string, context: SealingContext): Promise<string>;
  /** @throws SealingError */
  open(sealed: string, context: SealingContext): Promise<string>;
};

/**
 * - `unusable-setting`: the setting is wrong; the message says which entry and why
 * - `unknown-key`: sealed with a key this service was not given: the environment's fault, wait for the key
 * - `tampered`: not what was sealed: the message's fault
 * - `wrong-context`: sealed for another account, order or field: the message's fault
 *
 * Messages name kid and context, never keys or texts.
 */
export type SealingProblem = 'unusable-setting' | 'unknown-key' | 'tampered' | 'wrong-context';

/** A setting that cannot seal, or a text that does not open; `kind` says whose fault it is. */
export class SealingError extends Error {
  override readonly name = 'SealingError';
  readonly kind: SealingProblem;
  constructor(kind: SealingProblem, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.kind = kind;
  }
}

const KEY_BYTES = 32;
const BARE_KID = '1';

/**
 * Seals short secrets (links, passwords) for the way over the topics.
 * @param setting `kid:base64` of 32 bytes, comma-separated: the first seals, all open, so a key is rotated by putting the
 * new one in front. A bare base64 has kid `1`.
 * @throws SealingError `unusable-setting`
 */
export function createSealer(setting: string): Sealer {
  const keys = parseKeys(setting);
  const [[sealingKid, sealingKey]] = keys as [[string, KeyObject]];
  const keyOf = new Map(keys);
  return {
    seal: async (plaintext, { account, orderNo, field }) =>
      encryptCompact(plaintext, { alg: 'dir', enc: 'A256GCM', kid: sealingKid, account, orderNo, field }, sealingKey),

    async open(sealed, context) {
      const where = `${context.field} of order ${context.orderNo}`;
      const kid = readKid(sealed);
      if (kid === null) throw new SealingError('tampered', `the sealed ${where} is not a compact JWE with a kid`);
      const key = keyOf.get(kid);
      if (!key) {
        throw new SealingError(
          'unknown-key',
          `the ${where} is sealed with key ${JSON.stringify(kid)}, which SEALING_KEY does not hold: add it behind the others`,
        );
      }
      if (!isCanonical(sealed)) throw new SealingError('tampered', `the sealed ${where} is not as it was written`);
      const { plaintext, protectedHeader } = await compactDecrypt(sealed, key, {
        keyManagementAlgorithms: ['dir'],
        contentEncryptionAlgorithms: ['A256GCM'],
      }).catch((cause: unknown) => {
        throw new SealingError('tampered', `the sealed ${where} does not open with key ${JSON.stringify(kid)}`, cause);
      });
      for (const name of ['account', 'orderNo', 'field'] as const) {
        if (protectedHeader[name] !== context[name]) {
          throw new SealingError('wrong-context', `the sealed ${where} was sealed for another ${name}`);
        }
      }
      return new TextDecoder().decode(plaintext);
    },
  };
}

/**
 * Makes a compact JWE (RFC 7516, 5.1) with `dir` and `A256GCM`, the only kind that is written here. jose opens it, but does not make
 * it: jose encrypts in a thread of WebCrypto, which took a quarter of the gateway's time for a callback.
 */
function encryptCompact(plaintext: string, header: object, key: KeyObject): string {
  const protectedHeader = Buffer.from(JSON.stringify(header)).toString('base64url');
  const nonce = nextNonce();
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(protectedHeader, 'ascii'));
  const ciphertext = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()]);
  // No encrypted key stands between header and nonce: `dir` has none.
  const parts = [nonce, ciphertext, cipher.getAuthTag()].map((part) => part.toString('base64url'));
  return `${protectedHeader}..${parts.join('.')}`;
}

const NONCE_BYTES = 12;
let nonces = Buffer.alloc(0);

/** Draws a hundred nonces at a time, because a call to the system's generator takes as long as encrypting a link. */
function nextNonce(): Buffer {
  if (nonces.length === 0) nonces = randomBytes(100 * NONCE_BYTES);
  const nonce = nonces.subarray(0, NONCE_BYTES);
  nonces = nonces.subarray(NONCE_BYTES);
  return nonce;
}

/** Returns the id of the key that a sealed text names; null if it names none. It does not check whether that key opens the text. */
export function readKid(sealed: string): string | null {
  try {
    return decodeProtectedHeader(sealed).kid ?? null;
  } catch {
    return null;
  }
}

/** The last character of a base64url text has spare bits that decoders ignore; a changed one would open all the same. */
const isCanonical = (sealed: string): boolean =>
  sealed.split('.').every((part) => Buffer.from(part, 'base64url').toString('base64url') === part);

function parseKeys(setting: string): (readonly [string, KeyObject])[] {
  const keys = setting.split(',').map((entry, index) => parseKey(entry.trim(), `SEALING_KEY, entry ${index + 1}`));
  const kids = keys.map(([kid]) => kid);
  const repeated = kids.find((kid, index) => kids.indexOf(kid) !== index);
  if (repeated !== undefined) {
    throw new SealingError(
      'unusable-setting',
      `SEALING_KEY has kid ${JSON.stringify(repeated)} twice: give each key its own`,
    );
  }
  return keys;
}

function parseKey(entry: string, where: string): readonly [string, KeyObject] {
  const [, kid = BARE_KID, text] = /^(?:([\w.-]+):)?([^:]*)$/.exec(entry) ?? [];
  if (text === undefined) throw new SealingError('unusable-setting', `${where} is not kid:base64`);
  const key = Buffer.from(text, 'base64');
  if (key.toString('base64').replace(/=+$/, '') !== text.replace(/=+$/, '')) {
    throw new SealingError('unusable-setting', `${where} is not base64`);
  }
  if (key.length !== KEY_BYTES) {
    throw new SealingError(
      'unusable-setting',
      `${where} has ${key.length} bytes instead of ${KEY_BYTES}: make one with \`openssl rand -base64 32\``,
    );
  }
  return [kid, createSecretKey(key)];
}
