import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../../stack/places.ts';

/** What somebody needs who wants to see the same figures. */
export type Provenance = {
  date: string;
  machine: string;
  command: string;
  /** As `codeCommit` gives it; missing in runs from before it was noted. */
  commit?: string;
};

/**
 * The latest whole run of each row of a campaign, in a file below the root. Each row keeps its own, so that one can be run
 * again without the others.
 */
export type KeptRuns<Run> = {
  file: string;
  read(): Record<string, Run & Provenance>;
  /**
   * @param run.commit `codeCommit()` at the program's start.
   * @param run.order The rows, as the file has them; a row that it does not name is removed.
   */
  keep(name: string, run: { figures: Run; command: string; commit: string; order: readonly string[] }): void;
};

export function keptRuns<Run extends object>(name: string): KeptRuns<Run> {
  const file = join(ROOT, 'docs', name);
  const read = (): Record<string, Run & Provenance> => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {});
  return {
    file,
    read,
    keep(row, { figures, command, commit, order }) {
      const runs = read();
      const date = new Date().toISOString().slice(0, 10);
      runs[row] = { ...figures, date, machine: describeMachine(), command, commit };
      const ordered = Object.fromEntries(order.flatMap((each) => (runs[each] ? [[each, runs[each]]] : [])));
      writeFileSync(file, JSON.stringify(ordered));
    },
  };
}

const describeMachine = (): string =>
  `${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
