import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qcc-ends-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A process that opens a spool, puts an archive into it, and goes on. */
const run = (next: string) =>
  spawn(
    process.execPath,
    [
      ...['--input-type=module', '--eval'],
      `import { writeFileSync } from 'node:fs';
       import { openSpool } from ${JSON.stringify(import.meta.resolve('./remove-at-end.ts'))};
       const spool = await openSpool('test');
       writeFileSync(spool.path + '/archive.zip', 'personal data');
       console.log('open');
       ${next}`,
    ],
    { env: { ...process.env, TMPDIR: folder }, stdio: ['ignore', 'pipe', 'ignore'] },
  );
const WAIT = 'setInterval(() => {}, 1_000);';

test.each([
  { ending: 'disposes it', next: 'spool[Symbol.dispose]();', code: 0 },
  { ending: 'exits while something is under way', next: `${WAIT} process.exit(1);`, code: 1 },
  { ending: 'fails with an error that nothing catches', next: "throw new Error('test');", code: 1 },
  { ending: 'is interrupted', next: WAIT, signal: 'SIGINT' as const },
  { ending: 'is terminated', next: WAIT, signal: 'SIGTERM' as const },
  { ending: 'loses its terminal', next: WAIT, signal: 'SIGHUP' as const },
])('no archive is left of a process that $ending', async ({ next, code = null, signal = null }) => {
  const child = run(next);
  const exited = once(child, 'exit');
  await once(child.stdout, 'data');
  if (signal) {
    expect(await readdir(folder)).toHaveLength(1);
    child.kill(signal);
  }
  expect(await exited).toEqual([code, signal]);
  expect(await readdir(folder)).toEqual([]);
});
