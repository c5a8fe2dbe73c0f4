/** GB 32100-2015: the characters of a code, in the order of their values. */
const CHARACTERS = '0123456789ABCDEFGHJKLMNPQRTUWXY';
const WEIGHTS = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28, 1];
const CREDIT_CODE = /^[0-9A-HJ-NPQRTUWXY]{18}$/;
/** 15 digits since 2007, 13 before that. */
const REGISTRATION_NUMBER = /^\d{13}(\d{2})?$/;

/** A code or number as codes are compared: half-width, upper-case, without blanks and hyphens. */
export const normalizeCode = (text: string): string =>
  text
    .normalize('NFKC')
    .replace(/[\s\p{Z}\p{Cf}\p{Pd}]/gu, '')
    .toUpperCase();

/**
 * A district, a birthday, a sequence and a check character (GB 11643-1999). Districts begin with 1 to 8, codes of companies with 9.
 * The tax number of a sole trader is the owner's identity number and two more characters.
 */
const IDENTITY_NUMBER = /^[1-8]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dX](?:[\dA-Z]{2})?$/;

/** Whether a normalized text has the form of the number of somebody's identity card (居民身份证号码), or of a tax number with it. */
export const isIdentityNumber = (text: string): boolean => IDENTITY_NUMBER.test(text);

/**
 * Whether a normalized text is a credit code (统一社会信用代码) whose last character checks the others. One of 31 identity numbers would
 * pass this check by chance.
 */
export const isCreditCode = (code: string): boolean =>
  CREDIT_CODE.test(code) &&
  !isIdentityNumber(code) &&
  [...code].reduce((sum, character, at) => sum + CHARACTERS.indexOf(character) * WEIGHTS[at]!, 0) % 31 === 0;

/** Whether a normalized text has the form of a registration number (工商注册号). */
export const isRegistrationNumber = (text: string): boolean => REGISTRATION_NUMBER.test(text);
