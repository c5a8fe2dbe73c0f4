import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { V8_FLAGS } from '../../scripts/v8-flags.ts';
import { startChild } from '../../stack/child.ts';
import { ROOT } from '../../stack/places.ts';
import { PATIENCE } from '../harness/patience.ts';
import { until } from '../harness/until.ts';

/** An instance of the enricher as a process of its own. */
export function startEnricher(env: Record<string, string>): ChildProcess {
  const main = join(ROOT, 'services', 'detail-enricher', 'src', 'main.ts');
  const flags = ['--disable-warning=TimeoutNegativeWarning', ...V8_FLAGS['detail-enricher']];
  return startChild(process.execPath, [...flags, main], {
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
