/** Which processes use the local stack of this checkout: each leaves a note while it runs. */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RUN_DIR } from './places.ts';
import { type RunningProcess, runningProcess } from './processes.ts';

/** `npm start` runs once in a checkout: it has the stack's data, the simulator's orders and the ports. */
export type Command = 'npm start' | 'npm run services' | 'npm run superset';
export type StackUse = Pick<RunningProcess, 'pid' | 'startedAt'> & { command: Command };

const NOTE = /^use-\d+\.json$/;
const fileOf = (folder: string, pid: number): string => join(folder, `use-${pid}.json`);

export class StackInUseError extends Error {
  override readonly name = 'StackInUseError';
  constructor(what: string, uses: readonly StackUse[]) {
    const pids = uses.map(({ pid }) => pid).join(' ');
    super(
      `${what}: ${uses.map(({ command, pid }) => `\`${command}\` runs here as pid ${pid}`).join(' and ')}. ` +
        `End it first, with Ctrl-C in its terminal or \`kill ${pids}\`, and try again.`,
    );
  }
}

/** Notes that this process uses the stack, until it is disposed or the process ends. */
export function noteUse(command: Command, folder = RUN_DIR): Disposable {
  const file = fileOf(folder, process.pid);
  const { pid, startedAt } = runningProcess(process.pid)!;
  mkdirSync(folder, { recursive: true });
  // Renamed into place: a reader never sees half a file.
  writeFileSync(`${file}.new`, JSON.stringify({ pid, startedAt, command } satisfies StackUse));
  renameSync(`${file}.new`, file);
  const forget = () => rmSync(file, { force: true });
  process.once('exit', forget);
  return { [Symbol.dispose]: forget };
}

/** The other processes that use the stack now. A note whose process is gone is removed. */
export function otherUses(folder = RUN_DIR): StackUse[] {
  return readNotes(folder).filter(({ pid, startedAt }) => {
    const isRunning = runningProcess(pid)?.startedAt === startedAt;
    if (!isRunning) rmSync(fileOf(folder, pid), { force: true });
    return isRunning && pid !== process.pid;
  });
}

/** @throws StackInUseError if another process uses the stack. */
export function refuseWhileUsed(what: string, folder = RUN_DIR): void {
  const uses = otherUses(folder);
  if (uses.length > 0) throw new StackInUseError(what, uses);
}

function readNotes(folder: string): StackUse[] {
  return listFolder(folder).flatMap((name) => {
    try {
      return NOTE.test(name) ? [JSON.parse(readFileSync(join(folder, name), 'utf8'))] : [];
    } catch {
      // It was removed in the meantime.
      return [];
    }
  });
}

function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
