import { once } from 'node:events';
import { createServer } from 'node:net';

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
