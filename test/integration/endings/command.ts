import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import { ROOT } from '../../../stack/places.ts';
import { commandLine } from '../../../stack/processes.ts';
import { PATIENCE } from '../../harness/patience.ts';
import { descendantsOf, type Found, processesWith } from './processes.ts';

/** A command under test. When it is disposed, all of its processes are killed. */
export type Command = Disposable & {
  process: ChildProcess;
  /** Resolves to exit code and signal. */
  ended: Promise<unknown[]>;
  /**
   * Waits until the command has processes with all of these words in their command lines, each word in a different process.
   * @returns all that run then.
   * @throws Error if the command ends before.
   */
  untilRuns(words: readonly string[]): Promise<Found[]>;
  /** Expects that no process is left, neither of those that were seen running nor of later ones. */
  untilNothingIsLeft(seen: readonly Found[]): Promise<void>;
};

export const KAFKA = 'kafka.Kafka';

/** Runs Node with a separate temporary folder. Every process that it starts has the folder's name in its environment. */
export function startCommand(args: readonly string[]): Command {
  const folder = mkdtempSync(join(tmpdir(), 'qcc-endings-'));
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
  const ended = once(child, 'exit');
  let hasEnded = false;
  void ended.then(() => {
    hasEnded = true;
  });
  return {
    process: child,
    ended,
    async untilRuns(words) {
      let running: Found[] = [];
      const describeState = () =>
        `it said:\n${said}\nand it runs:\n${running.map(({ command }) => command).join('\n')}`;
      const runAll = () => {
        if (hasEnded) throw new Error(`the command has ended; ${describeState()}`);
        running = descendantsOf(child.pid!);
        const left = [...running];
        const runs = (word: string): boolean => {
          const index = left.findIndex((each) => each.command.includes(word));
          return index >= 0 && left.splice(index, 1).length > 0;
        };
        return words.every(runs);
      };
      await vi.waitUntil(runAll, PATIENCE).catch((cause: unknown) => {
        if (hasEnded) throw cause;
        throw new Error(`${words.join(' and ')} do not run; ${describeState()}`, { cause });
      });
      return running;
    },
    untilNothingIsLeft: (seen) =>
      vi.waitFor(() => {
        expect(
          seen.filter(({ pid, command }) => commandLine(pid) === command),
          said,
        ).toEqual([]);
        expect(processesWith(folder), said).toEqual([]);
        // vitest makes a folder with another name.
        expect(readdirSync(folder).filter((name) => name.startsWith('qcc-'))).toEqual([]);
      }, PATIENCE),
    [Symbol.dispose]() {
      for (const { pid } of processesWith(folder)) process.kill(pid, 'SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
