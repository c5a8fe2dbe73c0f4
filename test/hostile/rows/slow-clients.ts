import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { getRequest, sendRaw } from '../raw-request.ts';
import { createTally, type HostileRow } from '../row.ts';

/** After which a slow client must be gone: the gateway's five seconds for a request, and some. */
const CLOSED_WITHIN_MS = 12_000;
/** The same in npm test, which may run on any machine, loaded ones too: closed by the limits, however late. */
const CLOSED_WITHIN_SHORT_MS = 60_000;
const TRICKLE_MS = 500;
const P99_LIMIT_MS = 100;

const BEGINNINGS = {
  'says nothing': '',
  'sends a header byte by byte': 'GET /qcc/callback?key=',
  'ends its headers never': 'GET /qcc/callback HTTP/1.1\r\nHost: a\r\n',
  'sends a body byte by byte': 'POST /qcc/callback HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n',
};

export const slowClients: HostileRow = {
  name: 'slow-clients',
  title: 'slow clients: sockets that say nothing, or send headers or a body byte by byte',
  mustHold: "a good callback's p99 stays below 100 ms meanwhile; the slow ones are closed",
  async run({ target, short, say }) {
    const { gatewayPort, canaries, simulator } = await target.open();
    const tally = createTally();
    const { orderNo } = await simulator.createOrder({ records: 5, callback: false });
    const good = getRequest(`/qcc/callback?key=${canaries.get('QCC_KEY')}&orderNo=${orderNo}`);
    // The first ones open connections to Kafka, and the order is extracted.
    for (let warm = 0; warm < 5; warm += 1) await sendRaw(gatewayPort, good);
    const quiet = await measure(gatewayPort, good, short ? 10 : 200);

    const withinMs = short ? CLOSED_WITHIN_SHORT_MS : CLOSED_WITHIN_MS;
    const names = Object.keys(BEGINNINGS) as (keyof typeof BEGINNINGS)[];
    const clients = Array.from({ length: short ? 200 : 1_000 }, (_, index) => names[index % names.length]!).map(
      (name) => ({ name, ...trickle(gatewayPort, BEGINNINGS[name], withinMs) }),
    );
    await Promise.all(clients.map(({ connected }) => connected));
    say(`${clients.length} slow clients are connected`);
    const besieged = await measure(gatewayPort, good, short ? 20 : 500);
    const closings = await Promise.all(
      clients.map(async ({ name, closedAfterMs }) => [name, await closedAfterMs] as const),
    );
    for (const [name, closedAfterMs] of closings)
      tally.count(`a client that ${name}`, closedAfterMs === null ? `was not closed within ${withinMs} ms` : null);

    const refused = besieged.filter(({ status }) => status !== 200).length;
    tally.count(
      'good callbacks meanwhile',
      refused === 0 ? null : `${refused} of ${besieged.length} were not told 200`,
    );
    // npm test may run on any machine: there the latency is a figure only.
    if (!short) tally.count('p99 of good callbacks', p99(besieged) < P99_LIMIT_MS ? null : `${p99(besieged)} ms`);
    return tally.figures([
      `p99 of ${besieged.length} good callbacks meanwhile ${p99(besieged)} ms; of ${quiet.length} before ${p99(quiet)} ms`,
      `the last slow client was closed after ${Math.max(...closings.map(([, ms]) => ms ?? Infinity))} ms`,
    ]);
  },
};

type Measured = { status: number | undefined; ms: number };

async function measure(port: number, request: string, times: number): Promise<Measured[]> {
  const measured: Measured[] = [];
  for (let time = 0; time < times; time += 1) {
    const began = performance.now();
    const answer = await sendRaw(port, request);
    measured.push({ status: answer?.status, ms: performance.now() - began });
  }
  return measured;
}

function p99(measured: readonly Measured[]): number {
  const sorted = measured.map(({ ms }) => ms).sort((a, b) => a - b);
  return Math.round(sorted[Math.floor(sorted.length * 0.99)] ?? 0);
}

/** Opens a connection and goes on sending, a byte at a time, until it is closed. */
function trickle(
  port: number,
  beginning: string,
  withinMs: number,
): { connected: Promise<void>; closedAfterMs: Promise<number | null> } {
  const socket: Socket = connect(port, '127.0.0.1');
  socket.on('error', () => {}).resume();
  const connected = new Promise<void>((resolve) => socket.once('connect', resolve));
  const closedAfterMs = (async () => {
    await connected;
    const began = performance.now();
    if (beginning !== '') socket.write(beginning);
    const beat = setInterval(() => beginning !== '' && socket.writable && socket.write('x'), TRICKLE_MS);
    const given = new AbortController();
    const closed = new Promise<number>((resolve) => socket.once('close', () => resolve(performance.now() - began)));
    const limit = sleep(withinMs, null, { signal: given.signal }).catch(() => null);
    const after = await Promise.race([closed, limit]);
    given.abort();
    clearInterval(beat);
    socket.destroy();
    return after === null ? null : Math.round(after);
  })();
  return { connected, closedAfterMs };
}
