import type { ContainerLimits } from './composition.ts';

const MIB = 1_024 ** 2;
/** Largest limits that pass. The extractor's includes its spool. */
const MOST_BYTES = { others: 1_024 * MIB, 'archive-extractor': 3_072 * MIB } as const;

/** Returns a sentence for each limit that a container lacks. */
export const limitProblems = (containers: ReadonlyMap<string, ContainerLimits>): string[] =>
  [...containers].flatMap(([service, { State, Config, HostConfig }]) => {
    const most = service === 'archive-extractor' ? MOST_BYTES[service] : MOST_BYTES.others;
    const holds = {
      'is healthy': State.Health?.Status === 'healthy',
      'runs as user 1000': Config.User === '1000:1000',
      'has a read-only root': HostConfig.ReadonlyRootfs,
      'has no capabilities': HostConfig.CapDrop?.includes('ALL') ?? false,
      'gains no privileges': HostConfig.SecurityOpt?.includes('no-new-privileges:true') ?? false,
      'has a limit of memory': HostConfig.Memory > 0 && HostConfig.Memory <= most,
      'has a limit of processes': (HostConfig.PidsLimit ?? 0) > 0,
    };
    return Object.entries(holds).flatMap(([what, isSo]) => (isSo ? [] : [`${service}: "${what}" does not hold`]));
  });
