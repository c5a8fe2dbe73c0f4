const MASK = '[redacted]';
/** What is shorter stands everywhere by chance; masking it would shred the text and tell nothing less. */
const SHORTEST_SECRET = 4;

/** Names of parameters and fields whose values are secrets: signatures, passwords, tokens, as OSS, S3 and QCC call them. */
const NAMES = '[\\w-]*(?:signature|token|password|secret(?:key)?|accesskeyid)';
/** A whole name, also where it follows an encoded `?` or `&` inside another parameter. `key` alone counts in queries. */
const QUERY_NAME = `(?<![\\w-])(?:${NAMES}|(?:(?:25)*(?:26|3F))?key)`;

const PLAIN_PARAMETER = new RegExp(`(${QUERY_NAME}=)[^&\\s"'\\\\<>]+`, 'gi');
/** A link inside a parameter, encoded once or more: its value ends where the encoded `&` of the same depth stands. */
const ENCODED_PARAMETER = new RegExp(`(${QUERY_NAME}%(?<depth>(?:25)*)3D)(?:(?!%\\k<depth>26)[^&\\s"'\\\\<>])+`, 'gi');
/** A field of JSON, or of JSON inside a JSON string; the document's odd blanks included. */
const JSON_FIELD = new RegExp(`((?<![\\w-])${NAMES}\\s*\\\\*"\\s*:\\s*\\\\*")[^"\\\\]+`, 'gi');

/** Masks what signs or opens something in a text: parameters of links, plain or encoded, and fields of JSON. */
export function redactUrl(text: string): string {
  return text
    .replace(PLAIN_PARAMETER, `$1${MASK}`)
    .replace(ENCODED_PARAMETER, `$1${MASK}`)
    .replace(JSON_FIELD, `$1${MASK}`);
}

/**
 * A function that masks the given secrets wherever they stand in a text (as they are, percent-encoded, or escaped for
 * JSON once or twice), and everything redactUrl masks. Secrets of fewer than four characters are left alone.
 */
export function createRedactor(secrets: readonly string[]): (text: string) => string {
  const forms = secrets
    .filter((secret) => secret.length >= SHORTEST_SECRET)
    .flatMap((secret) => [
      secret,
      encodeURIComponent(secret),
      new URLSearchParams({ '': secret }).toString().slice(1),
      escapeForJson(secret),
      escapeForJson(escapeForJson(secret)),
    ]);
  // The longest first: a secret may stand inside another one.
  const alternatives = [...new Set(forms)].sort((a, b) => b.length - a.length).map((form) => RegExp.escape(form));
  if (alternatives.length === 0) return redactUrl;
  const pattern = new RegExp(alternatives.join('|'), 'g');
  return (text) => redactUrl(text.replace(pattern, MASK));
}

const escapeForJson = (text: string): string => JSON.stringify(text).slice(1, -1);
