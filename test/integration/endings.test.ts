import { constants } from 'node:os';
import { expect, test } from 'vitest';
import { KAFKA, startCommand } from './endings/command.ts';

const npmRun = (...args: readonly string[]) => startCommand(['scripts/bootstrap.mjs', ...args, '--short']);

const A_SERVICE_OF_THE_CAMPAIGN = 'test/faults/roots/';

test.each([
  { signal: 'SIGINT', moment: 'Kafka formats its folder', run: ['bench', '--only', 'extract'], words: ['StorageTool'] },
  { signal: 'SIGTERM', moment: 'Kafka starts', run: ['chaos', '--only', 'kills'], words: [KAFKA] },
  { signal: 'SIGHUP', moment: 'its servers start', run: ['hostile', '--only', 'json'], words: [KAFKA, '--http_port'] },
  {
    signal: 'SIGTERM',
    moment: 'a peer runs',
    run: ['bench', '--only', 'gateway'],
    words: ['callback-gateway', 'bare-gateway'],
  },
] as const)(
  'npm run $run.0 that gets $signal while $moment leaves no process and no folder',
  { tags: 'whole' },
  async (each) => {
    const { signal, run, words } = each;
    using command = npmRun(...run);
    const seen = await command.untilRuns(words);
    command.process.kill(signal);
    expect(await command.ended).toEqual([128 + constants.signals[signal], null]);
    await command.untilNothingIsLeft(seen);
  },
);

test('a command that gets SIGINT twice leaves no process and no folder', { tags: 'whole' }, async () => {
  using command = npmRun('chaos', '--only', 'kills');
  const seen = await command.untilRuns([KAFKA, A_SERVICE_OF_THE_CAMPAIGN]);
  command.process.kill('SIGINT');
  command.process.kill('SIGINT');
  expect(await command.ended).toEqual([130, null]);
  await command.untilNothingIsLeft(seen);
});

test.each(['the bootstrap', 'the command'] as const)(
  '%s that is killed leaves no process and no folder',
  { tags: 'whole' },
  async (which) => {
    using command = npmRun('chaos', '--only', 'kills');
    const seen = await command.untilRuns([KAFKA, A_SERVICE_OF_THE_CAMPAIGN]);
    const child = seen.find((each) => each.command.includes('scripts/chaos.ts'))!;
    process.kill(which === 'the bootstrap' ? command.process.pid! : child.pid, 'SIGKILL');
    await command.untilNothingIsLeft(seen);
  },
);
