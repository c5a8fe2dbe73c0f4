import { describe, expect, it } from 'vitest';
import { creditCheck, creditCode, registrationNumber } from './company-codes.ts';

describe('creditCode', () => {
  it.each(['9144030031940738XA', '914403001922038216'])('has the check digits of the real code %s', (code) => {
    expect(creditCheck(code.slice(0, 17))).toBe(code[17]);
    expect(creditCode(code.slice(0, 2), code.slice(2, 8), code.slice(8, 16))).toBe(code);
  });
});

describe('registrationNumber', () => {
  it('has fifteen digits, the last of which makes the first fourteen valid', () => {
    expect(registrationNumber('440301', '10310306')).toMatch(/^44030110310306\d$/);
    expect(registrationNumber('110108', '00000001')).toBe('110108000000016');
  });
});
