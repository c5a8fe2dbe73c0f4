import { createInterface } from 'node:readline';
import { killChild, startChild } from '../../../stack/child.ts';
import { PATIENCE } from '../../harness/patience.ts';
import type { Command } from './open-examples.ts';

/** What a run has written so far. */
export type Written = {
  /** Whole lines of standard output. */
  printed: string[];
  /** Lines of standard error. */
  said: string[];
};

type Run = {
  command: Command;
  env: Record<string, string>;
  /** Kills the run with SIGKILL as soon as this is true; without it the run has to end by itself, without an error. */
  killWhen?: (written: Written) => boolean;
};

/**
 * @throws Error if the run ends before it is to be killed, ends with an error, or takes longer than the patience of tests.
 */
export async function runExample({ command: [program, ...args], env, killWhen }: Run): Promise<Written> {
  const child = startChild(program, args, {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const written: Written = { printed: [], said: [] };
  const late = setTimeout(() => killChild(child), PATIENCE.timeout);
  let killed = false;
  const look = () => {
    if (killed || killWhen?.(written) !== true) return;
    killed = true;
    killChild(child);
  };
  const ended = new Promise<number | string>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'no code'));
  });
  // Complete lines only: a killed run may leave the last one unfinished.
  let rest = '';
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    written.printed.push(...lines);
    look();
  });
  createInterface({ input: child.stderr! }).on('line', (line) => {
    written.said.push(line);
    look();
  });
  try {
    const ending = await ended;
    if (killed ? ending !== 'SIGKILL' : ending !== 0 || killWhen !== undefined) {
      throw new Error([`${[program, ...args].join(' ')} ended with ${ending}`, ...written.said.slice(-20)].join('\n'));
    }
    return written;
  } finally {
    clearTimeout(late);
  }
}
