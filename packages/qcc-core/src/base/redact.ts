const MASK = '[redacted]';
/** Shorter secrets occur everywhere by chance. Masking them would make the text unreadable and hide nothing. */
const SHORTEST_SECRET = 4;

/** Names of parameters and fields whose values are secrets: signatures, passwords, tokens, as OSS, S3 and QCC call them. */
const NAMES = '[\\w-]*(?:signature|token|password|secret(?:key)?|accesskeyid)';
/** A whole name, also after an encoded `?` or `&` inside another parameter. In queries, `key` alone is a secret name, too. */
const QUERY_NAME = `(?<![\\w-])(?:${NAMES}|(?:(?:25)*(?:26|3F))?key)`;

const PLAIN_PARAMETER = new RegExp(`(${QUERY_NAME}=)[^&\\s"'\\\\<>]+`, 'gi');
/** A parameter of a link that is itself a parameter, encoded once or more. Its value ends at an `&` that is encoded as often. */
const ENCODED_PARAMETER = new RegExp(`(${QUERY_NAME}%(?<depth>(?:25)*)3D)(?:(?!%\\k<depth>26)[^&\\s"'\\\\<>])+`, 'gi');
/**
 * A field of JSON, or of JSON inside a JSON string, also with the odd blanks of the document's examples. A text ends at a quote
 * after as many backslashes as its first quote has, not counting escaped ones.
 */
const JSON_FIELD = new RegExp(
  [
    `((?<![\\w-])${NAMES}\\s*\\\\*"\\s*:\\s*(?:(?<open>\\\\*)")?)`,
    String.raw`(?:(?<=")(?:[^"\\]|\k<open>\k<open>\\\\|\\+(?=[^"\\])|\k<open>\\+")+|-?\d[\w.+-]*)`,
  ].join(''),
  'gi',
);

/** Masks signatures, keys and passwords in a text: in parameters of links, plain or encoded, and in fields of JSON. */
export function redactUrl(text: string): string {
  return text
    .replace(PLAIN_PARAMETER, `$1${MASK}`)
    .replace(ENCODED_PARAMETER, `$1${MASK}`)
    .replace(JSON_FIELD, `$1${MASK}`);
}

/** Returns a function that masks the secrets like `createMask`, and everything that `redactUrl` masks. A set may grow later. */
export function createRedactor(secrets: readonly string[] | ReadonlySet<string>): (text: string) => string {
  let mask = createMask([...secrets]);
  if (!(secrets instanceof Set)) return (text) => redactUrl(mask(text));
  let { size } = secrets;
  return (text) => {
    if (secrets.size !== size) {
      mask = createMask([...secrets]);
      size = secrets.size;
    }
    return redactUrl(mask(text));
  };
}

/**
 * Returns a function that masks the secrets anywhere in a text, regardless of case. Each character may be plain,
 * percent-encoded, or escaped for JSON (quotes, slashes, `\u`) or HTML, also several times and mixed. A secret of digits is also
 * masked as a number. Secrets of fewer than four characters are not masked.
 */
export function createMask(secrets: readonly string[]): (text: string) => string {
  const known = [...new Set(secrets)].filter((secret) => secret.length >= SHORTEST_SECRET);
  if (known.length === 0) return (text) => text;
  // The longest first, because a secret may contain another one.
  known.sort((a, b) => b.length - a.length);
  const patternOf = (formOf: (character: string) => string): RegExp =>
    new RegExp(known.map((secret) => Array.from(secret, formOf).join('')).join('|'), 'gi');
  // Each request to QCC has its own token, so it needs a new mask. Compiling the pattern of all forms takes 8 ms. A text without escapes
  // needs only the plain pattern. Each pattern is therefore compiled when a text first needs it.
  let plain: RegExp | undefined;
  let escaped: RegExp | undefined;
  const patternFor = (text: string): RegExp => {
    if (ESCAPE.test(text)) {
      escaped ??= patternOf(anyFormOf);
      return escaped;
    }
    plain ??= patternOf(plainFormOf);
    return plain;
  };
  const numbers = new Set(
    known.filter((secret) => /^\d+$/.test(secret) && String(Number(secret)).length >= SHORTEST_SECRET).map(Number),
  );
  const maskNumbers = (text: string) =>
    numbers.size === 0 ? text : text.replace(NUMBER, (number) => (numbers.has(Number(number)) ? MASK : number));
  return (text) => {
    const rest = maskNumbers(text);
    return rest.replace(patternFor(rest), MASK);
  };
}

/** Each encoded or escaped form of a character contains one of these. */
const ESCAPE = /[%\\&]/;

const NUMBER = /(?<![\w.])\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w.])/gi;

const HTML_NAMES: Readonly<Record<string, string>> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": 'apos' };
const JSON_LETTERS: Readonly<Record<string, string>> = { '\b': 'b', '\f': 'f', '\n': 'n', '\r': 'r', '\t': 't' };
/** Enough for three levels of escaping. Without a bound, the time for a long run of backslashes would grow with its square. */
const BACKSLASHES = String.raw`\\{1,8}`;

/** Returns a pattern for the forms that a character can have in a text without escapes. */
function plainFormOf(character: string): string {
  const utf8 = Buffer.from(character);
  const forms = [
    // In a text that was decoded as Latin-1, each byte of the character is a character.
    ...(utf8.length > 1 ? [RegExp.escape(utf8.toString('latin1'))] : []),
    ...(character === ' ' ? ['\\+'] : []),
    RegExp.escape(character),
  ];
  return `(?:${forms.join('|')})`;
}

/** A pattern for one character, however it is encoded or escaped. Ends of escapes are kept together, so that JSON stays JSON. */
function anyFormOf(character: string): string {
  const utf8 = Buffer.from(character);
  const percent = Array.from(utf8, (byte) => `%(?:25){0,4}${hex(byte, 2)}`).join('');
  const unicode = character.split('').map((unit) => `${BACKSLASHES}u${hex(unit.charCodeAt(0), 4)}`);
  const codePoint = character.codePointAt(0)!;
  const forms = [
    percent,
    unicode.join(''),
    `&#(?:0{0,5}${codePoint}|x0{0,5}${codePoint.toString(16)});`,
    ...(character === ' ' ? ['%(?:25){0,4}2B'] : []),
    ...(character in HTML_NAMES ? [`&${HTML_NAMES[character]};`] : []),
    ...(character in JSON_LETTERS ? [`${BACKSLASHES}${JSON_LETTERS[character]}`] : []),
    ...(character === '\\' ? [String.raw`(?:\\{2}){1,4}`] : []),
    ...(character === '"' || character === '/' ? [`${BACKSLASHES}${character}`] : []),
    plainFormOf(character),
  ];
  return `(?:${forms.join('|')})`;
}

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');

/** A string or a number of JSON; names are strings too. */
const JSON_TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g;

/** Masks secrets in JSON, which stays valid: a number that is a secret becomes a string. */
export function redactJson(text: string, redact: (text: string) => string): string {
  // Most texts contain no secret, so none of their tokens does.
  if (redact(text) === text) return text;
  return text.replace(JSON_TOKEN, (token) => {
    const masked = redact(token);
    if (token.startsWith('"')) return masked;
    return masked === MASK ? `"${MASK}"` : token;
  });
}

/** Whether a text is JSON as a whole. */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
