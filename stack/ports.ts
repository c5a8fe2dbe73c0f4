import getPort from 'get-port';

/** Below the range from which systems draw the ports of outgoing connections. */
const STEADY_PORTS = { first: 15_000, count: 15_000 } as const;

/**
 * Each worker of the tests draws from its own part of the range. A port is free until its server listens, which takes seconds, and
 * another worker could draw it in between.
 */
const PARTS = 50;
const partOfThisWorker = (): { first: number; count: number } => {
  const count = STEADY_PORTS.count / PARTS;
  return { first: STEADY_PORTS.first + (Number(process.env.VITEST_POOL_ID ?? 0) % PARTS) * count, count };
};

/**
 * A free loopback port for a server that is not started yet, or that ends and starts again: in between, no outgoing connection is
 * given its port. This process gives it to nobody else for some seconds.
 */
export const steadyPort = (): Promise<number> => {
  const { first, count } = partOfThisWorker();
  return getPort({
    host: '127.0.0.1',
    port: Array.from({ length: 100 }, () => first + Math.floor(Math.random() * count)),
  });
};

/** Draws so many different ports, as `steadyPort` does. */
export async function steadyPorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await steadyPort());
  return [...ports];
}
