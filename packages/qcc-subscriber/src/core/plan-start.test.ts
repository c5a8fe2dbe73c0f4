import { expect, test } from 'vitest';
import { planStart } from './plan-start.ts';

const log = new Map([
  [0, { from: 10n, to: 100n }],
  [1, { from: 0n, to: 0n }],
]);
const of = (...offsets: (bigint | null)[]) => new Map(offsets.map((offset, partition) => [partition, offset]));
const NONE = of(null, null);

test.each([
  { name: 'earliest leaves it to the consumer', from: 'earliest', committed: NONE, plan: { kind: 'goOn' } },
  { name: 'a group with offsets goes on', from: 'latest', committed: of(50n, 0n), plan: { kind: 'goOn' } },
  { name: 'a group with offsets needs no snapshot', from: 'history', committed: of(50n, 0n), plan: { kind: 'goOn' } },
  {
    name: 'latest begins at the ends',
    from: 'latest',
    committed: NONE,
    plan: { kind: 'begin', snapshot: false, offsets: of(100n, 0n) },
  },
  {
    name: 'history begins where the sink has committed',
    from: 'history',
    committed: NONE,
    sink: of(70n, 0n),
    plan: { kind: 'begin', snapshot: true, offsets: of(70n, 0n) },
  },
  {
    name: 'without an offset of the sink, history begins at the start of the log',
    from: 'history',
    committed: NONE,
    plan: { kind: 'begin', snapshot: true, offsets: of(10n, 0n) },
  },
  {
    name: 'an offset of the sink beyond the log is of another log',
    from: 'history',
    committed: NONE,
    sink: of(101n, 5n),
    plan: { kind: 'begin', snapshot: true, offsets: of(10n, 0n) },
  },
  {
    name: 'an offset of the sink that retention has passed counts as none',
    from: 'history',
    committed: NONE,
    sink: of(9n, 0n),
    plan: { kind: 'begin', snapshot: true, offsets: of(10n, 0n) },
  },
  {
    name: 'only partitions without an offset begin',
    from: 'history',
    committed: of(50n, null),
    sink: of(70n, 0n),
    plan: { kind: 'begin', snapshot: true, offsets: new Map([[1, 0n]]) },
  },
  {
    name: 'with history, a group that retention has passed begins again',
    from: 'history',
    committed: of(9n, 0n),
    sink: of(70n, 0n),
    plan: { kind: 'begin', snapshot: true, offsets: new Map([[0, 70n]]) },
  },
  { name: 'with latest it does not', from: 'latest', committed: of(9n, 0n), plan: { kind: 'goOn' } },
] as const)('$name', ({ from, committed, plan, ...facts }) => {
  expect(planStart(from, { committed, log, sink: 'sink' in facts ? facts.sink : NONE })).toEqual(plan);
});
