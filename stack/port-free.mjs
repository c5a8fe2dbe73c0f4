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
  if (await isPortFree(port)) return;
  throw new PortTakenError(part, port, variable ? `set ${variable} to another port.` : 'end what else runs here.');
}

/**
 * @param {number} port
 * @returns {Promise<boolean>} whether nothing listens on the loopback port. To find out, it holds the port for a moment.
 */
export async function isPortFree(port) {
  const probe = await holdPort(port);
  if (probe) probe.close();
  return probe !== undefined;
}

/**
 * @param {number} port
 * @returns {Promise<import('node:net').Server | undefined>} what holds the loopback port until it is closed or the process ends, which it
 *   does not keep from ending; undefined when something else listens on the port.
 */
export async function holdPort(port) {
  const holder = createServer((socket) => socket.destroy());
  holder.listen({ port, host: '127.0.0.1', exclusive: true });
  try {
    await once(holder, 'listening');
  } catch (error) {
    if (!(error instanceof Error) || Reflect.get(error, 'code') !== 'EADDRINUSE') throw error;
    return undefined;
  }
  return holder.unref();
}
