import { watchProbe } from 'qcc-core/base/watch-probe';
import { CommandFailure, type Watch } from './terminal.ts';

/**
 * Does work while every part that it names to `watch` answers. Clients wait for a part that hangs for a minute or for ever;
 * the work is left behind then.
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
  // What fails in it later is the consequence of what was told.
  working.catch(() => {});
  return await Promise.race([working, silence.promise]);
}

const REMEDY = 'it may be stopped or overloaded, or its machine cannot be reached; nothing more was done';
