import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describeError } from 'qcc-core/base/errors';
import { runChild } from '../../../stack/child.ts';
import { findJava } from '../../../stack/java.mjs';
import { fetchArtifacts } from '../../../stack/maven.ts';
import { ROOT } from '../../../stack/places.ts';
import { installPython } from '../../harness/python.ts';
import type { Say } from '../../harness/say.ts';

export type Command = readonly [program: string, ...args: string[]];

/** An example that is installed and built. */
export type Example = {
  language: 'Python' | 'Java' | 'Go';
  /** Without the mode, such as `history`. */
  subscriber: Command;
  /** Ends with an error if the example compares versions wrongly. */
  versionsTest: Command;
};

/** Why an example cannot run here: a missing toolchain, or libraries that cannot be downloaded. */
export type Absent = { absent: string };

type Input = { folder: string; say: Say };

const EXAMPLES = join(ROOT, 'examples');
/** Compiling Go's libraries for the first time takes one minute of processor time. */
const WITHIN_MS = 600_000;

/** Opens the examples of these languages one after another. What is built is in `folder`. A fault in their code is an error. */
export async function openExamples(
  languages: readonly Example['language'][],
  input: Input,
): Promise<(Example | Absent)[]> {
  const opened: (Example | Absent)[] = [];
  for (const language of languages) opened.push(await OPEN[language](input));
  return opened;
}

const OPEN: Record<Example['language'], (input: Input) => Promise<Example | Absent>> = {
  async Python({ say }) {
    const folder = join(EXAMPLES, 'python');
    const python = await installPython({ name: 'example-python', requirements: join(folder, 'requirements.txt'), say });
    if ('absent' in python) return { absent: `the example in Python: ${python.absent}` };
    return {
      language: 'Python',
      // Nothing is written next to the sources.
      subscriber: [python.python, '-B', join(folder, 'subscriber.py')],
      versionsTest: [python.python, '-B', join(folder, 'test_versions.py')],
    };
  },

  async Java({ folder }) {
    let java: string;
    let jars: string;
    try {
      java = await findJava();
      jars = await fetchArtifacts('java-example');
    } catch (error) {
      return { absent: `the example in Java: ${firstLine(error)}` };
    }
    const javac = join(dirname(java), 'javac');
    if (!existsSync(javac)) return { absent: `the example in Java: ${java} comes without javac; install a JDK` };
    const sources = join(EXAMPLES, 'java', 'src');
    const classes = join(folder, 'classes');
    const classPath = `${classes}:${join(jars, '*')}`;
    const files = ['Change', 'ClickHouse', 'Decoder', 'Settings', 'Store', 'Subscriber', 'Topic', 'Versions'];
    const compile = [...files, 'VersionsTest'].map((name) => join(sources, `${name}.java`));
    await runChild(javac, ['--release', '17', '-d', classes, '-cp', join(jars, '*'), ...compile]);
    // The driver of SQLite unpacks a library there, and a killed process cannot remove it.
    const run = [
      java,
      '-ea',
      `-Djava.io.tmpdir=${folder}`,
      '--enable-native-access=ALL-UNNAMED',
      '-cp',
      classPath,
    ] as const;
    return { language: 'Java', subscriber: [...run, 'Subscriber'], versionsTest: [...run, 'VersionsTest'] };
  },

  async Go({ folder, say }) {
    const cwd = join(EXAMPLES, 'go');
    // Go would download a newer toolchain where this one is too old.
    const options = { cwd, env: { ...process.env, GOTOOLCHAIN: 'local' }, signal: AbortSignal.timeout(WITHIN_MS) };
    try {
      await runChild('go', ['mod', 'download'], options);
    } catch (error) {
      return { absent: `the example in Go: ${firstLine(error)}` };
    }
    const into = join(folder, 'go');
    await mkdir(into);
    say('building the example in Go (the first time takes a minute)');
    await runChild('go', ['build', '-o', join(into, 'subscriber'), '.'], options);
    await runChild('go', ['test', '-c', '-o', join(into, 'versions.test'), '.'], options);
    return { language: 'Go', subscriber: [join(into, 'subscriber')], versionsTest: [join(into, 'versions.test')] };
  },
};

const firstLine = (error: unknown): string => describeError(error).split('\n')[0] ?? '';
