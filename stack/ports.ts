import getPort from 'get-port';

/** Below the range from which systems draw the ports of outgoing connections. */
const STEADY_PORTS = { first: 15_000, count: 15_000 } as const;

/**
 * Free loopback ports for a server that ends and starts again on the same port: while it is away, no outgoing
 * connection is given its port.
 */
export async function steadyPorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const draw = Array.from({ length: 100 }, () => STEADY_PORTS.first + Math.floor(Math.random() * STEADY_PORTS.count));
    ports.add(await getPort({ host: '127.0.0.1', port: draw }));
  }
  return [...ports];
}
