import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { makeTemporaryFolder } from '../../stack/temporary-folder.ts';
import { codeCommit, isOfThisCode } from './code-commit.ts';

function openRepository(folder: string) {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: folder, encoding: 'utf8' });
  const write = (file: string, text: string) => {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  };
  git('init', '--quiet');
  git('config', 'user.name', 'test');
  git('config', 'user.email', 'test@example.test');
  return {
    write,
    commit(file: string, text: string) {
      write(file, text);
      git('add', '.');
      git('commit', '--quiet', '--message', file);
    },
  };
}

test('figures stay those of this code while only pages and tests change', async () => {
  await using folder = await makeTemporaryFolder('qcc-code-');
  const repository = openRepository(folder.path);
  repository.commit('services/sink/src/main.ts', 'first');
  const commit = codeCommit(folder.path);
  expect(commit).toMatch(/^[0-9a-f]+$/);
  const pages = ['docs/reliability.json', 'README.md', 'test/faults/page.ts'];
  const tests = ['services/sink/src/a.test.ts', 'vitest.config.ts', 'scripts/test-form.ts', 'test/model/run-script.ts'];
  for (const file of [...pages, ...tests]) repository.write(file, 'second');
  repository.commit('test/bench/page.ts', 'second');
  expect(isOfThisCode({ commit }, folder.path)).toBe(true);
  repository.write('test/bench/page.ts', 'not committed');
  expect(codeCommit(folder.path)).not.toContain('+');
  repository.commit('test/faults/rows/kills.ts', 'other points');
  expect(isOfThisCode({ commit }, folder.path)).toBe(false);
});

test('figures of files that no commit has, of another repository or of no commit are not of this code', async () => {
  await using folder = await makeTemporaryFolder('qcc-code-');
  const repository = openRepository(folder.path);
  repository.commit('test/campaign/run-rows.ts', 'first');
  const commit = codeCommit(folder.path);
  repository.write('test/campaign/run-rows.ts', 'second');
  expect(codeCommit(folder.path)).toBe(`${commit}+`);
  for (const one of [{ commit }, { commit: `${commit}+` }, { commit: '0123456' }, {}])
    expect(isOfThisCode(one, folder.path)).toBe(false);
});
