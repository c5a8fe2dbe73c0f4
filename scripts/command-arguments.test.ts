// @module-tag whole
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ChildFailedError, runChild } from '../stack/child.ts';
import { ROOT } from '../stack/places.ts';

test.each([
  { script: 'answers', typed: '--speed', reason: /^Unknown option '--speed'/ },
  { script: 'answers', typed: '--superset --screenshots', reason: /^Option '--screenshots <value>' argument missing/ },
  { script: 'answers', typed: '--screenshots images', reason: /^--screenshots needs --superset/ },
  { script: 'answers', typed: '--companies 0', reason: /^--companies must be a whole number above 0, not "0"/ },
  { script: 'bench', typed: '--speed', reason: /^Unknown option '--speed'/ },
  { script: 'bench', typed: '--only nothing', reason: /^there is no row nothing; the rows are / },
  { script: 'conformance', typed: '--client nobody', reason: /^there is no row nobody; the rows are / },
  { script: 'docs', typed: 'page', reason: /^Unexpected argument 'page'/ },
])('npm run $script -- $typed ends with 2 and one line', async ({ script, typed, reason }) => {
  const program = join(ROOT, 'scripts', `${script}.ts`);
  const refusal = await runChild(process.execPath, [program, ...typed.split(' ')]).catch((error: unknown) => error);
  if (!(refusal instanceof ChildFailedError)) throw new Error('the arguments were accepted', { cause: refusal });
  expect(refusal.ending).toBe(2);
  expect(refusal.stderr).toMatch(reason);
  expect(refusal.stderr.trimEnd().split('\n')).toHaveLength(1);
});
