import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareVersions } from 'qcc-core/contract/version';
import { afterAll, expect, test } from 'vitest';
import { runChild } from '../../stack/child.ts';
import { ROOT } from '../../stack/places.ts';

/** The lines of the page that compare `a` and `b`, by language. */
const LINES = new Map(
  [...readFileSync(join(ROOT, 'docs/for-subscribers.md'), 'utf8').matchAll(/^\| (\w+) +\| `(.+? > .+?)` +\|$/gm)].map(
    ([, language = '', line = '']) => [language, line],
  ),
);

/** Programs that print a line of 0 and 1: whether `a` is newer, for each pair of versions that they get as hex digits. */
const PROGRAMS: Record<
  string,
  { file: string; command: (file: string) => [string, ...string[]]; text: (line: string) => string }
> = {
  Node: {
    file: 'newer.mjs',
    command: (file) => [process.execPath, file],
    text: (line) => `
      const isNewer = (a, b) => ${line};
      const bytes = process.argv.slice(2).map((hex) => Buffer.from(hex, 'hex'));
      let answer = '';
      for (let at = 0; at < bytes.length; at += 2) answer += isNewer(bytes[at], bytes[at + 1]) ? 1 : 0;
      console.log(answer);`,
  },
  Python: {
    file: 'newer.py',
    command: (file) => ['python3', file],
    text: (line) => `
import sys
versions = [bytes.fromhex(each) for each in sys.argv[1:]]
print(''.join(str(int(${line})) for a, b in zip(versions[::2], versions[1::2])))`,
  },
  Java: {
    file: 'Newer.java',
    command: (file) => ['java', file],
    text: (line) => `
import java.util.Arrays;
import java.util.HexFormat;
class Newer {
  public static void main(String[] args) {
    for (int at = 0; at < args.length; at += 2) {
      byte[] a = HexFormat.of().parseHex(args[at]);
      byte[] b = HexFormat.of().parseHex(args[at + 1]);
      System.out.print(${line} ? 1 : 0);
    }
  }
}`,
  },
  Go: {
    file: 'newer.go',
    command: (file) => ['go', 'run', file],
    text: (line) => `
package main
import ("bytes"; "encoding/hex"; "fmt"; "os")
func main() {
  for at := 1; at < len(os.Args); at += 2 {
    a, _ := hex.DecodeString(os.Args[at])
    b, _ := hex.DecodeString(os.Args[at+1])
    if ${line} { fmt.Print(1) } else { fmt.Print(0) }
  }
}`,
  },
};

const version = (...first: number[]) => Buffer.concat([Buffer.from(first), Buffer.alloc(32 - first.length)]);
/** A signed comparison fails for the pairs with 0x7f and 0x80. */
const PAIRS = [
  [version(1), version(2)],
  [version(2), version(1)],
  [version(5), version(5)],
  [version(0x80), version(0x7f)],
  [version(0x7f), version(0x80)],
  [version(1, 0xff), version(1, 0x01)],
  [version(0, 1), version(0xff)],
] as const;
const EXPECTED = PAIRS.map(([a, b]) => (compareVersions(a, b) > 0 ? 1 : 0)).join('');

const folder = mkdtempSync(join(tmpdir(), 'qcc-version-lines-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('the page has a line for each language', () => {
  expect([...LINES.keys()].sort()).toEqual(Object.keys(PROGRAMS).sort());
});

const SENTENCE = 'the line for %s compares versions as the pipeline does';
async function expectSameOrder(language: string): Promise<void> {
  const program = PROGRAMS[language]!;
  const file = join(folder, program.file);
  writeFileSync(file, program.text(LINES.get(language)!));
  const [command, ...args] = program.command(file);
  const hex = PAIRS.flat().map((each) => each.toString('hex'));
  try {
    const { stdout } = await runChild(command, [...args, ...hex], { env: { ...process.env, GOFLAGS: '-mod=mod' } });
    expect(stdout.trim()).toBe(EXPECTED);
  } catch (error) {
    if ((error as { code?: string }).code !== 'ENOENT') throw error;
    console.log(`SKIPPED: the line for ${language} was not run, because ${command} is not installed`);
  }
}

// The first run of Go compiles its standard library, which takes longer than all other languages together.
const SLOW = 'Go';
test.each(Object.keys(PROGRAMS).filter((language) => language !== SLOW))(SENTENCE, expectSameOrder);
test.each([SLOW])(SENTENCE, { tags: 'whole' }, expectSameOrder);
