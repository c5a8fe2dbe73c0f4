import type { ContainerLimits } from './composition.ts';

/** A service keeps less memory than this; the extractor's spool in memory counts on top. */
const MOST_BYTES = 3 * 1_024 ** 3;

/** What the engine lets containers do beyond what they need, as sentences. */
export const limitProblems = (containers: ReadonlyMap<string, ContainerLimits>): string[] =>
  [...containers].flatMap(([service, { State, Config, HostConfig }]) => {
    const holds = {
      'is healthy': State.Health?.Status === 'healthy',
      'runs as user 1000': Config.User === '1000:1000',
      'has a read-only root': HostConfig.ReadonlyRootfs,
      'has no capabilities': HostConfig.CapDrop?.includes('ALL') ?? false,
      'gains no privileges': HostConfig.SecurityOpt?.includes('no-new-privileges:true') ?? false,
      'has a limit of memory': HostConfig.Memory > 0 && HostConfig.Memory <= MOST_BYTES,
      'has a limit of processes': (HostConfig.PidsLimit ?? 0) > 0,
    };
    return Object.entries(holds).flatMap(([what, isSo]) => (isSo ? [] : [`${service}: "${what}" does not hold`]));
  });
