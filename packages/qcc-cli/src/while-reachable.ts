import { watchProbe } from 'qcc-core/base/watch-probe';
import { CommandFailure, type Watch } from './terminal.ts';

/**
 * Runs the work as long as every part passed to `watch` answers. A client may wait a minute or for ever for a part that hangs, so this
 * then stops waiting for the work.
 * @throws CommandFailure that names the part, once it has not answered for 5 s; and what the work throws.
 */
export async function whileReachable<Result>(work: (watch: Watch) => Promise<Result>): Promise<Result> {
  const silence = Promise.withResolvers<never>();
  silence.promise.catch(() => {});
  await using watches = new AsyncDisposableStack();
  const watched = new Set<string>();
  const watch: Watch = (probe) => {
    if (watches.disposed || watched.has(probe.what)) return;
    watched.add(probe.what);
    watches.use(
      watchProbe(probe, (state) => {
        if (state.kind === 'silent') silence.reject(new CommandFailure(`${state.problem}: ${REMEDY}`));
      }),
    );
  };
  const working = work(watch);
  // If the abandoned work fails later, that follows from the problem that was already reported, so it is ignored.
  working.catch(() => {});
  return await Promise.race([working, silence.promise]);
}

const REMEDY = 'it may be stopped or overloaded, or its machine cannot be reached; nothing more was done';
