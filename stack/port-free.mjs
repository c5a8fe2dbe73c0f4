// In the syntax of Node 12, see places.mjs.
import { once } from 'node:events';
import { createServer } from 'node:net';

export class PortTakenError extends Error {
  /**
   * @param {string} part
   * @param {number} port
   * @param {string} remedy
   */
  constructor(part, port, remedy) {
    super(
      `${part} cannot start: port ${port} on 127.0.0.1 is taken. ` +
        `\`lsof -nP -iTCP:${port} -sTCP:LISTEN\` shows by whom; end that process, or ${remedy}`,
    );
    this.name = 'PortTakenError';
  }
}

/**
 * @param {string} part what needs the port
 * @param {number} port
 * @param {string} [variable] the setting that gives another port
 * @throws PortTakenError when something listens on the loopback port already.
 */
export async function assertPortFree(part, port, variable) {
  const probe = createServer();
  try {
    probe.listen({ port, host: '127.0.0.1', exclusive: true });
    await once(probe, 'listening');
  } catch (error) {
    if (!(error instanceof Error) || Reflect.get(error, 'code') !== 'EADDRINUSE') throw error;
    throw new PortTakenError(part, port, variable ? `set ${variable} to another port.` : 'end what else runs here.');
  } finally {
    probe.close();
  }
}
