import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import { DATA_DIR, ROOT } from './places.ts';
import { noteUse, otherUses } from './uses.ts';

const folder = mkdtempSync(join(tmpdir(), 'qcc-uses-'));
afterAll(() => rmSync(folder, { recursive: true }));

const users: ChildProcess[] = [];
afterEach(() => {
  for (const user of users.splice(0)) user.kill('SIGKILL');
});

/** A process that uses the stack, as `npm start` does; it stays up. */
async function startUser(notes?: string): Promise<number> {
  const place = notes === undefined ? '' : `, ${JSON.stringify(notes)}`;
  const user = spawn(
    process.execPath,
    [
      '--input-type=module-typescript',
      '-e',
      `import { noteUse } from ${JSON.stringify(join(import.meta.dirname, 'uses.ts'))};
      noteUse('npm start'${place});
      console.log('noted');
      setInterval(() => {}, 1_000);`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  users.push(user);
  await once(user.stdout!, 'data');
  return user.pid!;
}

test('a process that uses the stack is seen by others until it ends, also if it is killed', async () => {
  const pid = await startUser(folder);
  expect(otherUses(folder)).toEqual([{ pid, startedAt: expect.any(String), command: 'npm start' }]);
  const ended = once(users[0]!, 'exit');
  users[0]!.kill('SIGKILL');
  await ended;
  expect(otherUses(folder)).toEqual([]);
  expect(readdirSync(folder)).toEqual([]);
});

test('a process does not see its own use, and leaves no note once it is disposed', () => {
  const empty = mkdtempSync(join(folder, 'own-'));
  {
    using _use = noteUse('npm run services', empty);
    expect(otherUses(empty)).toEqual([]);
    expect(readdirSync(empty)).toEqual([`use-${process.pid}.json`]);
  }
  expect(readdirSync(empty)).toEqual([]);
});

test('a process that got the id of one that used the stack does not count', () => {
  const notes = mkdtempSync(join(folder, 'old-'));
  const note = { pid: process.ppid, startedAt: 'at another time', command: 'npm start' };
  writeFileSync(join(notes, `use-${process.ppid}.json`), JSON.stringify(note));
  expect(otherUses(notes)).toEqual([]);
});

test.each([
  { args: ['--reset'], what: 'Nothing is deleted' },
  { args: ['--down'], what: 'The stack is not ended' },
  { args: [], what: 'The stack is not brought up' },
])('npm run stack $args is refused while npm start runs, and names the process', async ({ args, what }) => {
  const marker = join(DATA_DIR, `marker-${process.pid}`);
  mkdirSync(DATA_DIR, { recursive: true });
  writeFileSync(marker, '');
  const pid = await startUser();
  try {
    const { status, stdout, stderr } = runScript('stack.ts', args);
    expect(stdout).toBe('');
    expect(stderr).toMatch(new RegExp(`^${what}: .*\`npm start\` runs here as pid ${pid}.* End it first, with Ctrl-C`));
    expect(stderr).toContain(`kill ${pid}`);
    expect(status).toBe(1);
    expect(existsSync(marker)).toBe(true);
  } finally {
    rmSync(marker, { force: true });
  }
});

test('a second npm start says as which process the first one runs, and starts nothing', async () => {
  const pid = await startUser();
  const { status, stdout, stderr } = runScript('start.ts', ['--once']);
  expect(stdout).toBe('');
  expect(stderr.trim()).toMatch(new RegExp(`^\`npm start\` is already running here as pid ${pid}`));
  expect(status).toBe(1);
});

const runScript = (script: string, args: readonly string[]) =>
  spawnSync(process.execPath, [join(ROOT, 'scripts', script), ...args], {
    cwd: ROOT,
    env: { ...process.env, QCC_STACK: 'native' },
    encoding: 'utf8',
  });
