import { describe, expect, it } from 'vitest';
import { differences } from '../../../test/answers/question.ts';
import { type ChartTruth, newest, ranking } from './chart-truths.ts';

const wrong = ({ compare }: ChartTruth, shown: string[][], limit = 200): string[] => {
  const { expected, actual } = compare(shown, limit);
  return differences(expected, actual);
};
const exactly = (count: number) => ({ least: count, most: count });

describe('ranking', () => {
  const truth = ranking(
    new Map([
      ['a', exactly(5)],
      ['b', { least: 2, most: 4 }],
      ['c', exactly(1)],
      ['maybe', { least: 0, most: 1 }],
    ]),
  );

  it.each([
    [
      'all rows',
      [
        ['a', '5'],
        ['b', '3'],
        ['c', '1'],
      ],
    ],
    [
      'a row that may be there',
      [
        ['a', '5'],
        ['b', '2'],
        ['c', '1'],
        ['maybe', '1'],
      ],
    ],
  ])('accepts %s', (_, shown) => expect(wrong(truth, shown)).toEqual([]));

  it.each([
    ['no rows', []],
    [
      'a row less',
      [
        ['a', '5'],
        ['b', '3'],
      ],
    ],
    [
      'another figure',
      [
        ['a', '6'],
        ['b', '3'],
        ['c', '1'],
      ],
    ],
    [
      'a figure outside its range',
      [
        ['a', '5'],
        ['b', '5'],
        ['c', '1'],
      ],
    ],
    [
      'an unknown row',
      [
        ['a', '5'],
        ['b', '3'],
        ['c', '1'],
        ['d', '1'],
      ],
    ],
    [
      'a row twice',
      [
        ['a', '5'],
        ['a', '5'],
        ['b', '3'],
        ['c', '1'],
      ],
    ],
  ])('refuses %s', (_, shown) => expect(wrong(truth, shown)).not.toEqual([]));

  it('accepts any of the rows that tie at the limit, and refuses a smaller one', () => {
    const tied = ranking(
      new Map([
        ['a', exactly(5)],
        ['b', exactly(2)],
        ['c', exactly(2)],
        ['d', exactly(1)],
      ]),
    );
    expect(
      wrong(
        tied,
        [
          ['a', '5'],
          ['c', '2'],
        ],
        2,
      ),
    ).toEqual([]);
    expect(
      wrong(
        tied,
        [
          ['a', '5'],
          ['d', '1'],
        ],
        2,
      ),
    ).not.toEqual([]);
  });
});

describe('newest', () => {
  const truth = newest(
    [
      ['x', '3'],
      ['y', '2'],
      ['z', '2'],
      ['w', ''],
    ],
    { by: 1 },
  );

  it.each([
    [
      'all rows',
      [
        ['x', '3'],
        ['y', '2'],
        ['z', '2'],
        ['w', '–'],
      ],
      200,
    ],
    [
      'any of the rows that tie at the limit',
      [
        ['x', '3'],
        ['z', '2'],
      ],
      2,
    ],
    [
      'rows without a value at the limit',
      [
        ['x', '3'],
        ['y', '2'],
        ['z', '2'],
        ['w', '–'],
      ],
      4,
    ],
  ])('accepts %s', (_, shown, limit) => expect(wrong(truth, shown, limit)).toEqual([]));

  it.each([
    ['no rows', [], 200],
    [
      'another value',
      [
        ['x', '4'],
        ['y', '2'],
        ['z', '2'],
        ['w', '–'],
      ],
      200,
    ],
    [
      'a row less than it has',
      [
        ['x', '3'],
        ['y', '2'],
        ['z', '2'],
      ],
      200,
    ],
    [
      'an older row in place of a newer one',
      [
        ['y', '2'],
        ['w', '–'],
      ],
      2,
    ],
  ])('refuses %s', (_, shown, limit) => expect(wrong(truth, shown, limit)).not.toEqual([]));
});
