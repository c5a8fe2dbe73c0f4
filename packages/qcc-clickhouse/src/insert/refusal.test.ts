import { ClickHouseError } from '@clickhouse/client';
import { expect, it } from 'vitest';
import { isRefusal } from './refusal.ts';

const answer = (code: string, type: string) => new ClickHouseError({ message: 'no', code, type });

it.each([
  ['a number that does not parse', answer('72', 'CANNOT_PARSE_NUMBER')],
  ['a date that does not parse', answer('38', 'CANNOT_PARSE_DATE')],
  ['a decimal with too many digits', answer('69', 'ARGUMENT_OUT_OF_BOUND')],
  [
    'Avro that it cannot read',
    new Error('std::exception. Code: 1001, type: avro::Exception, e.what() = EOF reached (version 26.7.2.1)'),
  ],
])('blames the row for %s', (_, error) => {
  expect(isRefusal(error)).toBe(true);
});

it.each([
  ['too many parts', answer('252', 'TOO_MANY_PARTS')],
  ['too little memory', answer('241', 'MEMORY_LIMIT_EXCEEDED')],
  ['a missing table', answer('60', 'UNKNOWN_TABLE')],
  ['a missing right', answer('497', 'ACCESS_DENIED')],
  ['a wrong password', answer('516', 'AUTHENTICATION_FAILED')],
  ['another exception without a code', new Error('std::exception. Code: 1001, type: std::bad_alloc')],
  ['a code from the future', answer('9999', 'SOMETHING_NEW')],
  ['a broken connection', new Error('ECONNRESET')],
])('blames the environment for %s', (_, error) => {
  expect(isRefusal(error)).toBe(false);
});
