const CREDIT_ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY';
const ORGANISATION_WEIGHTS = [3, 7, 9, 10, 5, 8, 4, 2];

/**
 * A 统一社会信用代码 with its two check digits (GB 32100-2015; the organisation's own after GB 11714).
 * @param prefix registration office and kind, such as 91 for enterprises and 92 for 个体工商户
 * @param regionCode six digits
 * @param organisation eight digits or capitals
 */
export function creditCode(prefix: string, regionCode: string, organisation: string): string {
  const body = `${prefix}${regionCode}${organisation}${organisationCheck(organisation)}`;
  return body + creditCheck(body);
}

/** The 18th character for the first 17: weights are powers of 3, modulo 31. */
export function creditCheck(body: string): string {
  let sum = 0;
  let weight = 1;
  for (const character of body) {
    sum += CREDIT_ALPHABET.indexOf(character) * weight;
    weight = (weight * 3) % 31;
  }
  return CREDIT_ALPHABET[(31 - (sum % 31)) % 31]!;
}

/** The code with another check digit, as a slip of the pen leaves it. */
export function withWrongCheck(code: string): string {
  const next = (CREDIT_ALPHABET.indexOf(code.at(-1)!) + 1) % CREDIT_ALPHABET.length;
  return code.slice(0, -1) + CREDIT_ALPHABET[next];
}

function organisationCheck(organisation: string): string {
  const sum = ORGANISATION_WEIGHTS.reduce(
    (total, weight, at) => total + weight * Number.parseInt(organisation[at]!, 36),
    0,
  );
  const check = 11 - (sum % 11);
  return check === 10 ? 'X' : String(check % 11);
}

/** A 工商注册号: 14 digits and a check digit (ISO 7064, MOD 11,10). */
export function registrationNumber(regionCode: string, sequence: string): string {
  const body = `${regionCode}${sequence}`;
  let product = 10;
  for (const digit of body) {
    const sum = (product + Number(digit)) % 10;
    product = ((sum === 0 ? 10 : sum) * 2) % 11;
  }
  return `${body}${(11 - product) % 10}`;
}
