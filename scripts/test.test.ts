import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';

test.each(['SIGTERM', 'SIGHUP'] as const)(
  'npm test that gets %s begins no further part, and says that it failed',
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
    expect(await ended).toEqual([1, null]);
    expect(said).toContain('lint: failed');
    expect(said).not.toContain('> types');
  },
);
