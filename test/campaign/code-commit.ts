import { execFileSync } from 'node:child_process';
import { ROOT } from '../../stack/places.ts';

/** Everything but pages, tests and how tests are run: a commit that changes only those does not change what a row runs. */
const PAGES = ['docs', '*.md', 'test/*/page.ts'];
const TESTS = [
  ...['*.test.ts', 'vitest.config.ts', 'test/stack-setup.ts', 'test/end-with-run.ts', 'scripts/test*.ts'],
  ...['test/model', 'test/integration/recording-proxy.ts', 'test/campaign/code-commit.ts'],
];
const CODE = ['.', ...[...PAGES, ...TESTS].map((path) => `:!${path}`)];

/**
 * The commit of the code that is here now, with `+` if files differ from it. A program reads it when it starts: it does not
 * measure commits that are made while it runs.
 */
export function codeCommit(folder = ROOT): string {
  const changed = git(folder, 'status', '--porcelain', '--', ...CODE) !== '';
  return `${git(folder, 'rev-parse', '--short', 'HEAD')}${changed ? '+' : ''}`;
}

/** Whether the kept run was one of exactly the code that is here now. */
export function isOfThisCode({ commit }: { commit?: string }, folder = ROOT): boolean {
  if (commit === undefined || commit.endsWith('+')) return false;
  try {
    return (
      git(folder, 'status', '--porcelain', '--', ...CODE) === '' &&
      git(folder, 'diff', '--name-only', commit, 'HEAD', '--', ...CODE) === ''
    );
  } catch {
    // The commit is not in this repository.
    return false;
  }
}

const git = (cwd: string, ...args: string[]): string =>
  execFileSync('git', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
