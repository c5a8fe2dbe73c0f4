/** For every command that starts processes: they end with it, at any moment and however it ends. */
import { mkdtempSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { endEverything, rememberFolder } from './orphans.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
type EndSignal = (typeof SIGNALS)[number];

/** A terminal, npm and the bootstrap may each pass on the same Ctrl-C: signals this close together are one. */
const ONE_SIGNAL_MS = 1_000;

/** The exit code by which a shell knows the signal. */
export const exitCodeOf = (signal: EndSignal): number => 128 + constants.signals[signal];

/**
 * Kills all child processes of this one and removes its temporary folders when it exits, and makes it exit with 128 + n
 * on SIGINT, SIGTERM and SIGHUP, or on SIGHUP's code if its parent disappears. Nothing interrupts the end: it blocks.
 * @param orderly Called on the first signal instead, for a command that ends its parts in order. A later signal forces.
 */
export function endWithMe({ orderly }: { orderly?: (signal: EndSignal) => void } = {}): void {
  let toldAt: number | undefined;
  const told = (signal: EndSignal): void => {
    const again = toldAt !== undefined && performance.now() - toldAt > ONE_SIGNAL_MS;
    if (!orderly || again) {
      console.error(`\nended by ${signal}; nothing is left running`);
      process.exit(exitCodeOf(signal));
    }
    if (toldAt !== undefined) return;
    toldAt = performance.now();
    orderly(signal);
  };
  for (const signal of SIGNALS) process.on(signal, told);
  process.on('disconnect', () => told('SIGHUP'));
  // The channel to the bootstrap alone does not keep the command running.
  process.channel?.unref();
  process.on('exit', endEverything);
}

/** Makes the temporary folder of this run, in which it and its children make theirs. It is removed when the run ends. */
export function openScratchFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `qcc-${name}-`));
  rememberFolder(folder);
  process.env.TMPDIR = folder;
  return folder;
}
