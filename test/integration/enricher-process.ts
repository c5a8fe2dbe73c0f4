import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { startChild } from '../../stack/child.ts';
import { ROOT } from '../../stack/places.ts';
import { PATIENCE } from '../harness/patience.ts';
import { until } from '../harness/until.ts';

/** An instance of the enricher as a process of its own. */
export function startEnricher(env: Record<string, string>): ChildProcess {
  const main = join(ROOT, 'services', 'detail-enricher', 'src', 'main.ts');
  return startChild(process.execPath, ['--disable-warning=TimeoutNegativeWarning', main], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}

/** Resolves to the exit code, null where the signal ended it. @throws Error if it does not end: it is killed then. */
export async function end(enricher: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
  if (enricher.exitCode !== null || enricher.signalCode !== null) return enricher.exitCode;
  const isGone = async (): Promise<boolean> => enricher.exitCode !== null || enricher.signalCode !== null;
  enricher.kill(signal);
  try {
    await until(`the enricher ends by ${signal}`, PATIENCE.timeout, isGone, 10);
  } finally {
    enricher.kill('SIGKILL');
  }
  return enricher.exitCode;
}
