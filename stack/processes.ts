import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

export type RunningProcess = {
  pid: number;
  parent: number;
  /** The process group it belongs to. */
  group: number;
  /** Differs from that of every other process that ever had or will have this id on this machine. */
  startedAt: string;
};

/** All processes that run now, by id. Zombies do not count. */
export function runningProcesses(): Map<number, RunningProcess> {
  const all =
    process.platform === 'linux'
      ? readdirSync('/proc')
          .filter((name) => /^\d+$/.test(name))
          .map((name) => readStat(Number(name)))
      : ps(['-A']);
  return new Map(all.flatMap((each) => (each ? [[each.pid, each] as const] : [])));
}

/** The process with this id, if it runs. */
export const runningProcess = (pid: number): RunningProcess | undefined =>
  process.platform === 'linux' ? readStat(pid) : ps(['-p', String(pid)])[0];

/** The command line of a running process; empty when there is none (a zombie has none either). */
export function commandLine(pid: number): string {
  try {
    if (process.platform === 'linux') return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    return execFileSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).trim();
  } catch {
    return '';
  }
}

/** proc(5): the fields after the command's name, which may itself hold blanks and parentheses. */
function readStat(pid: number): RunningProcess | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state = 'X', parent, group] = fields;
    // A killed process may look like a zombie while some of its threads still write to the disk.
    if ('ZX'.includes(state) && Number(fields[17]) <= 1) return undefined;
    // Clock ticks since the machine started: another start may count the same.
    return { pid, parent: Number(parent), group: Number(group), startedAt: `${bootId()} ${fields[19]}` };
  } catch {
    return undefined;
  }
}

let readBootId: string | undefined;
function bootId(): string {
  readBootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return readBootId;
}

function ps(which: readonly string[]): RunningProcess[] {
  try {
    const lines = execFileSync('ps', [...which, '-o', 'pid=,ppid=,pgid=,stat=,lstart='], { encoding: 'utf8' }).trim();
    return lines.split('\n').flatMap((line) => {
      const [pid, parent, group, state = 'Z', ...startedAt] = line.trim().split(/\s+/);
      return state.startsWith('Z')
        ? []
        : [{ pid: Number(pid), parent: Number(parent), group: Number(group), startedAt: startedAt.join(' ') }];
    });
  } catch {
    return [];
  }
}
