import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * `npm test` runs the short form: every case without the tag `whole`. `npm run test:whole` runs the files that have such
 * cases, and all cases of each, because the cases of a file may build on each other. It also runs the files that compare TEST_FORM
 * with it: a case there does more in the whole form, and less in the short one.
 */
export type Form = 'short' | 'whole';

/** As vitest finds them, the tag of a case or a suite, and the tag of a file; and the comparison of a case that is longer. */
const WHOLE_CASE = /\btags: .*'whole'|^\/\/ @module-tag whole$|\bTEST_FORM === 'whole'/m;

/** Which form the arguments of a command ask for, and the arguments that remain for vitest. */
export function takeForm(args: readonly string[]): { form: Form; rest: string[] } {
  const rest = args.filter((arg) => arg !== '--whole');
  return { form: rest.length < args.length ? 'whole' : 'short', rest };
}

/**
 * The arguments by which vitest runs a form.
 * @param rest arguments of the user. In the whole form, they replace the choice of the files.
 */
export async function formArguments(form: Form, rest: readonly string[], root: string): Promise<string[]> {
  if (form === 'short') return ['--tags-filter=!whole', ...rest];
  return rest.length > 0 ? [...rest] : await findWholeFiles(root);
}

/** Paths of the test files with cases that the short form leaves out or shortens, relative to the root and sorted. */
export async function findWholeFiles(root: string): Promise<string[]> {
  const files = await Array.fromAsync(glob('{packages,services,scripts,stack,test}/**/*.test.ts', { cwd: root }));
  const isWhole = (file: string): boolean => WHOLE_CASE.test(readFileSync(join(root, file), 'utf8'));
  return files.filter((file) => !file.includes('node_modules') && isWhole(file)).toSorted();
}

/** What the short form says of the cases that it left out; empty if there are none. */
export function describeLeft(left: number, rest: readonly string[]): string {
  if (left === 0) return '';
  const command = ['npm run test:whole', ...(rest.length > 0 ? ['--', ...rest] : [])].join(' ');
  return `${left} ${left === 1 ? 'case is' : 'cases are'} left to the whole form, ${command}`;
}
