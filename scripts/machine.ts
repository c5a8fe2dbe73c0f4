import { availableParallelism, cpus, totalmem } from 'node:os';

/** What figures were measured on, in words. */
export const describeMachine = (): string =>
  `${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
