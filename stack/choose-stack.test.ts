import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { chooseStack } from './choose-stack.mjs';

const folder = mkdtempSync(join(tmpdir(), 'qcc-docker-'));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, 'docker'), '#!/bin/sh\nexit 0\n');
chmodSync(join(folder, 'docker'), 0o755);

const machine = (native: string[], docker: string | null) => ({
  native: vi.fn(async () => native),
  docker: vi.fn(async () => docker),
});

describe('without QCC_STACK', () => {
  test('a machine that can run the stack does not ask Docker', async () => {
    const probes = machine([], null);
    expect(await chooseStack({}, probes)).toEqual({ kind: 'native', problems: [] });
    expect(probes.docker).not.toHaveBeenCalled();
  });

  test('an engine that answers, with images that nobody can pull, changes nothing on a machine that can run the stack', async () => {
    const PATH = `${folder}:${process.env.PATH}`;
    expect(await chooseStack({ ...process.env, QCC_STACK: undefined, PATH })).toMatchObject({ kind: 'native' });
  });

  test('a machine that cannot run the stack uses Docker if an engine answers, and says why', async () => {
    const { kind, problems, notice } = await chooseStack({}, machine(['no java was found'], null));
    expect({ kind, problems }).toEqual({ kind: 'docker', problems: [] });
    expect(notice).toMatch(
      /^the stack runs by Docker, because .*QCC_STACK=native or docker decides.*\n {2}- no java was found$/,
    );
  });

  test('with neither, it says what the machine lacks', async () => {
    const choice = await chooseStack({}, machine(['no java was found'], 'no engine answers'));
    expect(choice).toEqual({ kind: 'native', problems: ['no java was found'] });
  });
});

describe('with QCC_STACK', () => {
  test('native is native, also where Docker would do', async () => {
    const choice = await chooseStack({ QCC_STACK: 'native' }, machine(['no java was found'], null));
    expect(choice).toEqual({ kind: 'native', problems: ['no java was found'] });
  });

  test('docker is Docker, also where the machine would do', async () => {
    expect(await chooseStack({ QCC_STACK: 'docker' }, machine([], null))).toEqual({ kind: 'docker', problems: [] });
  });

  test('docker without an engine is refused with the remedy', async () => {
    const { kind, problems } = await chooseStack({ QCC_STACK: 'docker', PATH: join(folder, 'nowhere') });
    expect(kind).toBe('docker');
    expect(problems).toEqual([
      'QCC_STACK is docker, and no Docker engine answers (`docker info` says why). ' +
        'Start a Docker engine with compose, or unset QCC_STACK to do without Docker.',
    ]);
  });

  test('another word is refused', async () => {
    const { problems } = await chooseStack({ QCC_STACK: 'podman' }, machine([], null));
    expect(problems).toEqual(['QCC_STACK must be native or docker, not "podman"']);
  });
});
