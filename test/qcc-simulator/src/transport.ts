import { once } from 'node:events';
import { STATUS_CODES } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Context } from 'hono';
import type { TransportFault } from './faults.ts';

export type ServerContext = Context<{ Bindings: HttpBindings }>;

/** Fails a request below HTTP's level or with a gateway's page; returns what Hono is to be given. */
export async function failRequest(context: ServerContext, fault: TransportFault, hangMs: number): Promise<Response> {
  const { socket } = context.env.incoming;
  switch (fault) {
    case 'serverError':
      return context.html(`<html><head><title>${STATUS_CODES[503]}</title></head><body>nginx</body></html>`, 503);
    case 'timeout': {
      const timer = setTimeout(() => socket.destroy(), hangMs);
      await once(socket, 'close');
      clearTimeout(timer);
      return RESPONSE_ALREADY_SENT;
    }
    case 'reset':
      socket.resetAndDestroy();
      return RESPONSE_ALREADY_SENT;
  }
}

/** How a failed request stands in the count of calls. */
export const FAULT_CODES: Readonly<Record<TransportFault, string>> = {
  serverError: 'HTTP_503',
  timeout: 'TIMEOUT',
  reset: 'RESET',
};
