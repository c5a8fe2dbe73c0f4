import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ROOT } from '../stack/places.ts';
import { makeTemporaryFolder, type TemporaryFolder } from '../stack/temporary-folder.ts';
import type * as Installer from './install.mjs';

/** A separate checkout with a copy of the installer. Its fake npm runs until the file `end` exists. */
let checkout: TemporaryFolder;
const file = (...names: string[]) => join(checkout.path, ...names);

beforeEach(async () => {
  checkout = await makeTemporaryFolder('qcc-install-');
  for (const name of ['scripts/install.mjs', 'stack/places.mjs', 'stack/tell-while.mjs'])
    await cp(join(ROOT, name), file(name));
  await writeFile(file('package-lock.json'), '{}');
  await mkdir(file('node_modules'));
  await writeFile(
    file('npm.mjs'),
    `import { existsSync } from 'node:fs';
    setInterval(() => existsSync('end') && process.exit(), 10);`,
  );
  vi.stubEnv('npm_execpath', file('npm.mjs'));
  vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'] });
});
afterEach(async () => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  await checkout[Symbol.asyncDispose]();
});

test('an installation tells every five seconds how long it has taken and how much is there', async () => {
  const { install, isInstalled } = (await import(
    /* @vite-ignore */ pathToFileURL(file('scripts', 'install.mjs')).href
  )) as typeof Installer;
  const addMegabytes = async (count: number) =>
    await writeFile(file('node_modules', `${count} MB`), Buffer.alloc(count * 1_000_000, 7));
  const told: string[] = [];
  let goOn = Promise.withResolvers<void>();
  const installing = install((line) => {
    told.push(line);
    goOn.resolve();
  });
  for (const [megabytes, line] of [
    [3, '  installing the dependencies: 5 s, 3 MB'],
    [5, '  installing the dependencies: 10 s, 8 MB'],
  ] as const) {
    await addMegabytes(megabytes);
    goOn = Promise.withResolvers();
    vi.advanceTimersByTime(5_000);
    await goOn.promise;
    expect(told.at(-1)).toBe(line);
  }
  expect(isInstalled()).toBe(false);
  await writeFile(file('end'), '');
  expect([await installing, isInstalled()]).toEqual([0, true]);
  expect(told).toHaveLength(3);
});
