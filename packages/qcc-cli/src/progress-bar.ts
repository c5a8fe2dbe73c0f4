import cliProgress from 'cli-progress';
import type { ProgressBar } from './terminal.ts';

/** A bar on standard error that goes away when it is disposed. */
export function startProgressBar(total: number): ProgressBar {
  const bar = new cliProgress.SingleBar({
    format: '{bar} {percentage}% | {value} of {total} | {eta_formatted} left',
    clearOnComplete: true,
  });
  bar.start(total, 0);
  return { advance: (count) => bar.increment(count), [Symbol.dispose]: () => bar.stop() };
}
