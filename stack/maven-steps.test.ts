import { createHash } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { fetchArtifacts } from './maven.ts';
import { makeTemporaryFolder, type TemporaryFolder } from './temporary-folder.ts';

const place = vi.hoisted(() => ({ pins: '', sums: '', folder: '' }));
vi.mock('./artifact-folder.mjs', () => ({ artifactFolder: () => place }));

const JARS = { 'first.jar': 3_000_000, 'second.jar': 5_000_000 };

let folder: TemporaryFolder;
/** Signals the fake mvn: a jar's name makes it write that jar, and `end` makes it exit. */
const tell = (what: string) => writeFileSync(join(folder.path, what), '');

beforeAll(async () => {
  folder = await makeTemporaryFolder('qcc-maven-steps-');
  const sums = Object.entries(JARS).map(([name, bytes]) => {
    return `${createHash('sha256').update(Buffer.alloc(bytes, 7)).digest('hex')}  ${name}\n`;
  });
  Object.assign(place, { pins: folder.path, sums: sums.join(''), folder: join(folder.path, 'whole') });
  const program = `#!${process.execPath}
    const { existsSync, writeFileSync } = require('node:fs');
    const into = process.argv.at(-1).replace('-DoutputDirectory=', '');
    const jars = Object.entries(${JSON.stringify(JARS)});
    const isTold = (what) => existsSync(${JSON.stringify(folder.path)} + '/' + what);
    setInterval(() => {
      if (jars.length > 0 && isTold(jars[0][0])) {
        const [name, bytes] = jars.shift();
        writeFileSync(into + '/' + name, Buffer.alloc(bytes, 7));
      }
      if (isTold('end')) process.exit();
    }, 10);`;
  writeFileSync(join(folder.path, 'mvn'), program, { mode: 0o755 });
  vi.stubEnv('PATH', [folder.path, process.env.PATH].join(delimiter));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await folder[Symbol.asyncDispose]();
});

test('a download says how much is there, and then that it is verified and unpacked', async () => {
  const steps: (() => string)[] = [];
  const says = async (text: string) =>
    await vi.waitFor(() => expect(steps.at(-1)?.()).toBe(text), { timeout: 30_000, interval: 20 });
  const fetching = fetchArtifacts('kafka', { onStep: (step) => void steps.push(step) });
  await says('is fetched from Maven Central, once: 0 MB');
  tell('first.jar');
  await says('is fetched from Maven Central, once: 3 MB');
  tell('second.jar');
  await says('is fetched from Maven Central, once: 8 MB');
  tell('end');
  expect(readdirSync(await fetching).toSorted()).toEqual(Object.keys(JARS));
  expect(steps.slice(1).map((step) => step())).toEqual(['is verified and unpacked']);
});
