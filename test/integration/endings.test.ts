import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ROOT } from '../../stack/places.ts';
import { PATIENCE } from '../harness/patience.ts';
import { processesWith } from './endings/processes.ts';

/** The temporary folder of the command under test: whatever it starts has the folder's name in its environment. */
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'qcc-endings-'));
});
afterEach(() => {
  for (const { pid } of processesWith(folder)) process.kill(pid, 'SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

type Command = { process: ChildProcess; said(): string; ended: Promise<unknown[]> };

function start(args: readonly string[]): Command {
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env: { ...process.env, TMPDIR: folder, QCC_STACK: 'native', QCC_TEST_STACK: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => {
      said += text;
    });
  return { process: child, said: () => said, ended: once(child, 'exit') };
}

/** Waits for processes with all of these words in their command lines. @throws Error if the command ends before. */
async function untilRuns(words: readonly string[], command: Command): Promise<void> {
  let ended = false;
  void command.ended.then(() => {
    ended = true;
  });
  await vi.waitUntil(() => {
    if (ended) throw new Error(`the command has ended; it said:\n${command.said()}`);
    const running = processesWith(folder);
    return words.every((word) => running.some((each) => each.command.includes(word)));
  }, PATIENCE);
}

const npmRun = (args: readonly string[]) => start(['scripts/bootstrap.mjs', ...args]);

const untilNothingIsLeft = async (): Promise<void> => {
  await vi.waitFor(() => expect(processesWith(folder)).toEqual([]), PATIENCE);
  await vi.waitFor(() => expect(readdirSync(folder)).toEqual([]), PATIENCE);
};

test.each([
  { signal: 'SIGINT', moment: 'Kafka formats its folder', run: ['bench', '--only', 'extract'], words: ['StorageTool'] },
  { signal: 'SIGTERM', moment: 'the stack starts', run: ['chaos', '--only', 'kills'], words: ['kafka.Kafka'] },
  {
    signal: 'SIGHUP',
    moment: 'its servers start',
    run: ['hostile', '--only', 'fuzzed-callbacks'],
    words: ['kafka.Kafka', '--http_port'],
  },
  {
    signal: 'SIGTERM',
    moment: 'a peer runs',
    run: ['bench', '--only', 'enrich'],
    words: ['detail-enricher', 'kafkajs-copy'],
  },
] as const)('npm run $run.0 that gets $signal while $moment leaves no process and no folder', async (each) => {
  const { signal, run, words } = each;
  const command = npmRun([...run, '--short']);
  await untilRuns(words, command);
  command.process.kill(signal);
  expect(await command.ended).toEqual([128 + constants.signals[signal], null]);
  await untilNothingIsLeft();
});

test('a command that gets SIGINT twice leaves no process and no folder', async () => {
  const command = npmRun(['chaos', '--only', 'kills', '--short']);
  await untilRuns(['kafka.Kafka', 'test/faults/roots/'], command);
  command.process.kill('SIGINT');
  command.process.kill('SIGINT');
  expect(await command.ended).toEqual([130, null]);
  await untilNothingIsLeft();
});

test('a command whose parent is killed leaves no process and no folder', async () => {
  const command = npmRun(['chaos', '--only', 'kills', '--short']);
  await untilRuns(['kafka.Kafka', 'test/faults/roots/'], command);
  command.process.kill('SIGKILL');
  await untilNothingIsLeft();
});

test.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
  'integration tests whose run gets %s leave neither the common stack nor one that a test started',
  async (signal) => {
    const config = 'test/integration/endings/vitest.config.ts';
    const vitest = start(['node_modules/vitest/vitest.mjs', 'run', '--config', config]);
    await vi.waitFor(() => expect(vitest.said()).toContain('the live stack is up'), PATIENCE);
    vitest.process.kill(signal);
    await vitest.ended;
    await vi.waitFor(() => expect(processesWith(folder)).toEqual([]), PATIENCE);
  },
);
