import { type LoopbackServer, startLoopbackServer } from 'qcc-core/testing/loopback-server';

export type RegistryProxy = AsyncDisposable & {
  readonly url: string;
  /** The paths that it was asked for. */
  asked: string[];
  /** The status that it answers with for a path, instead of asking the registry; undefined asks it. */
  refuse: (path: string) => number | undefined;
};

/** A proxy in front of the schema registry that refuses what it is told to. */
export async function startRegistryProxy(registryUrl: string): Promise<RegistryProxy> {
  const { origin, pathname } = new URL(registryUrl);
  const state: Pick<RegistryProxy, 'asked' | 'refuse'> = { asked: [], refuse: () => undefined };
  const server: LoopbackServer = await startLoopbackServer(async (request, response) => {
    const path = request.url ?? '';
    state.asked.push(path);
    const status = state.refuse(path);
    if (status !== undefined) return response.writeHead(status).end(`default backend - ${status}`);
    const body = await new Response(ReadableStream.from(request)).text();
    const answer = await fetch(new URL(`${pathname}${path}`, origin), {
      method: request.method ?? 'GET',
      headers: { 'content-type': request.headers['content-type'] ?? 'application/json' },
      ...(body !== '' && { body }),
    });
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text());
  });
  return Object.assign(state, { url: server.url, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() });
}
