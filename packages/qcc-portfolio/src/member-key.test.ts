import { expect, test } from 'vitest';
import { customerOfKey, memberKey } from './member-key.ts';

test('the customer of a key is the one that the key was made of, whatever its member holds', () => {
  const customer = { account: 'main', portfolio: 'default', member: '91110000|600037341L' };
  expect(customerOfKey(memberKey(customer))).toEqual(customer);
});
