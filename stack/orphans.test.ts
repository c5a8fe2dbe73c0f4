import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { processesWith } from '../test/integration/endings/processes.ts';
import { endOrphans } from './orphans.ts';
import { RUN_DIR } from './places.ts';
import { commandLine, runningProcess } from './processes.ts';

const PATIENCE = { timeout: 50_000, interval: 50 };

/** Starts a child and makes a scratch folder, prints both, and goes on for ever. */
const COMMAND = `
import { startChild } from ${JSON.stringify(join(import.meta.dirname, 'child.ts'))};
import { openScratchFolder } from ${JSON.stringify(join(import.meta.dirname, 'end-with-me.ts'))};
const folder = openScratchFolder('command');
const { pid } = startChild('sleep', ['1000'], { stdio: 'ignore' });
console.log(JSON.stringify({ folder, pid }));
setInterval(() => {}, 1_000);
`;

test('the next start ends what a process left behind that was killed together with its guard', async () => {
  const command = spawn(process.execPath, ['--input-type=module-typescript', '-e', COMMAND], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(command, 'exit');
  const [said] = await once(command.stdout, 'data');
  const { folder, pid } = JSON.parse(String(said));
  process.kill(-guardOf(command.pid!), 'SIGKILL');
  command.kill('SIGKILL');
  await ended;
  expect(commandLine(pid)).toBe('sleep 1000');

  // Another start, in a test that runs at the same time, may be quicker.
  endOrphans();
  await vi.waitFor(() => {
    expect(commandLine(pid)).toBe('');
    expect(existsSync(folder)).toBe(false);
  });
});

/** Starts a shell that writes into the folder again and again, even if the folder was removed. */
const CHILD = `
import { startChild } from ${JSON.stringify(join(import.meta.dirname, 'child.ts'))};
const fill = 'mkdir -p "$0"; for i in $(seq 1000); do : > "$0/$i"; done; echo full; while :; do mkdir -p "$0"; : > "$0/more"; done';
startChild('/bin/sh', ['-c', fill, process.argv[1]], { stdio: ['ignore', 'inherit', 'ignore'] });
setInterval(() => {}, 1_000);
`;

const PARENT = `
import { startChild } from ${JSON.stringify(join(import.meta.dirname, 'child.ts'))};
import { openScratchFolder } from ${JSON.stringify(join(import.meta.dirname, 'end-with-me.ts'))};
const folder = openScratchFolder('parent');
console.log(folder);
const child = ['--input-type=module-typescript', '-e', process.argv[1], folder];
startChild(process.execPath, child, { stdio: ['ignore', 'inherit', 'inherit'] });
setInterval(() => {}, 1_000);
`;

test('the folder of a killed process is removed after the child of its child that writes into it has ended', async () => {
  const parent = spawn(process.execPath, ['--input-type=module-typescript', '-e', PARENT, CHILD], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  parent.stdout.setEncoding('utf8').on('data', (text) => {
    said += text;
  });
  await vi.waitFor(() => expect(said).toContain('full'), PATIENCE);
  const [folder = ''] = said.split('\n');
  parent.kill('SIGKILL');
  await once(parent, 'exit');
  await vi.waitFor(() => expect(existsSync(folder)).toBe(false), PATIENCE);
});

/** Starts a child that kills it at once and then goes on, as if the kill came between the child's start and its note. */
const KILLED_BY_ITS_CHILD = `
import { startChild } from ${JSON.stringify(join(import.meta.dirname, 'child.ts'))};
import { openScratchFolder } from ${JSON.stringify(join(import.meta.dirname, 'end-with-me.ts'))};
const folder = openScratchFolder('parent');
console.log(folder);
setTimeout(() => startChild('/bin/sh', ['-c', 'kill -KILL $PPID; while :; do mkdir -p "$0"; done', folder], { stdio: 'ignore' }), 100);
`;

test('a child ends, whose parent is killed in the moment in which it starts', async () => {
  const parent = spawn(process.execPath, ['--input-type=module-typescript', '-e', KILLED_BY_ITS_CHILD], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [said] = await Promise.all([once(parent.stdout, 'data'), once(parent, 'exit')]);
  const folder = String(said).trim();
  try {
    await vi.waitFor(() => expect([processesWith(folder), existsSync(folder)]).toEqual([[], false]), PATIENCE);
  } finally {
    for (const { pid } of processesWith(folder)) process.kill(pid, 'SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
});

test('the guard waits for a process that has not quite ended', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'qcc-orphan-'));
  const note = join(RUN_DIR, `folder-${folder.replaceAll('/', '_')}.json`);
  const parent = runningProcess(spawn('sleep', ['0.5'], { stdio: 'ignore' }).pid!)!;
  mkdirSync(RUN_DIR, { recursive: true });
  writeFileSync(note, JSON.stringify({ kind: 'folder', folder, parent }));
  endOrphans(parent);
  expect([existsSync(folder), existsSync(note)]).toEqual([false, false]);
});

test('a process that got the id of one that was written down is left alone', async () => {
  const stranger = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' });
  const note = join(RUN_DIR, `process-${stranger.pid}.json`);
  try {
    const child = { pid: stranger.pid, startedAt: 'at another time' };
    const parent = { pid: process.pid, startedAt: 'at another time' };
    mkdirSync(RUN_DIR, { recursive: true });
    writeFileSync(note, JSON.stringify({ kind: 'process', child, graceMs: 0, parent }));
    endOrphans();
    expect(existsSync(note)).toBe(false);
    expect(commandLine(stranger.pid!)).toBe('sleep 1000');
  } finally {
    stranger.kill('SIGKILL');
    rmSync(note, { force: true });
  }
});

/** The shell that leads the guard's group. */
function guardOf(parent: number): number {
  const lines = execFileSync('ps', ['-ww', '-A', '-o', 'pid=,ppid=,command='], { encoding: 'utf8' }).split('\n');
  const guard = lines
    .map((line) => line.trim().split(/\s+/))
    .find(([, ppid, ...words]) => Number(ppid) === parent && words.some((word) => word.endsWith('end-orphans.ts')));
  return Number(guard![0]);
}
