import { expect, test } from 'vitest';
import { runChild, startChild } from '../../stack/child.ts';
import { commandLine } from '../../stack/processes.ts';
import { OURS, type Within } from '../../test/bench/waits.ts';
import { runRows } from './run-rows.ts';

const RUN_FOR_EVER = ['-e', 'setInterval(() => {}, 1_000)'];

async function run(rows: Record<string, (within: Within) => Promise<string>>, limitMs: number) {
  const complaints: string[] = [];
  const figures: string[] = [];
  const failed = await runRows({
    names: Object.keys(rows),
    run: (name, within) => rows[name]!(within),
    limitMs,
    say: () => {},
    complain: (line) => void complaints.push(line),
    onFigures: (name, value) => void figures.push(`${name}: ${value}`),
  });
  return { failed, complaints, figures };
}

test('a peer that never finishes fails its row by name within its limit, is ended, and the next row runs', async () => {
  let pid = 0;
  const { failed, complaints, figures } = await run(
    {
      stuck: (within) =>
        within({ side: 'python', what: 'the archive is published', limitMs: 200 }, async (signal) => {
          const { stdout } = await runChild(process.execPath, RUN_FOR_EVER, { signal });
          return stdout;
        }),
      // Beside it, so that the row ends while one of its processes still runs.
      leaky: async () => {
        pid = startChild(process.execPath, RUN_FOR_EVER, { stdio: 'ignore' }).pid!;
        expect(commandLine(pid)).toContain('setInterval');
        throw new Error('the row broke');
      },
      next: async () => 'measured',
    },
    60_000,
  );
  expect(failed).toEqual(['stuck', 'leaky']);
  expect(complaints).toEqual([
    'stuck could not be carried through: the peer python: the archive is published: not done within 0.2 s',
    'leaky could not be carried through: the row broke',
  ]);
  expect(figures).toEqual(['next: measured']);
  expect(commandLine(pid)).toBe('');
});

test('a row that exceeds its limit names the wait that is under way', async () => {
  const { complaints } = await run(
    { slow: (within) => within({ side: OURS, what: 'turn 3', limitMs: 60_000 }, () => new Promise(() => {})) },
    50,
  );
  expect(complaints).toEqual(['slow could not be carried through: our side: turn 3: not done within 0.05 s']);
});
