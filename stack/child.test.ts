import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ChildFailedError, NOT_FOUND, runChild } from './child.ts';
import { commandLine } from './processes.ts';

const PATIENCE = { timeout: 50_000, interval: 50 };
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'qcc-child-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('runChild', () => {
  test('returns what the program printed', async () => {
    expect(await runChild('sh', ['-c', 'echo out; echo err >&2'])).toEqual({ stdout: 'out\n', stderr: 'err\n' });
  });

  test('fails with the exit code and the last lines of the error output', async () => {
    const run = runChild('sh', ['-c', 'echo the reason >&2; exit 3']);
    await expect(run).rejects.toThrow(ChildFailedError);
    await expect(run).rejects.toThrow('sh ended with exit code 3:\nthe reason');
  });

  test('fails with the exit code of a shell and its reason if the program is missing', async () => {
    const run = runChild(join(folder, 'missing'), []);
    await expect(run).rejects.toMatchObject({ ending: NOT_FOUND });
    await expect(run).rejects.toThrow(/missing.*not found/);
  });

  test('ends the program and its descendants when it is aborted', async () => {
    const abort = new AbortController();
    const pidFile = join(folder, 'pipeline');
    const run = runChild('sh', ['-c', `sh -c 'echo $$ > ${pidFile}; exec sleep 1000' | cat`], { signal: abort.signal });
    const pid = await vi.waitUntil(() => existsSync(pidFile) && Number(readFileSync(pidFile, 'utf8')), PATIENCE);
    abort.abort(new Error('the limit is exceeded'));
    await expect(run).rejects.toThrow('the limit is exceeded');
    expect(commandLine(pid)).toBe('');
  });
});

/** A program that starts a child and a scratch folder, prints both, and goes on for ever. */
const COMMAND = `
import { startChild } from ${JSON.stringify(join(import.meta.dirname, 'child.ts'))};
import { endWithMe, openScratchFolder } from ${JSON.stringify(join(import.meta.dirname, 'end-with-me.ts'))};
if (process.argv[1] === 'ends with its children') endWithMe();
const folder = openScratchFolder('command');
const { pid } = startChild('sh', ['-c', 'sleep 1000 & echo $! > ' + folder + '/grandchild; kill -STOP $$'], { stdio: 'ignore' });
console.log(JSON.stringify({ folder, pid }));
setInterval(() => {}, 1_000);
`;

describe('a process that started others', () => {
  test.each([
    { signal: 'SIGINT', kind: 'ends with its children', ending: [130, null] },
    { signal: 'SIGTERM', kind: 'ends with its children', ending: [143, null] },
    { signal: 'SIGHUP', kind: 'ends with its children', ending: [129, null] },
    { signal: 'SIGKILL', kind: 'ends with its children', ending: [null, 'SIGKILL'] },
    { signal: 'SIGTERM', kind: 'handles no signal', ending: [null, 'SIGTERM'] },
  ] as const)('and that $kind leaves no stopped child, grandchild or folder after $signal', async (each) => {
    const command = spawn(process.execPath, ['--input-type=module-typescript', '-e', COMMAND, each.kind], {
      env: { ...process.env, TMPDIR: folder },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = new Promise((resolve) => command.once('exit', (...ending) => resolve(ending)));
    let said = '';
    command.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    const started = await vi.waitUntil(() => said.includes('\n') && JSON.parse(said), PATIENCE);
    const grandchildFile = join(started.folder, 'grandchild');
    const grandchild = await vi.waitUntil(
      () => existsSync(grandchildFile) && Number(readFileSync(grandchildFile, 'utf8')),
      PATIENCE,
    );
    command.kill(each.signal);
    expect(await ended).toEqual(each.ending);
    await vi.waitFor(() => {
      expect([started.pid, grandchild].map(commandLine)).toEqual(['', '']);
      expect(existsSync(started.folder)).toBe(false);
    }, PATIENCE);
  });
});
