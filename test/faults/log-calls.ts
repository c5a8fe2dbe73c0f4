import diagnostics from 'node:diagnostics_channel';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';

/** Milliseconds since the epoch at which a call of QCC was begun, and its endpoint. */
export type StartedCall = { at: number; endpoint: string };

/**
 * Writes a line to the file for every call of QCC, at the moment when this process passes it to the HTTP client. A server would see it
 * later, because the call may wait for a connection and takes time on its way.
 */
export function logCalls(file: string): void {
  diagnostics.subscribe('undici:request:create', (message) => {
    const endpoint = endpointOf(message);
    if (endpoint) appendFileSync(file, `${JSON.stringify({ at: Date.now(), endpoint })}\n`);
  });
}

export const readCalls = (file: string): StartedCall[] =>
  existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line))
    : [];

/** The query is left out: it holds the key. */
function endpointOf(message: unknown): string | undefined {
  if (typeof message !== 'object' || message === null || !('request' in message)) return undefined;
  const { request } = message;
  if (typeof request !== 'object' || request === null || !('path' in request)) return undefined;
  return /\/dd_corp_monitor\/(\w+)/.exec(String(request.path))?.[1];
}
