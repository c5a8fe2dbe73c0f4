import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { describeLeft, formArguments, takeForm } from './test-form.ts';

/** In pieces, because vitest and the whole form read the tags of this file from its text. */
const TAG = 'whole';
const CASE = `test('a', { tags: '${TAG}' }, () => {});`;
/** A case that is longer in the whole form. */
const LONGER = `const kills = process.env.TEST_FORM === '${TAG}' ? 30 : 10;`;
const FILE = `// @module-tag ${TAG}\n`;

function openRoot(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'qcc-form-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  return root;
}

test.each([
  { args: [], form: 'short', rest: [] },
  { args: ['--project', 'unit', 'sealing'], form: 'short', rest: ['--project', 'unit', 'sealing'] },
  { args: ['--whole'], form: 'whole', rest: [] },
  { args: ['--whole', 'erase'], form: 'whole', rest: ['erase'] },
])('the arguments $args ask for the $form form', ({ args, form, rest }) => {
  expect(takeForm(args)).toEqual({ form, rest });
});

test('the short form leaves out the cases with the tag', async () => {
  expect(await formArguments('short', ['erase'], '/none')).toEqual(['--tags-filter=!whole', 'erase']);
});

test('the whole form runs the files that have a tag or a case that is longer in it, and no others', async () => {
  const root = openRoot({
    'test/integration/tagged.test.ts': CASE,
    'services/sink/src/file.test.ts': FILE,
    'test/faults/longer.test.ts': LONGER,
    'test/integration/short.test.ts': "test('the whole form', () => {});",
    'test/integration/helper.ts': CASE,
    'packages/a/node_modules/b/other.test.ts': CASE,
  });
  expect(await formArguments('whole', [], root)).toEqual([
    'services/sink/src/file.test.ts',
    'test/faults/longer.test.ts',
    'test/integration/tagged.test.ts',
  ]);
});

test('the whole form runs the files that are asked for', async () => {
  expect(await formArguments('whole', ['erase'], '/none')).toEqual(['erase']);
});

test('what is left is counted, with the command that runs it', () => {
  expect(describeLeft(0, [])).toBe('');
  expect(describeLeft(1, [])).toBe('1 case is left to the whole form, npm run test:whole');
  expect(describeLeft(12, ['erase'])).toBe('12 cases are left to the whole form, npm run test:whole -- erase');
});
