import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  'npm test that gets %s ends the part that runs, begins no further one, and exits with the code of the signal',
  async (signal) => {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'test.ts')], { stdio: 'pipe' });
    const ended = once(child, 'close');
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => {
        said += text;
      });
    await vi.waitUntil(() => said.includes('> lint'), { timeout: 30_000 });
    child.kill(signal);
    expect(await ended).toEqual([128 + constants.signals[signal], null]);
    expect(said).toContain(`ended by ${signal}; nothing is left running`);
    expect(said).not.toContain('> types');
  },
);
