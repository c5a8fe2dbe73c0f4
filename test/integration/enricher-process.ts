import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { startChild } from '../../stack/child.ts';
import { ROOT } from '../../stack/places.ts';

/** An instance of the enricher as a process of its own. */
export function startEnricher(env: Record<string, string>): ChildProcess {
  const main = join(ROOT, 'services', 'detail-enricher', 'src', 'main.ts');
  return startChild(process.execPath, ['--disable-warning=TimeoutNegativeWarning', main], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}

/** Resolves to the exit code, null where the signal ended it. */
export async function end(enricher: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
  if (enricher.exitCode !== null || enricher.signalCode !== null) return enricher.exitCode;
  const exited = once(enricher, 'exit');
  enricher.kill(signal);
  const [code] = await exited;
  return code;
}
