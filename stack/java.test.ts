import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { findJava, JavaMissingError } from './java.mjs';

const folder = mkdtempSync(join(tmpdir(), 'qcc-java-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A JVM's home whose `java` only tells its version, as the real one does. */
function jvm(place: string, version: string): string {
  const home = join(folder, place);
  mkdirSync(join(home, 'bin'), { recursive: true });
  writeFileSync(join(home, 'bin', 'java'), `#!/bin/sh\necho 'openjdk version "${version}" 2026-01-01' >&2\n`);
  chmodSync(join(home, 'bin', 'java'), 0o755);
  return home;
}

const old = jvm('old', '17.0.15');
const ancient = jvm('ancient', '1.8.0_402');
const current = jvm('jvms/current', '25.0.1');
const least = jvm('least', '21');
const broken = join(jvm('broken', ''), 'bin');

describe('findJava', () => {
  test.for([
    { name: 'takes JAVA_HOME first', env: { JAVA_HOME: least, PATH: join(current, 'bin') }, found: least },
    {
      name: 'passes over a JAVA_HOME that is too old',
      env: { JAVA_HOME: old, PATH: join(least, 'bin') },
      found: least,
    },
    { name: 'looks through PATH in order', env: { PATH: `${old}/bin:${least}/bin` }, found: least },
    {
      name: 'passes over a java that does not tell its version',
      env: { PATH: `${broken}:${least}/bin` },
      found: least,
    },
    { name: "comes to the distribution's JVMs last", env: { PATH: join(old, 'bin') }, found: current },
  ])('$name', async ({ env, found }) => {
    expect(await findJava({ env, jvmFolders: [join(folder, 'jvms')] })).toBe(join(found, 'bin', 'java'));
  });

  test('names what was found, its version and the remedy when all are too old', async () => {
    const search = findJava({ env: { JAVA_HOME: old, PATH: join(ancient, 'bin') }, jvmFolders: [] });
    await expect(search).rejects.toThrow(JavaMissingError);
    await expect(search).rejects.toThrow(
      `version 21 or newer; found only ${old}/bin/java (version 17), ${ancient}/bin/java (version 8)`,
    );
    await expect(search).rejects.toThrow(/point JAVA_HOME at one/);
  });

  test('says so when there is none at all', async () => {
    await expect(findJava({ env: {}, jvmFolders: [join(folder, 'nowhere')] })).rejects.toThrow('no java was found');
  });

  test.each([
    {
      release: 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"',
      remedy: /Debian GNU\/Linux 12 \(bookworm\) has no package of it: install Eclipse Temurin 21/,
    },
    { release: 'ID=debian\nVERSION_ID="13"', remedy: /`apt-get install openjdk-21-jre-headless`/ },
    { release: 'ID=ubuntu\nVERSION_ID="20.04"', remedy: /install Eclipse Temurin 21/ },
    { release: 'ID=ubuntu\nVERSION_ID="24.04"', remedy: /`apt-get install openjdk-21-jre-headless`/ },
    { release: 'ID=fedora\nVERSION_ID=41', remedy: /`dnf install java-21-openjdk-headless`/ },
    { release: '', remedy: /Install one, such as Eclipse Temurin 21/ },
  ])('recommends what the distribution has: $release', async ({ release, remedy }) => {
    await expect(findJava({ env: {}, jvmFolders: [], osRelease: release })).rejects.toThrow(remedy);
  });
});
