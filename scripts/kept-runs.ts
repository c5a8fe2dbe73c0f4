import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../stack/places.ts';
import { describeMachine } from './machine.ts';

/** What somebody needs who wants to see the same figures. */
export type Provenance = {
  date: string;
  machine: string;
  command: string;
  /** As `codeCommit` gives it; missing in runs from before it was noted. */
  commit?: string;
};

/** In Markdown: how, when and where a row ran. */
export const describeProvenance = ({ command, date, machine, commit }: Provenance): string =>
  `\`${command}\`, ${date}, on ${machine}${commit ? `, commit ${commit}` : ''}.`;

/**
 * The latest whole run of each row of a campaign, in a file below the root. Each row keeps its own, so that one can be run
 * again without the others.
 */
export type KeptRuns<Figures> = {
  file: string;
  read(): Record<string, Figures & Provenance>;
  /**
   * @param run.commit `codeCommit()` at the program's start.
   * @param run.order The rows, as the file has them; a row that it does not name is removed.
   */
  keep(name: string, run: { figures: Figures; command: string; commit: string; order: readonly string[] }): void;
};

export function keptRuns<Figures extends object>(name: string): KeptRuns<Figures> {
  const file = join(ROOT, 'docs', name);
  const read = (): Record<string, Figures & Provenance> =>
    existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  return {
    file,
    read,
    keep(row, { figures, command, commit, order }) {
      const runs = read();
      runs[row] = {
        ...figures,
        date: new Date().toISOString().slice(0, 10),
        machine: describeMachine(),
        command,
        commit,
      };
      const ordered = Object.fromEntries(order.flatMap((each) => (runs[each] ? [[each, runs[each]]] : [])));
      writeFileSync(file, JSON.stringify(ordered));
    },
  };
}

/** Everything but pages and tests: a commit that changes only those does not change what a row runs. */
const CODE = ['.', ':!docs', ':!*.md', ':!*.test.ts'];

/**
 * The commit of the code that is here now, with `+` if files differ from it. A program reads it when it starts: it does not
 * measure commits that are made while it runs.
 */
export function codeCommit(): string {
  const changed = git('status', '--porcelain', '--', ...CODE) !== '';
  return `${git('rev-parse', '--short', 'HEAD')}${changed ? '+' : ''}`;
}

/** Whether the kept run was one of exactly the code that is here now. */
export function isOfThisCode({ commit }: Provenance): boolean {
  if (commit === undefined || commit.endsWith('+')) return false;
  try {
    return (
      git('status', '--porcelain', '--', ...CODE) === '' &&
      git('diff', '--name-only', commit, 'HEAD', '--', ...CODE) === ''
    );
  } catch {
    // The commit is not in this repository.
    return false;
  }
}

const git = (...args: string[]): string => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim();

/** The rows that `--only` asks for, all without it. Where it names what is no row it says so, and the program ends with 2. */
export function chooseRows(only: string | undefined, names: readonly string[]): readonly string[] {
  const wanted = only?.split(',') ?? names;
  const unknown = wanted.filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    console.error(`there is no row ${unknown.join(', ')}; the rows are ${names.join(', ')}`);
    process.exit(2);
  }
  return wanted;
}
