import { expect, test } from 'vitest';
import type { ContainerLimits } from './composition.ts';
import { limitProblems } from './limit-problems.ts';

const SOUND: ContainerLimits = {
  State: { Health: { Status: 'healthy' } },
  Config: { User: '1000:1000' },
  HostConfig: {
    ReadonlyRootfs: true,
    CapDrop: ['ALL'],
    SecurityOpt: ['no-new-privileges:true'],
    Memory: 512 * 1_024 ** 2,
    PidsLimit: 256,
  },
};
const problemsOf = (container: ContainerLimits) => limitProblems(new Map([['sink', container]]));

test('a container that may do only what it needs has no problem', () => {
  expect(problemsOf(SOUND)).toEqual([]);
});

test.each<[string, ContainerLimits]>([
  ['is healthy', { ...SOUND, State: { Health: { Status: 'starting' } } }],
  ['is healthy', { ...SOUND, State: {} }],
  ['runs as user 1000', { ...SOUND, Config: { ...SOUND.Config, User: '' } }],
  ['has a read-only root', { ...SOUND, HostConfig: { ...SOUND.HostConfig, ReadonlyRootfs: false } }],
  ['has no capabilities', { ...SOUND, HostConfig: { ...SOUND.HostConfig, CapDrop: null } }],
  ['gains no privileges', { ...SOUND, HostConfig: { ...SOUND.HostConfig, SecurityOpt: [] } }],
  ['has a limit of memory', { ...SOUND, HostConfig: { ...SOUND.HostConfig, Memory: 0 } }],
  ['has a limit of memory', { ...SOUND, HostConfig: { ...SOUND.HostConfig, Memory: 2_048 * 1_024 ** 2 } }],
  ['has a limit of processes', { ...SOUND, HostConfig: { ...SOUND.HostConfig, PidsLimit: null } }],
])('names the limit "%s" if a container lacks it', (what, container) => {
  expect(problemsOf(container)).toEqual([`sink: "${what}" does not hold`]);
});
