import { expect, test } from 'vitest';
import { findPython, type Run } from './find-python.ts';
import { MissingError } from './missing.ts';

/** A machine with these programs; a Python is known by its version, and one without the module venv by a star. */
const machine =
  (programs: Readonly<Record<string, string>>): Run =>
  async (command, args) => {
    const version = programs[command];
    if (version === undefined) throw new Error('ENOENT');
    if (args[1]?.includes('ensurepip') && version.endsWith('*')) throw new Error('ModuleNotFoundError');
    return { stdout: version.replace('*', '') };
  };

test.each([
  [{ python3: '3.11' }, { installer: 'pip', python: 'python3', version: '3.11' }],
  [
    { python3: '3.14', 'python3.12': '3.12' },
    { installer: 'pip', python: 'python3.12', version: '3.12' },
  ],
  [
    { uv: '0.13', python3: '3.11*' },
    { installer: 'uv', python: 'python3', version: '3.11' },
  ],
  // It downloads one.
  [{ uv: '0.13' }, { installer: 'uv', python: '3.12', version: '3.12' }],
])('on a machine with %j it is %j', async (programs, expected) => {
  expect(await findPython({}, machine(programs))).toEqual(expected);
});

test.each([
  [{}, {}, /there is none\. Install one/],
  [{}, { python3: '3.9' }, /python3 is 3\.9/],
  [{}, { python3: '3.11*' }, /apt-get install python3-venv/],
  [{ QCC_PYTHON: 'python2' }, { python3: '3.11' }, /QCC_PYTHON is python2/],
])('with the settings %j on a machine with %j it says what is missing', async (env, programs, message) => {
  const found = findPython(env, machine(programs));
  await expect(found).rejects.toThrow(MissingError);
  await expect(found).rejects.toThrow(message);
});
