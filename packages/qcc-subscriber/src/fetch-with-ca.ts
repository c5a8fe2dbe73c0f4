import { get } from 'node:https';
import { buffer } from 'node:stream/consumers';

/** A `Response` with one of these takes no body, not even an empty one. */
const WITHOUT_BODY: readonly number[] = [204, 205, 304];

/**
 * A `fetch` for GET requests over https that trusts the given authority (PEM) instead of the system's. Node's own `fetch` takes none.
 * It follows no redirects.
 */
export const fetchWithCa = (ca: string): typeof fetch => {
  const ask = async (url: unknown, { headers, signal }: RequestInit = {}): Promise<Response> => {
    const answer = Promise.withResolvers<Response>();
    const request = get(String(url), { ca, headers: headers as Record<string, string>, ...(signal && { signal }) });
    request.on('error', answer.reject);
    request.on('response', (response) => {
      const status = response.statusCode ?? 502;
      buffer(response)
        .then((body) => answer.resolve(new Response(WITHOUT_BODY.includes(status) ? null : body, { status })))
        .catch(answer.reject);
    });
    return await answer.promise;
  };
  return ask as typeof fetch;
};
