import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import { API_PATH, createApi } from './api.ts';
import { writeArchive } from './archive.ts';
import { type CallbackResult, callbackRequestUrl, sendCallback } from './callbacks.ts';
import { type CallBook, createCallBook } from './calls.ts';
import { checkInput, InputError } from './check-input.ts';
import { type ClockSetting, createClock, type SettableClock } from './clock.ts';
import { CONTROL_PATH, createControl } from './control.ts';
import { type DayRequest, planDay } from './day.ts';
import { createFaults, type FaultControl, type Faults } from './faults.ts';
import { createFeed } from './feed.ts';
import { createFileHost } from './file-host.ts';
import { openKeptOrders } from './kept-orders.ts';
import { createLinks, type LinkDeps } from './links.ts';
import { createSeasons, type Season } from './lives/season.ts';
import type { SeasonRequest } from './lives/season-request.ts';
import { type SeasonTruth, type SeasonTruthRequest, seasonTruth } from './lives/season-truth.ts';
import { ordersToSend, type SendSeasonRequest } from './lives/send-season.ts';
import { nextOrder, ORDER_CHECKS, type Order, type OrderRequest } from './orders.ts';
import { createPushAccount, type PushAccount } from './push-setting.ts';
import { createQuota, type Quota } from './quota.ts';
import { ALPHANUMERIC, randomOf } from './random.ts';
import { type CurrentTruth, currentTruth, type Truth, truthOf } from './truth.ts';

export type SimulatorOptions = {
  /** Same seed and same requests: same companies, records, details, passwords and faults. */
  seed?: string;
  key?: string;
  secretKey?: string;
  /** Where callbacks go until setApiPushSetting says otherwise; without one none are sent. */
  callbackUrl?: string;
  /** Loopback unless said: the control interface asks for no password. */
  host?: string;
  /** 0, the default, takes a free one. */
  port?: number;
  /** Serves downloads on a port of their own, as QCC's file host is a host of its own; 0 takes a free one. */
  fileHostPort?: number;
  /** A port that accepts connections and never sends a byte, as 443 of the file host behind a firewall that drops packets. */
  filteredPort?: number;
  /** `host:port` in download links, where callers reach the simulator by another name. */
  publicHost?: string;
  /** Size of the portfolio that records are about. */
  companies?: number;
  clock?: ClockSetting;
  faults?: Partial<Faults>;
  /** File in which the orders are kept: a later simulator with this file and the same seed lists and serves them too. */
  ordersFile?: string;
  /** The machine's clock, milliseconds since 1970. */
  now?: () => number;
};

/** An order as the control interface shows it. */
export type OrderSummary = {
  orderNo: string;
  pushDate: string;
  createDate: string;
  records: number;
  declared: number;
  entryName: string;
  corrupt: string | null;
  /** In the order of sending. */
  callbacks: readonly CallbackResult[];
};

export type Simulator = AsyncDisposable & {
  /** What `QCC_BASE_URL` is to be. */
  readonly baseUrl: string;
  /** `host:port` of the download links: what `QCC_DOWNLOAD_HOSTS` is to be. */
  readonly downloadHost: string;
  readonly controlUrl: string;
  readonly key: string;
  readonly secretKey: string;
  readonly account: PushAccount;
  readonly faults: FaultControl;
  readonly quota: Quota;
  readonly clock: SettableClock;
  readonly calls: CallBook;
  /** Makes an order and its archive, then, unless told not to, sends the callback and waits for its response. */
  createOrder(request?: OrderRequest): Promise<OrderSummary>;
  /** The orders of a day one after the other. */
  sendDay(request?: DayRequest): Promise<OrderSummary[]>;
  /**
   * Plans a season and sends nothing. Pass the `request` of its orders to `createOrder` to send them one by one.
   * @throws InputError
   */
  season(request: SeasonRequest): Season;
  /** Sends the orders of a season, or some of them, one after the other. @throws InputError */
  sendSeason(request: SendSeasonRequest): Promise<OrderSummary[]>;
  /** The truth of all orders of seasons that were sent so far. @throws InputError */
  seasonTruth(request?: SeasonTruthRequest): SeasonTruth;
  /** Sends an order's callback (again). @throws InputError for an unknown order */
  sendCallback(orderNo: string): Promise<CallbackResult>;
  /** Those whose archives are ready, the oldest first. */
  orders(): OrderSummary[];
  /** @throws InputError for an unknown order */
  truth(orderNo: string): Truth;
  /** Over all orders: each id once, as a table with one row for each id must have it. */
  currentTruth(): Iterable<CurrentTruth>;
};

const DEFAULT_COMPANIES = 20_000;

/** Starts a simulator that listens. Dispose of it to free its ports, its archives and whoever still waits for it. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { seed = '1', key = 'simulator-key', secretKey = 'simulator-secret', host = '127.0.0.1' } = options;
  const now = options.now ?? Date.now;
  await using resources = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'qcc-simulator-'));
  resources.defer(() => rm(folder, { recursive: true, force: true }));

  const clock = createClock({ now }, options.clock ?? {});
  const faults = createFaults(seed, options.faults ?? {});
  const quota = createQuota(clock);
  const calls = createCallBook(now);
  const account = createPushAccount(options.callbackUrl ?? null);
  const orders: Order[] = [];
  const ready = new Set<Order>();
  const callbacks = new Map<Order, CallbackResult[]>();
  const seasons = createSeasons(seed);
  const feed = createFeed({ seed, companies: options.companies ?? DEFAULT_COMPANIES, orders });
  const links: LinkDeps = { now, ...linkSecrets(seed) };
  const closing = new AbortController();
  const listed = () => orders.filter((order) => ready.has(order));
  const kept = options.ordersFile === undefined ? undefined : openKeptOrders(options.ordersFile);
  const archives = new Map<Order, Promise<string>>();
  const linkTo = createLinks(links, {
    host: () => simulator.downloadHost,
    faults,
  });

  /** Path of the order's archive. Those of kept orders are written when they are first asked for. */
  function archiveOf(order: Order): Promise<string> {
    const file = join(folder, `${order.orderNo}.zip`);
    const archive = archives.get(order) ?? writeArchive(feed, order, file).then(() => file);
    archives.set(order, archive);
    return archive;
  }

  function addOrder(request: OrderRequest): Order {
    const slice = request.slice === undefined ? null : seasons.orderOf(request.slice);
    const order = nextOrder({ seed, clock, before: orders }, request, slice);
    orders.push(order);
    return order;
  }

  function list(order: Order): void {
    feed.announce(order);
    ready.add(order);
  }

  for (const request of kept?.earlier ?? []) list(addOrder(request));

  function orderOf(orderNo: string): Order {
    const order = orders.find((candidate) => candidate.orderNo === orderNo);
    if (!order || !ready.has(order)) throw new InputError(`there is no order ${orderNo}`);
    return order;
  }

  async function callBack(order: Order): Promise<CallbackResult> {
    const { expiredTimeLagMs, callbackDelayMs } = faults.current;
    await delay(callbackDelayMs, undefined, { signal: closing.signal }).catch(() => {});
    const result = await sendCallback(
      { now, account, faults: faults.current, signal: closing.signal },
      { url: (callbackUrl) => callbackRequestUrl(callbackUrl, { key, order, link: linkTo(order), expiredTimeLagMs }) },
    );
    callbacks.set(order, [...(callbacks.get(order) ?? []), result]);
    return result;
  }

  async function createOrder(input: OrderRequest = {}): Promise<OrderSummary> {
    const request = checkInput<OrderRequest>('order', ORDER_CHECKS, input);
    const order = addOrder(request);
    kept?.keep({ ...request, pushDate: new Date(order.pushedAt).toISOString() });
    await archiveOf(order);
    list(order);
    if (order.callback) await callBack(order);
    return summaryOf(order);
  }

  function summaryOf(order: Order): OrderSummary {
    const { orderNo, pushDate, createDate, records, declared, entryName, corrupt } = order;
    return {
      orderNo,
      pushDate,
      createDate,
      records,
      declared,
      entryName,
      corrupt,
      callbacks: callbacks.get(order) ?? [],
    };
  }

  const api = createApi({
    seed,
    key,
    secretKey,
    now,
    feed,
    account,
    faults,
    quota,
    calls,
    listed,
    linkTo,
    asks: new Map(),
  });
  const fileHost = createFileHost({ links, faults, calls, listed, archiveOf });
  const front = new Hono().route('/', api);
  if (options.fileHostPort === undefined) front.route('/', fileHost);
  front.route(
    CONTROL_PATH,
    createControl(() => simulator),
  );
  const address = await listen(resources, front, { host, port: options.port ?? 0 });
  const fileAddress =
    options.fileHostPort === undefined
      ? address
      : await listen(resources, fileHost, { host, port: options.fileHostPort });
  if (options.filteredPort !== undefined) await listenSilently(resources, { host, port: options.filteredPort });
  resources.defer(() => closing.abort(new Error('the simulator is closing')));
  const owned = resources.move();

  const simulator: Simulator = {
    baseUrl: `http://${address}${API_PATH}`,
    downloadHost: options.publicHost ?? fileAddress,
    controlUrl: `http://${address}${CONTROL_PATH}`,
    key,
    secretKey,
    account,
    faults,
    quota,
    clock,
    calls,
    createOrder,
    sendDay: async (request = {}) => {
      const sent: OrderSummary[] = [];
      for (const order of planDay({ seed, now: clock.now() }, request)) sent.push(await createOrder(order));
      return sent;
    },
    season: seasons.of,
    sendSeason: async (request) => {
      const sent: OrderSummary[] = [];
      for (const order of ordersToSend(seasons, request)) sent.push(await createOrder(order.request));
      return sent;
    },
    seasonTruth: (request = {}) => seasonTruth(feed, listed(), request),
    sendCallback: async (orderNo) => callBack(orderOf(orderNo)),
    orders: () => listed().map(summaryOf),
    truth: (orderNo) => truthOf(feed, orderOf(orderNo)),
    currentTruth: () => currentTruth(feed, listed()),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
  return simulator;
}

function linkSecrets(seed: string): { accessKeyId: string; secret: string } {
  const random = randomOf(seed, 'link');
  return { accessKeyId: `LTAI${random.text(12, ALPHANUMERIC)}`, secret: random.text(30, ALPHANUMERIC) };
}

async function listenSilently(resources: AsyncDisposableStack, address: { host: string; port: number }): Promise<void> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  });
  server.listen(address);
  await once(server, 'listening');
  resources.defer(async () => {
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  });
}

/** @returns `host:port` as it came to be. */
async function listen(
  resources: AsyncDisposableStack,
  app: Pick<Parameters<typeof createAdaptorServer>[0], 'fetch'>,
  { host, port }: { host: string; port: number },
): Promise<string> {
  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  server.listen(port, host);
  await once(server, 'listening');
  resources.defer(async () => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  });
  const address = server.address();
  return `${host}:${typeof address === 'object' && address !== null ? address.port : port}`;
}
