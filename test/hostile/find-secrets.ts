/** Something that a secret may have got into: a file, a topic, a table, a page, what a process printed. */
export type SearchedText = { name: string; bytes: Buffer };

/** A link's signature that was not masked, plain or encoded once or twice. */
const SIGNATURE = /Signature(?:=|%3D|%253D)(?!\[redacted|%5Bredacted)[\w%+/]{8}/i;

/**
 * Looks for secrets in places: as they are, percent-encoded, as JSON's code units, in hexadecimal and in base64 at each
 * alignment.
 * @returns what was found where, in words, without the secret.
 */
export function findSecrets(places: readonly SearchedText[], secrets: ReadonlyMap<string, string>): string[] {
  const needles = [...secrets].flatMap(([what, secret]) => formsOf(secret).map((form) => ({ what, form })));
  return places.flatMap(({ name, bytes }) => {
    const found = needles.filter(({ form }) => bytes.includes(form)).map(({ what }) => `${what} in ${name}`);
    if (SIGNATURE.test(bytes.toString('latin1'))) found.push(`the signature of a link in ${name}`);
    return [...new Set(found)];
  });
}

function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const encoded = [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    // The first and last characters hold bits of the neighbours.
    return text.slice(shift === 0 ? 0 : shift + 1, -2);
  });
  const units = ['\\u', '\\\\u'].map((begin) =>
    Array.from(secret, (unit) => `${begin}${unit.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''),
  );
  return [...new Set([secret, encodeURIComponent(secret), bytes.toString('hex'), ...encoded, ...units])];
}
