/**
 * Nothing outlives the process that started it. Each child process and each temporary folder is written down while it
 * exists. Three parties read these notes:
 *
 * 1. The process itself ends its children and removes its folders when it exits (`end-with-me.ts`).
 * 2. A guard, a shell that waits for the process to disappear, does the same if the process could not (`end-orphans.ts`).
 * 3. The next start does it if the guard could not either.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { RUN_DIR } from './places.ts';
import { type RunningProcess, runningProcess, runningProcesses } from './processes.ts';

/** The system uses process ids again: id and start together name one process. */
type Identity = Pick<RunningProcess, 'pid' | 'startedAt'>;

type Note = { parent: Identity } & (
  | {
      kind: 'process';
      child: Identity /** Time to end in order after SIGTERM; 0: it is killed at once. */;
      graceMs: number;
    }
  | { kind: 'folder'; folder: string }
);

const GUARD = join(import.meta.dirname, 'end-orphans.ts');
const NOTE = /^(process|folder)-.*\.json$/;
const POLL_MS = 10;
/** A process that the system does not end within this time after SIGKILL stays written down for the next start. */
const GONE_WITHIN_MS = 10_000;

const myself = (): Identity => runningProcess(process.pid)!;
const processFile = (pid: number): string => join(RUN_DIR, `process-${pid}.json`);
const folderFile = (folder: string): string => join(RUN_DIR, `folder-${folder.replaceAll(/[^\w.-]/g, '_')}.json`);

/** Notes a child process that leads its own process group. Until `forgetProcess` it ends when this process ends. */
export function rememberProcess(pid: number, { graceMs = 0 }: { graceMs?: number } = {}): void {
  const child = runningProcess(pid);
  if (child) write(processFile(pid), { kind: 'process', child, graceMs, parent: myself() });
}

export function forgetProcess(pid: number): void {
  rmSync(processFile(pid), { force: true });
}

/** Notes a folder. Until `forgetFolder` it is removed when this process ends. */
export function rememberFolder(folder: string): void {
  write(folderFile(folder), { kind: 'folder', folder, parent: myself() });
}

export function forgetFolder(folder: string): void {
  rmSync(folderFile(folder), { force: true });
}

/**
 * Ends every child process of this one, all of its descendants, and all processes that earlier runs left behind. Blocks until they
 * are gone, so that no signal and no other code comes in between.
 */
export function endChildren(): void {
  const parent = myself();
  const mine = readNotes().filter((note) => isSame(note.parent, parent));
  endProcesses(mine, { inOrder: false });
  endOrphans();
}

/** `endChildren`, and then removes this process's folders. */
export function endEverything(): void {
  const parent = myself();
  endChildren();
  removeFolders(readNotes().filter((note) => isSame(note.parent, parent)));
}

/**
 * Ends every process and removes every folder whose parent is gone. Blocks until they are gone; returns how many processes.
 * @param parent is waited for, because its streams close shortly before it has ended.
 */
export function endOrphans(parent?: Identity): number {
  if (parent) until(() => !isRunning(runningProcesses(), parent), GONE_WITHIN_MS);
  let count = 0;
  // A child that was ended may have had children, and they may still write into the folder.
  for (;;) {
    const running = runningProcesses();
    const orphans = readNotes().filter((note) => !isRunning(running, note.parent));
    const ended = endProcesses(orphans, { inOrder: true });
    count += ended;
    if (ended > 0) continue;
    removeFolders(orphans);
    return count;
  }
}

const isRunning = (running: ReadonlyMap<number, Identity>, { pid, startedAt }: Identity): boolean =>
  running.get(pid)?.startedAt === startedAt;

const isSame = (one: Identity, other: Identity): boolean => one.pid === other.pid && one.startedAt === other.startedAt;

/** Ends first the processes that have time to end in order, because they may need the others. Returns how many were running. */
function endProcesses(notes: readonly Note[], { inOrder }: { inOrder: boolean }): number {
  const processes = notes.flatMap((note) => (note.kind === 'process' ? [note] : []));
  const running = runningProcesses();
  const alive = processes.filter(({ child }) => isRunning(running, child));
  const orderly = alive.filter(({ graceMs }) => inOrder && graceMs > 0);
  for (const { child } of orderly) signalGroup(child.pid, 'SIGTERM');
  untilGone(orderly, Math.max(0, ...orderly.map(({ graceMs }) => graceMs)));
  for (const { child } of alive) signalGroup(child.pid, 'SIGKILL');
  if (untilGone(alive, GONE_WITHIN_MS)) for (const { child } of processes) forgetProcess(child.pid);
  return alive.length;
}

function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch {
    // The whole group has ended.
  }
}

/** Blocks until no member of their groups runs. */
function untilGone(notes: readonly Note[], limitMs: number): boolean {
  const groups = new Set(notes.flatMap((note) => (note.kind === 'process' ? [note.child.pid] : [])));
  return until(() => ![...runningProcesses().values()].some(({ group }) => groups.has(group)), limitMs);
}

/** Blocks. @returns false if it does not hold within the limit. */
function until(holds: () => boolean, limitMs: number): boolean {
  const deadline = Date.now() + limitMs;
  while (!holds()) {
    if (Date.now() > deadline) return false;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, POLL_MS);
  }
  return true;
}

function removeFolders(notes: readonly Note[]): void {
  for (const note of notes) {
    if (note.kind !== 'folder') continue;
    unmountBelow(note.folder);
    rmSync(note.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    forgetFolder(note.folder);
  }
}

/** The fault campaign mounts small disks in its folder. */
function unmountBelow(folder: string): void {
  if (process.platform !== 'linux') return;
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n');
  for (const [, point] of mounts.map((line) => line.split(' ')))
    if (point?.startsWith(`${folder}/`)) execFileSync('umount', ['-l', point]);
}

let isGuarded = false;

function write(file: string, note: Note): void {
  mkdirSync(RUN_DIR, { recursive: true });
  // Renamed into place: a reader never sees half a file.
  writeFileSync(`${file}.new`, JSON.stringify(note));
  renameSync(`${file}.new`, file);
  if (!isGuarded) startGuard();
  isGuarded = true;
}

/** A shell whose standard input closes when this process ends, however that happens. It costs next to nothing until then. */
function startGuard(): void {
  const { pid, startedAt } = myself();
  const child = spawn('/bin/sh', ['-c', 'cat; exec "$0" "$@"', process.execPath, GUARD, String(pid), startedAt], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.on('error', () => {});
  process.once('exit', () => {
    const parent = myself();
    const leavesNothing = !readNotes().some((note) => isSame(note.parent, parent));
    if (leavesNothing && child.pid !== undefined) signalGroup(child.pid, 'SIGKILL');
  });
  child.stdin.on('error', () => {});
  child.unref();
  if (child.stdin instanceof Socket) child.stdin.unref();
}

/** Notes that another process removed in the meantime, or that an earlier release wrote, are left out. */
function readNotes(): Note[] {
  return listRunDir().flatMap((name): Note[] => {
    try {
      return [JSON.parse(readFileSync(join(RUN_DIR, name), 'utf8'))];
    } catch {
      return [];
    }
  });
}

function listRunDir(): string[] {
  try {
    return readdirSync(RUN_DIR).filter((name) => NOTE.test(name));
  } catch {
    return [];
  }
}
