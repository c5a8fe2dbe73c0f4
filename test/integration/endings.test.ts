import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ROOT } from '../../stack/places.ts';
import { commandLine } from '../../stack/processes.ts';
import { PATIENCE } from '../harness/patience.ts';
import { descendantsOf, type Found, processesWith } from './endings/processes.ts';

/** The temporary folder of the command under test. Every process that it starts has the folder's name in its environment. */
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

const npmRun = (...args: readonly string[]) => start(['scripts/bootstrap.mjs', ...args, '--short']);

/**
 * Waits until the command has processes with all of these words in their command lines, each word in a different process.
 * @returns all that run then.
 * @throws Error if the command ends before.
 */
async function untilRuns(words: readonly string[], command: Command): Promise<Found[]> {
  let ended = false;
  void command.ended.then(() => {
    ended = true;
  });
  return await vi.waitUntil(() => {
    if (ended) throw new Error(`the command has ended; it said:\n${command.said()}`);
    const running = descendantsOf(command.process.pid!);
    const left = [...running];
    const runs = (word: string): boolean => {
      const index = left.findIndex((each) => each.command.includes(word));
      return index >= 0 && left.splice(index, 1).length > 0;
    };
    return words.every(runs) && running;
  }, PATIENCE);
}

/** Expects that no process is left, neither of those that were seen running nor of later ones. */
async function untilNothingIsLeft(seen: readonly Found[]): Promise<void> {
  await vi.waitFor(() => {
    expect(seen.filter(({ pid, command }) => commandLine(pid) === command)).toEqual([]);
    expect(processesWith(folder)).toEqual([]);
    // vitest makes a folder with another name.
    expect(readdirSync(folder).filter((name) => name.startsWith('qcc-'))).toEqual([]);
  }, PATIENCE);
}

const KAFKA = 'kafka.Kafka';
const A_SERVICE_OF_THE_CAMPAIGN = 'test/faults/roots/';

test.each([
  { signal: 'SIGINT', moment: 'Kafka formats its folder', run: ['bench', '--only', 'extract'], words: ['StorageTool'] },
  { signal: 'SIGTERM', moment: 'Kafka starts', run: ['chaos', '--only', 'kills'], words: [KAFKA] },
  { signal: 'SIGHUP', moment: 'its servers start', run: ['hostile', '--only', 'json'], words: [KAFKA, '--http_port'] },
  {
    signal: 'SIGTERM',
    moment: 'a peer runs',
    run: ['bench', '--only', 'enrich'],
    words: ['detail-enricher', 'kafkajs-copy'],
  },
] as const)('npm run $run.0 that gets $signal while $moment leaves no process and no folder', async (each) => {
  const { signal, run, words } = each;
  const command = npmRun(...run);
  const seen = await untilRuns(words, command);
  command.process.kill(signal);
  expect(await command.ended).toEqual([128 + constants.signals[signal], null]);
  await untilNothingIsLeft(seen);
});

test('a command that gets SIGINT twice leaves no process and no folder', async () => {
  const command = npmRun('chaos', '--only', 'kills');
  const seen = await untilRuns([KAFKA, A_SERVICE_OF_THE_CAMPAIGN], command);
  command.process.kill('SIGINT');
  command.process.kill('SIGINT');
  expect(await command.ended).toEqual([130, null]);
  await untilNothingIsLeft(seen);
});

test.each(['the bootstrap', 'the command'])('%s that is killed leaves no process and no folder', async (which) => {
  const command = npmRun('chaos', '--only', 'kills');
  const seen = await untilRuns([KAFKA, A_SERVICE_OF_THE_CAMPAIGN], command);
  const child = seen.find((each) => each.command.includes('scripts/chaos.ts'))!;
  process.kill(which === 'the bootstrap' ? command.process.pid! : child.pid, 'SIGKILL');
  await untilNothingIsLeft(seen);
});

test.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
  'integration tests whose run gets %s leave neither the common stack nor one that a test started',
  async (signal) => {
    const config = 'test/integration/endings/vitest.config.ts';
    const run = start(['node_modules/vitest/vitest.mjs', 'run', '--config', config]);
    const seen = await untilRuns([KAFKA, KAFKA], run);
    run.process.kill(signal);
    await run.ended;
    await untilNothingIsLeft(seen);
  },
);
