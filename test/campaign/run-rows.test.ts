import { expect, test, vi } from 'vitest';
import { runChild, startChild } from '../../stack/child.ts';
import { commandLine } from '../../stack/processes.ts';
import { PATIENCE } from '../harness/patience.ts';
import { type RowInput, rowsIn } from './row.ts';
import { runRows } from './run-rows.ts';
import { OURS } from './waits.ts';

const RUN_FOR_EVER = ['-e', 'setInterval(() => {}, 1_000)'];

type Rows = Record<string, (input: RowInput & { place: number }) => Promise<string>>;

/** Each object is a group; its place is its number. */
async function run(groups: readonly Rows[], { limitMs = 60_000, only }: { limitMs?: number; only?: string[] } = {}) {
  const complaints: string[] = [];
  const happened: string[] = [];
  const failed = await runRows({
    campaign: 'test',
    seed: 'seed',
    short: true,
    groups: groups.map((rows, place) =>
      rowsIn(
        async (scope) => {
          happened.push(`opened ${place}`);
          scope.defer(() => void happened.push(`closed ${place}`));
          return { place };
        },
        Object.entries(rows).map(([name, row]) => ({ name, title: name, run: row })),
      ),
    ),
    wanted: only ?? groups.flatMap((rows) => Object.keys(rows)),
    limitMs,
    say: () => {},
    complain: (line) => void complaints.push(line),
    onFigures: ({ name }, figures) => void happened.push(`${name}: ${figures}`),
  });
  return { failed, complaints, happened };
}

test('rows of a group run one after the other in its place, which closes before the next group opens', async () => {
  const row = async ({ place, seed }: { place: number; seed: string }) => `${seed} in ${place}`;
  const { failed, happened } = await run([{ kills: row, disk: row }, { elections: row }]);
  expect(failed).toEqual([]);
  expect(happened).toEqual([
    ...['opened 0', 'kills: seed-kills in 0', 'disk: seed-disk in 0', 'closed 0'],
    ...['opened 1', 'elections: seed-elections in 1', 'closed 1'],
  ]);
});

test('only wanted rows run, in the order of the table, and a group without one does not open', async () => {
  const row = async () => 'done';
  const { happened } = await run([{ kills: row, disk: row, qcc: row }, { elections: row }], { only: ['qcc', 'kills'] });
  expect(happened).toEqual(['opened 0', 'kills: done', 'qcc: done', 'closed 0']);
});

test('the same seed draws the same numbers for a row, and others for another row', async () => {
  const draw = async ({ random }: RowInput) => String(random.bits());
  const [one, again] = [await run([{ kills: draw, disk: draw }]), await run([{ disk: draw, kills: draw }])];
  expect(one.happened.toSorted()).toEqual(again.happened.toSorted());
  expect(new Set(one.happened.map((line) => line.split(': ')[1])).size).toBe(3);
});

test('a row that throws is named, and the next row runs in the same place', async () => {
  const { failed, complaints, happened } = await run([
    {
      async broken() {
        throw new Error('the row broke');
      },
      next: async () => 'measured',
    },
  ]);
  expect(failed).toEqual(['broken']);
  expect(complaints).toEqual(['broken could not be carried through: the row broke']);
  expect(happened).toEqual(['opened 0', 'next: measured', 'closed 0']);
});

test('a place that does not open fails all its rows, and the next group runs', async () => {
  const row = async () => 'measured';
  const figures: string[] = [];
  const complaints: string[] = [];
  const open = async (): Promise<object> => {
    throw new Error('Kafka does not start');
  };
  const failed = await runRows({
    ...{ campaign: 'test', seed: 'seed', short: true, wanted: ['kills', 'disk', 'next'], limitMs: 60_000 },
    groups: [
      rowsIn(open, [
        { name: 'kills', title: '', run: row },
        { name: 'disk', title: '', run: row },
      ]),
      rowsIn(async () => ({}), [{ name: 'next', title: '', run: row }]),
    ],
    say: () => {},
    complain: (line) => void complaints.push(line),
    onFigures: ({ name }) => void figures.push(name),
  });
  expect(failed).toEqual(['kills', 'disk']);
  expect(complaints).toEqual(['kills, disk could not be carried through: Kafka does not start']);
  expect(figures).toEqual(['next']);
});

test('a peer that never finishes fails its row by name within its limit, is ended, and the next row runs', async () => {
  let pid = 0;
  const { failed, complaints, happened } = await run([
    {
      stuck: ({ within }) =>
        within({ side: 'python', what: 'the archive is published', limitMs: 200 }, async (signal) => {
          const { stdout } = await runChild(process.execPath, RUN_FOR_EVER, { signal });
          return stdout;
        }),
      // The row ends while one of its processes still runs.
      async leaky() {
        pid = startChild(process.execPath, RUN_FOR_EVER, { stdio: 'ignore' }).pid!;
        // Right after the start of a process, the system may not show its command line yet.
        await vi.waitFor(() => expect(commandLine(pid)).toContain('setInterval'), PATIENCE);
        throw new Error('the row broke');
      },
    },
    {
      async next() {
        expect(commandLine(pid)).toBe('');
        return 'measured';
      },
    },
  ]);
  expect(failed).toEqual(['stuck', 'leaky']);
  expect(complaints).toEqual([
    'stuck could not be carried through: the peer python: the archive is published: not done within 0.2 s',
    'leaky could not be carried through: the row broke',
  ]);
  expect(happened).toContain('next: measured');
});

test('a row that exceeds its limit names the wait that is under way, and no other row runs in its place', async () => {
  const row = async () => 'measured';
  const { failed, complaints, happened } = await run(
    [
      {
        slow: ({ within }) => within({ side: OURS, what: 'turn 3', limitMs: 60_000 }, () => new Promise(() => {})),
        next: row,
        last: row,
      },
      { silent: () => new Promise(() => {}) },
    ],
    { limitMs: 50 },
  );
  expect(complaints).toEqual([
    'slow could not be carried through: our side: turn 3: not done within 0.05 s',
    'next, last could not be carried through: not run, because slow may still be at work in the same place',
    'silent could not be carried through: the row itself, between two waits: not done within 0.05 s',
  ]);
  expect(failed).toEqual(['slow', 'next', 'last', 'silent']);
  expect(happened).toEqual(['opened 0', 'closed 0', 'opened 1', 'closed 1']);
});
