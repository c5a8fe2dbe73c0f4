import { once } from 'node:events';
import { join } from 'node:path';
import type { AnyServiceName } from '../../scripts/admin-ports.mjs';
import { V8_FLAGS } from '../../scripts/v8-flags.ts';
import { killChild, startChild } from '../../stack/child.ts';
import { ROOT } from '../../stack/places.ts';
import { COMPILE_CACHE } from './compile-cache.ts';

export type StartedService = AsyncDisposable & {
  /** Resolves when the process is gone, with all it said on standard error. */
  ended: Promise<{ code: number | null; said: string }>;
  /** Asks it to end, as an orchestrator does. */
  stop(): void;
};

/** Starts a service as a separate process, as its image does. Its environment is PATH, the compile cache and the given variables. */
export function startService(service: AnyServiceName, env: Readonly<Record<string, string>>): StartedService {
  const child = startChild(
    process.execPath,
    [
      '--disable-warning=TimeoutNegativeWarning',
      ...V8_FLAGS[service],
      join(ROOT, 'services', service, 'src', 'main.ts'),
    ],
    { cwd: ROOT, stdio: ['ignore', 'ignore', 'pipe'], env: { PATH: process.env.PATH, ...COMPILE_CACHE, ...env } },
  );
  let said = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const ended = once(child, 'close').then(([code]: (number | null)[]) => ({ code: code ?? null, said }));
  return {
    ended,
    stop: () => void child.kill('SIGTERM'),
    async [Symbol.asyncDispose]() {
      killChild(child);
      await ended;
    },
  };
}
