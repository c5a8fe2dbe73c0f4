import { readdirSync, readFileSync } from 'node:fs';
import { commandLine, runningProcesses } from '../../../stack/processes.ts';

export type Found = { pid: number; command: string };

/** All processes with the text in their command line or environment. Zombies do not count. */
export function processesWith(text: string): Found[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const command = read(`/proc/${pid}/cmdline`);
      return command.includes(text) || read(`/proc/${pid}/environ`).includes(text)
        ? [{ pid: Number(pid), command: command.replaceAll('\0', ' ').trim() }]
        : [];
    })
    .filter(({ command }) => command !== '');
}

/**
 * All processes that the process started, and those that they started, as far as their starters still run. One that is about to end
 * has no command line any more, and does not count.
 */
export function descendantsOf(pid: number): Found[] {
  const all = [...runningProcesses().values()];
  const found: Found[] = [];
  const parents = [pid];
  for (const parent of parents)
    for (const child of all.filter((each) => each.parent === parent)) {
      parents.push(child.pid);
      found.push({ pid: child.pid, command: commandLine(child.pid) });
    }
  return found.filter(({ command }) => command !== '');
}

/** Empty if the process has ended in the meantime. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
