import { once } from 'node:events';
import { createServer } from 'node:net';
import getPort from 'get-port';

export class PortTakenError extends Error {
  override readonly name = 'PortTakenError';
  constructor(part: string, port: number, remedy: string) {
    super(
      `${part} cannot start: port ${port} on 127.0.0.1 is taken. ` +
        `\`lsof -nP -iTCP:${port} -sTCP:LISTEN\` shows by whom; end that process, or ${remedy}`,
    );
  }
}

/** @throws PortTakenError when something listens on the loopback port already. */
export async function assertPortFree(part: string, port: number, variable?: string): Promise<void> {
  const probe = createServer();
  try {
    probe.listen({ port, host: '127.0.0.1', exclusive: true });
    await once(probe, 'listening');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
    throw new PortTakenError(part, port, variable ? `set ${variable} to another port.` : 'end what else runs here.');
  } finally {
    probe.close();
  }
}

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
