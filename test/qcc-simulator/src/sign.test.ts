import { describe, expect, it } from 'vitest';
import { linkSignature, tokenOf } from './sign.ts';

describe('signing', () => {
  it('makes a Token of 32 upper-case digits from key, Timespan and SecretKey', () => {
    expect(tokenOf('a', 'b', 'c')).toBe('900150983CD24FB0D6963F7D28E17F72');
  });

  it('makes link signatures as long as those of the document', () => {
    expect(linkSignature('secret', '/DdMonitor/x.zip', '1615884598')).toMatch(/^[A-Za-z0-9+/]{27}=$/);
  });
});
