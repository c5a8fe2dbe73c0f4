import { expect, test } from 'vitest';
import { readOptions } from './options.ts';

const DEFAULTS = { mode: 'stay', ifPossible: false, port: undefined, screenshots: undefined };

test.each([
  [[], DEFAULTS],
  [['--once', '--if-possible'], { ...DEFAULTS, mode: 'once', ifPossible: true }],
  [['--check', '--screenshots', 'pictures'], { ...DEFAULTS, mode: 'check', screenshots: 'pictures' }],
  [['--port', '9000'], { ...DEFAULTS, port: 9_000 }],
  [['--help'], 'help'],
])('%j means %j', (args, options) => {
  expect(readOptions(args)).toEqual(options);
});

test.each([
  [['--port', '0'], '--port must be a port'],
  [['--screenshots', 'pictures'], '--screenshots needs --check'],
])('%j is refused', (args, message) => {
  expect(() => readOptions(args)).toThrow(message);
});
