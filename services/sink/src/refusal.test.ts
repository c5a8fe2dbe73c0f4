import { ClickHouseError } from '@clickhouse/client';
import { expect, it } from 'vitest';
import { isRefusal } from './refusal.ts';

const answer = (code: string, type: string) => new ClickHouseError({ message: 'no', code, type });

it.each([
  ['a number that does not parse', answer('72', 'CANNOT_PARSE_NUMBER'), true],
  ['a date that does not parse', answer('38', 'CANNOT_PARSE_DATE'), true],
  ['too many parts', answer('252', 'TOO_MANY_PARTS'), false],
  ['too little memory', answer('241', 'MEMORY_LIMIT_EXCEEDED'), false],
  ['a missing table', answer('60', 'UNKNOWN_TABLE'), false],
  ['a missing right', answer('497', 'ACCESS_DENIED'), false],
  ['a wrong password', answer('516', 'AUTHENTICATION_FAILED'), false],
  ['a code from the future', answer('9999', 'SOMETHING_NEW'), false],
  ['a broken connection', new Error('ECONNRESET'), false],
])('%s: the row is at fault: %3$s', (_, error, expected) => {
  expect(isRefusal(error)).toBe(expected);
});
