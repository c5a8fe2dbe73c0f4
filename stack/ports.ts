import getPort from 'get-port';

/** Below the range from which systems draw the ports of outgoing connections. */
const STEADY_PORTS = { first: 15_000, count: 15_000 } as const;

/**
 * A free loopback port for a server that is not started yet, or that ends and starts again: in between, no outgoing connection is
 * given its port. This process gives it to nobody else for some seconds.
 */
export const steadyPort = (): Promise<number> =>
  getPort({
    host: '127.0.0.1',
    port: Array.from({ length: 100 }, () => STEADY_PORTS.first + Math.floor(Math.random() * STEADY_PORTS.count)),
  });

/** Draws so many different ports, as `steadyPort` does. */
export async function steadyPorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await steadyPort());
  return [...ports];
}
