import { get } from 'node:https';
import { buffer } from 'node:stream/consumers';

/**
 * A `fetch` for GET requests that trusts the given authority (PEM) instead of the system's. Node's own `fetch` takes none.
 * It follows no redirects.
 */
export const fetchWithCa = (ca: string): typeof fetch => {
  const ask = async (url: unknown, { headers, signal }: RequestInit = {}): Promise<Response> => {
    const answer = Promise.withResolvers<Response>();
    const request = get(String(url), { ca, headers: headers as Record<string, string>, ...(signal && { signal }) });
    request.on('error', answer.reject);
    request.on('response', (response) => {
      buffer(response).then(
        (body) => answer.resolve(new Response(body, { status: response.statusCode ?? 502 })),
        answer.reject,
      );
    });
    return await answer.promise;
  };
  return ask as typeof fetch;
};
