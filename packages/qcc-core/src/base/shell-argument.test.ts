import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shellArgument } from './shell-argument.ts';

test.each([
  ['DDMON2026112509404051810000', 'DDMON2026112509404051810000'],
  ['DD1; rm -rf ~', "'DD1; rm -rf ~'"],
  ["it's $(id)", "'it'\\''s $(id)'"],
  ['--force', "-- '--force'"],
  ['', "''"],
])('%s is suggested as %s', (text, argument) => {
  expect(shellArgument(text)).toBe(argument);
});

test('a shell reads back each text as one argument', () => {
  const texts = fc.sample(fc.string({ unit: 'binary-ascii', maxLength: 128 }), { numRuns: 200, seed: 27 });
  const printable = texts.map((text) => text.replaceAll(/\p{Cc}/gu, '')).filter((text) => !text.startsWith('-'));
  const script = `printf '%s\\0' ${printable.map(shellArgument).join(' ')}`;
  const read = execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\0');
  expect(read).toEqual([...printable, '']);
});
