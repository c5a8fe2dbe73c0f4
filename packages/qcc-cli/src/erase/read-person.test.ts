import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Terminal } from '../terminal.ts';
import { type PersonOptions, readPerson } from './read-person.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qcc-name-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function read(options: PersonOptions, answer: string | null = null) {
  const said: string[] = [];
  const terminal: Terminal = {
    env: {},
    watch: () => {},
    print: (line) => void said.push(line),
    complain: (text) => void said.push(text),
    ask: answer === null ? null : async () => answer,
  };
  return { name: await readPerson(terminal, options), said: said.join('\n') };
}

test('a name on the command line works, with a warning that does not repeat it', async () => {
  const { name, said } = await read({ person: '张三' });
  expect(name).toBe('张三');
  expect(said).toMatch(/history of the shell .*list of processes.*--person-file/);
  expect(said).not.toContain('张三');
});

test('--person without a value asks for the name', async () => {
  expect(await read({ person: true }, ' 张三 ')).toEqual({ name: '张三', said: '' });
  await expect(read({ person: true })).rejects.toThrow(/--person-file; nothing was erased/);
});

test('--person-file reads the name from a file', async () => {
  const personFile = join(folder, 'name');
  await writeFile(personFile, '\ufeff张三\r\n');
  expect(await read({ personFile })).toEqual({ name: '张三', said: '' });
});

test.each<[string, () => PersonOptions, string | null, RegExp]>([
  ['a file that is not there', () => ({ personFile: join(folder, 'none') }), null, /--person-file cannot be read/],
  ['an answer that is no name', () => ({ person: true }), '3', /not a name.* Nothing was erased/],
  ['a name given twice', () => ({ person: '张三', personFile: 'x' }), null, /give the name once/],
])('%s is refused', async (_, options, answer, message) => {
  await expect(read(options(), answer)).rejects.toThrow(message);
});

test('without the options the command is about no person', async () => {
  expect((await read({})).name).toBeUndefined();
});
