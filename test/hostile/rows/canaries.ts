import { randomInt } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createQccClient } from 'qcc-core/qcc/client';
import { sign } from 'qcc-core/qcc/sign';
import { SERVICES } from '../../../scripts/run-services.ts';
import { ROOT } from '../../../stack/places.ts';
import { steadyPort } from '../../../stack/ports.ts';
import { createQuietKafka } from '../../harness/quiet-kafka.ts';
import { readTopic } from '../../harness/read-topic.ts';
import { runQcc } from '../../harness/run-qcc.ts';
import { until } from '../../harness/until.ts';
import { findSecrets, type SearchedText } from '../find-secrets.ts';
import { hostileCallbacks } from '../hostile-callbacks.ts';
import { getRequest, inParallel, sendRaw } from '../raw-request.ts';
import { createTally, type HostileRow } from '../row.ts';
import { runBriefly } from '../run-briefly.ts';
import { canary, type Target } from '../target.ts';

const SETTLED_WITHIN_MS = 240_000;
const START_LIMIT_MS = 240_000;
/** What a gateway without QCC says, which does not end by itself. */
const QCC_AWAY = /listLatestOrderNo/;

export const canaries: HostileRow = {
  name: 'canaries',
  title: 'canary secrets through every success and failure path',
  mustHold: 'none is in a log, metric, topic, dead letter, table, page, kept original or crash output',
  async run({ target, random, short, say }) {
    const attacked = await target.open();
    const startedAt = Date.now();
    const tally = createTally();
    await sendHostileCallbacks(attacked, { seed: random.int(0, 2 ** 31), count: short ? 50 : 500 });
    await sendOrders(attacked, short ? 1 : 10);
    await sendOddAnswers(attacked);
    say('orders of every kind are sent');
    const echoed = await echoedCommands(attacked);
    const printed = await breakServices(attacked, short);
    say('services without their environment have ended');
    await learnSecrets(attacked, startedAt);

    const places = [
      ...printed,
      ...echoed,
      ...(await keptFiles(attacked)),
      ...(await adminPages(attacked)),
      ...(await commandOutputs(attacked)),
      ...(await topics(attacked)),
      ...(await tables(attacked)),
    ];
    const found = Map.groupBy(findSecrets(places, attacked.canaries), (problem) => problem.replace(/^.* in /, ''));
    for (const { name } of places) tally.count(name, found.get(name)?.join('; ') ?? null);
    const bytes = places.reduce((sum, place) => sum + place.bytes.length, 0);
    return tally.figures([
      `${attacked.canaries.size} secrets, each as it is, percent-encoded, as JSON's code units, in hexadecimal and in base64; any signature of a link`,
      `${places.length} places with ${(bytes / 1_048_576).toFixed(1)} MiB: what broken services printed, logs, kept originals, pages, the operator's tool, topics, tables`,
    ]);
  },
};

async function sendHostileCallbacks(
  { canaries: secrets, gatewayPort }: Target,
  options: { seed: number; count: number },
) {
  const key = secrets.get('QCC_KEY') ?? '';
  await inParallel(
    hostileCallbacks({ key, ...options }),
    8,
    async ({ bytes }) => void (await sendRaw(gatewayPort, bytes)),
  );
}

/** Whole and damaged ones, by QCC's link and by the callback's, while QCC answers and while it does not. */
async function sendOrders({ simulator, query, gatewayPort, canaries: secrets, forgedHost }: Target, rounds: number) {
  for (let round = 0; round < rounds; round += 1) {
    const send = async (request: Parameters<typeof simulator.createOrder>[0]) => {
      simulator.account.noteCallback(true);
      await simulator.createOrder({ records: 20, ...request });
    };
    await send({ broken: 6 });
    for (const corrupt of ['byte', 'password', 'total-size', 'truncated', 'not-a-zip'] as const)
      await send({ corrupt });
    // The code 999 says nothing about the account, so the extractor uses the callback's link.
    simulator.faults.set({ codes: { getDownloadUrl: '999' } });
    await send({});
    const [signature, password] = [canary(), canary()];
    secrets.set(`signature of forged link ${round}`, signature);
    secrets.set(`password of forged callback ${round}`, password);
    const parameters = {
      key: secrets.get('QCC_KEY') ?? '',
      orderNo: `DDMON2099CANARY${round}`,
      downloadUrl: `http://127.0.0.1:${forgedHost.port}/a.zip?Expires=4102444800&OSSAccessKeyId=LTAIforged&Signature=${signature}`,
      unzipPassword: password,
    };
    await sendRaw(gatewayPort, getRequest(`/qcc/callback?${new URLSearchParams(parameters)}`));
    await until('the callback’s links are used', SETTLED_WITHIN_MS, async () => {
      const rows = await query<{ settled: number }>(
        `SELECT countIf(status NOT IN ('RECEIVED', 'EXTRACTING')) AS settled FROM {{db}}.orders`,
      );
      return (rows[0]?.settled ?? 0) >= simulator.orders().length;
    });
    simulator.faults.set({
      codes: {},
      rates: { orders: { serverError: 0.3, reset: 0.2 }, details: { serverError: 0.3 } },
    });
    await send({});
    simulator.faults.set({ rates: {} });
  }
  await untilSettled(query);
}

async function untilSettled(query: Target['query']) {
  const unsettled = async () => {
    const rows = await query<{ open: number }>(
      `SELECT countIf(status IN ('RECEIVED', 'EXTRACTING', 'STORING')) AS open FROM {{db}}.orders`,
    );
    return rows[0]?.open ?? Infinity;
  };
  await until('every order is settled', SETTLED_WITHIN_MS, async () => (await unsettled()) === 0);
}

const DETAIL_ENDPOINTS = ['getExceptions', 'getSeriousViolation', 'getShiXinList'] as const;
const onEach = (answer: string) => Object.fromEntries(DETAIL_ENDPOINTS.map((endpoint) => [endpoint, answer]));

/**
 * Sends secrets of getDownloadUrl in unexpected fields, and pages and details that echo the request. Each response is for a separate
 * order. If QCC answers with an error page, the extractor uses the link of the callback.
 */
async function sendOddAnswers({ simulator, query, canaries: secrets }: Target) {
  const [password, signature, escaped] = [canary(), canary(), canary()];
  // No time or identifier begins with a 9 and is as long.
  const digits = String(randomInt(9 * 10 ** 13, 10 ** 14));
  for (const [what, secret] of Object.entries({ password, signature, escaped, digits }))
    secrets.set(`${what} in an odd answer`, secret);
  const units = Array.from(escaped, (unit) => `\\u00${unit.charCodeAt(0).toString(16)}`).join('');
  const fields = JSON.stringify({
    unzipPassword: Number(digits),
    解压密码: `a"b\\${password}/`,
    data: JSON.stringify({ unzipPassword: `"${password}`, url: `http://h/a.zip?Signature=${signature}` }),
  }).slice(1, -1);
  // The number first: only the beginning of a long answer could be quoted.
  const odd = `${fields},"msg":"${password}","more":"${units}"`;
  const answers = [
    { bodies: { getDownloadUrl: `{"status":"299",${odd}}` } },
    { bodies: { getDownloadUrl: `{"status":${digits},${odd}}` } },
    { bodies: { getDownloadUrl: `{"status":"200",${odd}` } },
    { bodies: onEach('{"status":"201","msg":"no such","request":{request}}') },
    {
      pages: {
        ...onEach('<p>{request}</p>'),
        getDownloadUrl: '<p>{request}</p>',
        listLatestOrderNo: '<p>{request}</p>',
      },
    },
  ];
  for (const answer of answers) {
    simulator.faults.set({ bodies: {}, pages: {}, ...answer });
    simulator.account.noteCallback(true);
    const { orderNo } = await simulator.createOrder({ records: 20 });
    await until(`${orderNo} met the odd answer`, SETTLED_WITHIN_MS, async () => {
      const rows = await query<{ status: string }>(
        `SELECT status FROM {{db}}.orders WHERE order_no = '${orderNo}' AND status NOT IN ('RECEIVED', 'EXTRACTING')`,
      );
      return rows.length > 0;
    });
  }
  simulator.faults.set({ bodies: {}, pages: {} });
  await untilSettled(query);
}

/** Services whose environment is away or refuses them, or whose settings are wrong, and two that crash. */
async function breakServices(target: Target, short: boolean): Promise<SearchedText[]> {
  const closed = `http://127.0.0.1:${await steadyPort()}`;
  const withLogin = (setting: string) => {
    const password = canary();
    target.canaries.set(`the password in ${setting}`, password);
    return closed.replace('//', `//operator:${password}@`);
  };
  const wrong = (setting: string) => {
    const value = canary();
    target.canaries.set(`the ${setting} that is of no use`, value);
    return value;
  };
  // Beside another gateway one would not be the one that asks QCC.
  const alone = (name: string) => ({ TOPIC_PREFIX: `${name}.${target.prefix}` });
  const main = (service: string) => join(ROOT, 'services', service, 'src', 'main.ts');
  const crashing = join(import.meta.dirname, '..', 'roots', 'crashing-gateway.ts');
  const [gateway, extractor, sink] = [main('callback-gateway'), main('archive-extractor'), main('sink')];
  const login = { KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_USERNAME: 'a', KAFKA_SASL_PASSWORD: wrong('password') };
  const cases: [name: string, program: string, env: Record<string, string>][] = [
    ['no registry', sink, { SCHEMA_REGISTRY_URL: closed }],
    ['no ClickHouse', sink, { CLICKHOUSE_URL: closed, CLICKHOUSE_PASSWORD: wrong('CLICKHOUSE_PASSWORD') }],
    ["a login in the registry's address", sink, { SCHEMA_REGISTRY_URL: withLogin('SCHEMA_REGISTRY_URL') }],
    ["a login in ClickHouse's address", sink, { CLICKHOUSE_URL: withLogin('CLICKHOUSE_URL') }],
    ['a login at a Kafka that has none', sink, login],
    ['no sealing key', gateway, { SEALING_KEY: wrong('SEALING_KEY') }],
    ['a setting that is wrong', extractor, { KAFKA_SESSION_TIMEOUT_MS: wrong('KAFKA_SESSION_TIMEOUT_MS') }],
    ['no QCC', gateway, { ...alone('qcc'), QCC_BASE_URL: withLogin('QCC_BASE_URL') }],
    ['no proxy', gateway, { ...alone('proxy'), QCC_PROXY_URL: withLogin('QCC_PROXY_URL') }],
    ['an exception that nobody handles', crashing, { CRASH: 'exception' }],
    ['a rejection that nobody handles', crashing, { CRASH: 'rejection' }],
  ];
  const places: SearchedText[] = [];
  // Every other one, as each costs the start of a service.
  const wanted = short ? cases.filter((_, index) => index % 2 === 1) : cases;
  await inParallel(wanted, 4, async ([name, program, env]) => {
    const goesOn = 'TOPIC_PREFIX' in env;
    const { printed } = await runBriefly(program, {
      env: { ...target.env, ADMIN_PORT: '0', GATEWAY_PORT: '0', ...env },
      until: goesOn ? QCC_AWAY : undefined,
      limitMs: START_LIMIT_MS,
    });
    if (printed === '') throw new Error(`a service with ${name} printed nothing: the case proves nothing`);
    places.push({ name: `what a service with ${name} printed`, bytes: Buffer.from(printed) });
  });
  return places;
}

/** What QCC gave the services: passwords, the signer of its links, and every Token of the time. */
async function learnSecrets({ simulator, canaries: secrets }: Target, startedAt: number): Promise<void> {
  const { key, secretKey } = simulator;
  await using client = createQccClient({
    baseUrl: simulator.baseUrl,
    key,
    secretKey,
    timeoutMs: 10_000,
    now: Date.now,
  });
  for (const { orderNo } of simulator.orders()) {
    const answer = await client.getDownloadUrl({ orderNo });
    if (answer.kind !== 'success') throw new Error(`QCC gives no link to ${orderNo}: ${JSON.stringify(answer)}`);
    secrets.set(`the password of ${orderNo}`, answer.value.unzipPassword);
    secrets.set(
      'the access key of the links',
      new URL(answer.value.downloadUrl).searchParams.get('OSSAccessKeyId') ?? '',
    );
  }
  for (let at = startedAt; at <= Date.now(); at += 1_000)
    secrets.set(`the Token of ${at}`, sign({ key, secretKey }, at).Token);
}

/** Logs, the spool and kept originals. */
async function keptFiles({ folder }: Target): Promise<SearchedText[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(
    files.map(async (file) => ({ name: `the file ${file.slice(folder.length + 1)}`, bytes: await readFile(file) })),
  );
}

async function adminPages({ adminPorts }: Target): Promise<SearchedText[]> {
  const pages = SERVICES.flatMap((service) => ['metrics', 'readyz', 'livez'].map((page) => ({ service, page })));
  return Promise.all(
    pages.map(async ({ service, page }) => {
      const answer = await fetch(`http://127.0.0.1:${adminPorts[service]}/${page}`);
      return { name: `${page} of ${service}`, bytes: Buffer.from(await answer.arrayBuffer()) };
    }),
  );
}

const commandOutputs = ({ env }: Target): Promise<SearchedText[]> =>
  runCommands(env, '', [['settings'], ['doctor'], ['ledger'], ['orders', 'list'], ['dead-letters', 'list']]);

/** What the operator's tool says where QCC echoes its requests. */
async function echoedCommands({ env, simulator }: Target): Promise<SearchedText[]> {
  simulator.faults.set({ bodies: { listLatestOrderNo: '{"status":"299","msg":{request}}' } });
  const places = await runCommands(env, ' of an echo', [['orders', 'list'], ['doctor']]);
  simulator.faults.set({ bodies: { listLatestOrderNo: '<p>{request}</p>' } });
  places.push(...(await runCommands(env, ' of a page', [['orders', 'list']])));
  simulator.faults.set({ bodies: {} });
  return places;
}

async function runCommands(env: Target['env'], suffix: string, commands: readonly string[][]): Promise<SearchedText[]> {
  const places: SearchedText[] = [];
  for (const command of commands) {
    const { out, err } = await runQcc(env, command);
    places.push({ name: `qcc ${command.join(' ')}${suffix}`, bytes: Buffer.from(`${out}\n${err}`) });
  }
  return places;
}

/** Keys, values and headers of every message, the internal topics' too. */
async function topics({ stack, prefix }: Target): Promise<SearchedText[]> {
  const admin = createQuietKafka(stack.KAFKA_BROKERS).admin();
  await admin.connect();
  const names = (await admin.listTopics()).filter((name) => name.startsWith(prefix));
  await admin.disconnect();
  return Promise.all(
    names.map(async (name) => {
      const messages = await readTopic(stack.KAFKA_BROKERS, name);
      const parts = messages.flatMap(({ key, value, headers }) => [
        key ?? Buffer.alloc(0),
        value ?? Buffer.alloc(0),
        Buffer.from(JSON.stringify(Object.entries(headers ?? {}).map(([header, text]) => [header, String(text)]))),
      ]);
      return { name: `the topic ${name.slice(prefix.length)}`, bytes: Buffer.concat(parts) };
    }),
  );
}

/** Every column of every table and view as text, and what made them. */
async function tables({ clickhouse, database, query }: Target): Promise<SearchedText[]> {
  const names = await query<{ name: string; made: string }>(
    `SELECT name, create_table_query AS made FROM system.tables WHERE database = '{{db}}'`,
  );
  const places: SearchedText[] = [];
  for (const { name, made } of names) {
    const rows = await clickhouse.query({ query: `SELECT * FROM ${database}.\`${name}\``, format: 'JSONEachRow' });
    places.push({ name: `the table ${name}`, bytes: Buffer.from(`${made}\n${await rows.text()}`) });
  }
  return places;
}
