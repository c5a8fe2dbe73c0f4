import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage, RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Download, type DownloadOutcome, downloadArchive } from 'qcc-core/qcc/download';
import { startLoopbackServer } from 'qcc-core/testing/loopback-server';
import { HIDDEN_ADDRESSES, HIDDEN_HOSTS, OTHER_LINKS, PUBLIC_ADDRESSES } from '../inputs/links.ts';
import { recordConnects } from '../record-connects.ts';
import { createTally, type HostileInput, type HostileRow, type Tally } from '../row.ts';

const NAME = 'files.test';
const QUERY = '?Expires=1615884598&OSSAccessKeyId=LTAI&Signature=canary';
const REBINDS = 100;
const TIMEOUT_MS = 10_000;

type Lookup = NonNullable<Download['lookup']>;
type Answer = { address: string; family: number };

/** A resolver that gives these responses, and counts how often it is asked. */
function resolveTo(answers: (asked: number) => readonly string[]) {
  let asked = 0;
  const lookup = (_name: string, options: { all?: boolean }, callback: (error: null, ...found: unknown[]) => void) => {
    const found = answers(asked++).map((address): Answer => ({ address, family: address.includes(':') ? 6 : 4 }));
    // Later, as the system's resolver does: undici is not made for answers within the call.
    if (options.all) setImmediate(callback, null, found);
    else setImmediate(callback, null, found[0]?.address, found[0]?.family);
  };
  return { lookup: lookup as unknown as Lookup, asked: () => asked };
}

type Bench = {
  attempt(
    name: string,
    download: Pick<Download, 'url' | 'allowedHosts'> & Partial<Download>,
    expected: { outcome: (outcome: DownloadOutcome) => boolean; attempts?: readonly string[] },
  ): Promise<void>;
  tally: Tally;
};

const isRefused = ({ kind }: DownloadOutcome): boolean => kind === 'refused';

/**
 * Runs the extractor's own download and records every connect attempt of the process. Only the expected attempts may occur, whatever the
 * outcome says. A link is refused before a packet is sent; only names of allowed hosts are looked up.
 */
export const links: HostileRow = {
  name: 'links',
  title:
    'links: literals of every notation, private, loopback, link-local, metadata and IPv6-mapped addresses, names that lead there, DNS that answers public then private, redirects, other ports, users, other schemes; the same through a forward proxy',
  mustHold:
    'the process connects only to the allowed host (or the proxy); requests to the file host contain nothing of the account',
  async run(input) {
    await using opened = new AsyncDisposableStack();
    const folder = await mkdtemp(join(tmpdir(), 'qcc-links-'));
    opened.defer(() => rm(folder, { recursive: true }));
    const seen: IncomingMessage[] = [];
    const fileHost = opened.use(await startLoopbackServer(redirector(seen)));
    const proxy = opened.use(await startLoopbackServer(proxyOf(seen)));
    const recorder = opened.use(recordConnects());
    const tally = createTally();
    const toFile = join(folder, 'x.zip');

    const bench: Bench = {
      tally,
      async attempt(name, download, { outcome: isRight, attempts = [] }) {
        const before = recorder.attempts.length;
        const outcome = await downloadArchive({
          toFile,
          allowPrivateHosts: false,
          maxBytes: 1_000_000,
          timeoutMs: TIMEOUT_MS,
          ...download,
        });
        const made = recorder.attempts.slice(before);
        const isAllowed = made.join() === attempts.join();
        const isSilent = !JSON.stringify(outcome).includes('canary') && !existsSync(toFile);
        const said = `${JSON.stringify(outcome)}, connected to ${made.join() || 'nothing'}`;
        tally.count(name, isRight(outcome) && isAllowed && isSilent ? null : said);
      },
    };
    const notes: string[] = [];
    await attackDirectly(bench, fileHost.port);
    await attackByRedirects(bench, fileHost.port);
    await attackByProxy(bench, proxy);
    notes.push(await attackByNames(bench, input));
    countRequests(tally, seen);
    notes.push(`${recorder.attempts.length} connect attempts, ${seen.length} requests received`);
    return tally.figures(notes);
  },
};

/** Only an address can be listed and refused all the same; a listed name is a matter of what it resolves to. */
const isAddress = (host: string): boolean => /^[\d.]+$|^\[/.test(host);

/** Links to hidden hosts that are not listed, and, worse, to ones that are; then links that only look like the allowed one. */
async function attackDirectly({ attempt }: Bench, port: number): Promise<void> {
  for (const [name, host] of HIDDEN_HOSTS) {
    for (const authority of [host, `${host}:${port}`]) {
      const url = `http://${authority}/x.zip${QUERY}`;
      await attempt(`${name}, ${authority}`, { url, allowedHosts: [NAME] }, { outcome: isRefused });
      const parsed = URL.parse(url);
      if (parsed && !isAddress(parsed.hostname)) continue;
      const listed = parsed?.host ?? authority;
      await attempt(`${name}, ${authority}, listed`, { url, allowedHosts: [listed] }, { outcome: isRefused });
    }
  }
  for (const [name, link] of OTHER_LINKS) {
    const url = link.replaceAll('HOST', NAME).replaceAll('PORT', String(port));
    await attempt(name, { url, allowedHosts: [`${NAME}:${port}`] }, { outcome: isRefused });
  }
}

/** Codes and places of redirects, upgrades and demands for a login: none is followed or answered. */
const REDIRECTS = [301, 302, 303, 305, 307, 308].flatMap((status) =>
  ['http://127.0.0.1:9/', 'http://169.254.169.254/', '//evil.test/', 'file:///etc/passwd', '/again'].map(
    (location) => ({
      status,
      location,
    }),
  ),
);
const ODD_STATUSES = [204, 206, 300, 304, 401, 407, 421, 426];

const redirector =
  (seen: IncomingMessage[]): RequestListener =>
  (request, response) => {
    seen.push(request);
    const query = new URL(request.url ?? '/', 'http://x').searchParams;
    const location = query.get('location');
    response.writeHead(Number(query.get('status')), {
      ...(location && { location, refresh: `0; url=${location}`, 'alt-svc': 'h2="evil.test:443"' }),
      'www-authenticate': 'Basic realm="x"',
      'proxy-authenticate': 'Basic realm="x"',
      'set-cookie': 'a=b',
    });
    response.end();
  };

async function attackByRedirects({ attempt }: Bench, port: number): Promise<void> {
  const answers = [...REDIRECTS, ...ODD_STATUSES.map((status) => ({ status, location: '' }))];
  for (const { status, location } of answers) {
    const query = new URLSearchParams({ status: String(status), location });
    await attempt(
      `HTTP ${status} to ${location}`,
      { url: `http://127.0.0.1:${port}/?${query}`, allowedHosts: [`127.0.0.1:${port}`], allowPrivateHosts: true },
      { outcome: (outcome) => outcome.kind === 'http' && outcome.status === status, attempts: [`127.0.0.1 ${port}`] },
    );
  }
}

/** The proxy serves nothing; what counts is what it is asked for. */
const proxyOf =
  (seen: IncomingMessage[]): RequestListener =>
  (request, response) => {
    seen.push(request);
    response.writeHead(302, { location: 'http://169.254.169.254/' }).end();
  };

async function attackByProxy({ attempt }: Bench, proxy: { url: string; port: number }): Promise<void> {
  const proxyUrl = proxy.url.replace('http://', 'http://proxy-user:proxy-password@');
  const attempts = [`127.0.0.1 ${proxy.port}`];
  for (const [name, host] of HIDDEN_HOSTS) {
    const url = `http://${host}/x.zip${QUERY}`;
    await attempt(`by proxy: ${name}`, { url, allowedHosts: [NAME], proxyUrl }, { outcome: isRefused });
    const parsed = URL.parse(url);
    if (parsed && !isAddress(parsed.hostname)) continue;
    const listed = parsed?.host ?? host;
    await attempt(`by proxy: ${name}, listed`, { url, allowedHosts: [listed], proxyUrl }, { outcome: isRefused });
  }
  for (const [name, link] of OTHER_LINKS) {
    const url = link.replaceAll('HOST', NAME).replaceAll('PORT', '8080');
    await attempt(`by proxy: ${name}`, { url, allowedHosts: [`${NAME}:8080`], proxyUrl }, { outcome: isRefused });
  }
  await attempt(
    'by proxy: a redirect of the allowed host',
    { url: `http://${NAME}/x.zip`, allowedHosts: [NAME], proxyUrl },
    { outcome: (outcome) => outcome.kind === 'http' && outcome.status === 302, attempts },
  );
}

/** An allowed name whose addresses are hidden, mixed, or change between one look-up and the next. */
async function attackByNames({ attempt, tally }: Bench, { random }: HostileInput): Promise<string> {
  const allowedHosts = [NAME];
  for (const scheme of ['http', 'https']) {
    const url = `${scheme}://${NAME}/x.zip${QUERY}`;
    for (const address of HIDDEN_ADDRESSES) {
      for (const addresses of [[address], [PUBLIC_ADDRESSES[0]!, address], [address, PUBLIC_ADDRESSES[0]!]]) {
        const { lookup } = resolveTo(() => addresses);
        await attempt(
          `${scheme} to a name at ${addresses.join()}`,
          { url, allowedHosts, lookup },
          { outcome: isRefused },
        );
      }
    }
  }
  let rebinds = 0;
  for (; rebinds < REBINDS; rebinds++) {
    const [shown, hidden] = [random.pick(PUBLIC_ADDRESSES), random.pick(HIDDEN_ADDRESSES)];
    const [scheme, port] = random.chance(0.5) ? ['http', 80] : ['https', 443];
    // What was looked up first is what is connected to: whoever looks up twice is shown the hidden one.
    const { lookup, asked } = resolveTo((time) => [time === 0 ? shown : hidden]);
    const download = { url: `${scheme}://${NAME}/x.zip${QUERY}`, allowedHosts, lookup };
    await attempt(`rebind ${rebinds} from ${shown} to ${hidden}`, download, {
      outcome: ({ kind }) => kind === 'network',
      attempts: [`${shown} ${port}`],
    });
    await attempt(`rebind ${rebinds}, the next download`, download, { outcome: isRefused });
    tally.count(`rebind ${rebinds}, look-ups`, asked() === 2 ? null : `${asked()} look-ups for two downloads`);
  }
  return `${rebinds} rebinds: each download looked its name up once, and connected to that address or to none`;
}

const HEADERS_ALLOWED = ['connection', 'host', 'proxy-authorization', 'proxy-connection'];

function countRequests(tally: Tally, seen: readonly IncomingMessage[]): void {
  for (const { method, url, headers } of seen) {
    const others = Object.keys(headers).filter((header) => !HEADERS_ALLOWED.includes(header));
    const isPlain = method === 'GET' && others.length === 0 && !/token|timespan|key=/i.test(`${url}`);
    tally.count(`what ${headers.host} was sent`, isPlain ? null : `${method} ${url} with ${others.join()}`);
  }
}
