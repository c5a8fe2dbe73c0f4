import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { RUN_DIR } from './places.ts';

/**
 * Servers outlive a parent that was killed by force. Each is therefore written down while it runs, and the next start
 * ends those whose parent is gone. Process ids are used again by the system: a process counts as the one written down
 * only if its command line still says so.
 */
type Written = {
  pid: number;
  /** What only this server's command line holds: its data folder. */
  mark: string;
  parent: number;
  parentCommand: string;
};

const fileOf = (pid: number): string => join(RUN_DIR, `part-${pid}.json`);

/** Notes that a server runs, until `forgetProcess`: should this process be killed, the next start ends it. */
export function rememberProcess({ pid, mark }: Pick<Written, 'pid' | 'mark'>): void {
  mkdirSync(RUN_DIR, { recursive: true });
  const written: Written = { pid, mark, parent: process.pid, parentCommand: commandLine(process.pid) };
  writeFileSync(fileOf(pid), JSON.stringify(written));
}

export function forgetProcess(pid: number): void {
  rmSync(fileOf(pid), { force: true });
}

/** Ends every server whose parent is gone, and resolves when they are; says how many there were. */
export async function endOrphans(): Promise<number> {
  if (!existsSync(RUN_DIR)) return 0;
  const orphans = readdirSync(RUN_DIR)
    .filter((name) => name.startsWith('part-'))
    .map((name): Written => JSON.parse(readFileSync(join(RUN_DIR, name), 'utf8')))
    .filter(({ parent, parentCommand }) => commandLine(parent) !== parentCommand);
  for (const { pid, mark } of orphans) {
    if (commandLine(pid).includes(mark)) process.kill(pid, 'SIGKILL');
    while (commandLine(pid).includes(mark)) await delay(50);
    forgetProcess(pid);
  }
  return orphans.length;
}

/** The command line of a running process; empty when there is none (a zombie has none either). */
export function commandLine(pid: number): string {
  try {
    if (process.platform === 'linux') return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    return execFileSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).trim();
  } catch {
    return '';
  }
}
