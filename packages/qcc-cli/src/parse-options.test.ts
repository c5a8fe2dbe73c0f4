import { expect, test } from 'vitest';
import { parseInstant, parseOffset, parsePartition, parsePositions } from './parse-options.ts';

test.each([
  ['2026-11-24', '2026-11-23T16:00:00.000Z'],
  ['2026-11-24 09:30:00', '2026-11-24T01:30:00.000Z'],
  ['2026-11-24T09:30:00Z', '2026-11-24T09:30:00.000Z'],
  ['2026-11-24T09:30:00.5+08:00', '2026-11-24T01:30:00.500Z'],
])('%s is the instant %s', (text, instant) => {
  expect(new Date(parseInstant(text)).toISOString()).toBe(instant);
});

test.each(['', 'yesterday', '2026-02-30', '2026-11-24 25:00:00', '2026-11-24T09:30:00', '2026-13-01T00:00:00Z'])(
  '%j is no instant',
  (text) => {
    expect(() => parseInstant(text)).toThrow('Must be a day or time');
  },
);

test.each<[string, number[]]>([
  ['3', [3]],
  ['3,7-9', [3, 7, 8, 9]],
  ['9, 0-1,1', [0, 1, 9]],
])('%j are positions', (text, positions) => {
  expect(parsePositions(text)).toEqual(positions);
});

test.each(['', '-1', '3-1', '1,,2', 'all', '0-1000000', '1.5'])('%j are no positions', (text) => {
  expect(() => parsePositions(text)).toThrow('Must be positions');
});

test.each([
  ['0', 0n],
  ['5123', 5123n],
  ['beginning', 'beginning'],
  ['end', 'end'],
])('%j is an offset', (text, offset) => {
  expect(parseOffset(text)).toBe(offset);
});

test.each(['', '-1', '1.5', 'earliest', '1e3', '9'.repeat(16)])('%j is not an offset', (text) => {
  expect(() => parseOffset(text)).toThrow('not an offset');
});

test.each(['', '-1', 'all', '1.5'])('%j is not a partition', (text) => {
  expect(() => parsePartition(text)).toThrow('not the number of a partition');
});
