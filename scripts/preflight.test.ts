import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSealer } from 'qcc-core/base/sealing';
import { COMMON_SETTINGS, SETTINGS } from 'qcc-core/base/settings';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { steadyPorts } from '../stack/ports.ts';
import { adminPorts } from './admin-ports.mjs';
import { keyProblems } from './key-problems.mjs';
import { nodeProblems } from './node-version.mjs';
import { credentialProblems, describeProblems, GATEWAY_PORT, LIVE_SETTINGS, preflight } from './preflight.mjs';
import { SERVICE_SETTINGS } from './service-settings.ts';

const KEY = Buffer.alloc(32, 7).toString('base64');
const folder = mkdtempSync(join(tmpdir(), 'qcc-preflight-'));
let holder: Server;
let taken: number;
let free: Record<string, string>;
beforeAll(async () => {
  holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  taken = (holder.address() as AddressInfo).port;
  const [kafka, registry, clickhouse, gateway] = await steadyPorts(4);
  free = {
    QCC_STACK: 'native',
    STACK_KAFKA_PORT: String(kafka),
    STACK_REGISTRY_PORT: String(registry),
    STACK_CLICKHOUSE_PORT: String(clickhouse),
    GATEWAY_PORT: String(gateway),
    ADMIN_PORT: '0',
  };
});
afterAll(() => {
  holder.close();
  rmSync(folder, { recursive: true });
});

const check = async (env: Record<string, string | undefined>, { alerter = false } = {}) =>
  (
    await preflight({
      env: { ...process.env, ...free, ...env },
      stack: true,
      services: true,
      alerter,
      folders: [folder],
    })
  ).problems;

describe('preflight', () => {
  test('finds nothing on a machine that has everything', async () => {
    expect(await check({})).toEqual([]);
  });

  test('names everything that is in the way at once, each with its remedy', async () => {
    const problems = await check({
      JAVA_HOME: '/nowhere',
      QCC_STACK: 'podman',
      STACK_KAFKA_PORT: String(taken),
      STACK_REGISTRY_PORT: 'soon',
      GATEWAY_PORT: String(taken),
      ADMIN_PORT: '65534',
    });
    expect(problems).toEqual([
      'QCC_STACK must be native or docker, not "podman"',
      'STACK_REGISTRY_PORT must be a port between 1 and 65535, not "soon"',
      expect.stringMatching(`^callback-gateway cannot start: port ${taken} .* set GATEWAY_PORT to another port`),
      'ADMIN_PORT must be the first of four ports in a row, or 0, not "65534"',
    ]);
  });

  test('finds two that were given the same port', async () => {
    expect(await check({ GATEWAY_PORT: free.STACK_KAFKA_PORT })).toEqual([
      `callback-gateway and Kafka are given the same port ${free.STACK_KAFKA_PORT}: set GATEWAY_PORT to another port`,
    ]);
  });

  test('finds that the port of the alerter is taken, if the alerter runs', async () => {
    const env = { ADMIN_PORT: String(taken - 4) };
    const admin = (problems: string[]) => problems.filter((problem) => problem.includes(`port ${taken} `));
    expect(admin(await check(env))).toEqual([]);
    expect(admin(await check(env, { alerter: true }))).toEqual([
      expect.stringMatching(/^alerter \(admin\) cannot start: port .* set ADMIN_PORT to another port/),
    ]);
  });

  test('lets a second checkout run next to one that runs, once its five port settings are others', async () => {
    await using servers = new AsyncDisposableStack();
    const running: Record<string, string> = { ADMIN_PORT: String(taken) };
    for (const name of ['STACK_KAFKA_PORT', 'STACK_REGISTRY_PORT', 'STACK_CLICKHOUSE_PORT', 'GATEWAY_PORT']) {
      const server = servers.adopt(createServer().listen(0, '127.0.0.1'), (each) => void each.close());
      await once(server, 'listening');
      running[name] = String((server.address() as AddressInfo).port);
    }
    const inTheWay = Object.entries(running).map(([name, port]) =>
      expect.stringMatching(`cannot start: port ${port} .* set ${name} to another port`),
    );
    expect(await check(running)).toEqual(expect.arrayContaining(inTheWay));
    for (const problem of await check({ ADMIN_PORT: String(taken + 4) }))
      for (const port of Object.values(running)) expect(problem).not.toContain(`port ${port} `);
  });

  test('wants a fifth port in the row for the alerter', async () => {
    expect(await check({ ADMIN_PORT: '65532' }, { alerter: true })).toEqual([
      'with the alerter, ADMIN_PORT must be the first of five ports in a row, or 0, not "65532"',
    ]);
  });

  test('without JDK and Maven, names both', async () => {
    const program = `
      import { nativeProblems } from ${JSON.stringify(join(import.meta.dirname, '..', 'stack', 'native-needs.mjs'))};
      console.log(JSON.stringify(await nativeProblems({ PATH: '/nowhere' }, { jvmFolders: [], isFetched: false })));`;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
    expect(JSON.parse(stdout)).toEqual([
      expect.stringContaining('no java was found'),
      expect.stringMatching(/there is no `mvn`\. Install it \(Debian and Ubuntu: apt-get install maven/),
    ]);
  });

  test('finds a folder that cannot be written to', () => {
    const locked = mkdtempSync(join(folder, 'locked-'));
    chmodSync(locked, 0o555);
    chmodSync(folder, 0o755);
    // Permissions do not bind root.
    const program = `
      if (process.getuid() === 0) process.setuid(65534);
      const { preflight } = await import(${JSON.stringify(join(import.meta.dirname, 'preflight.mjs'))});
      const { problems } = await preflight({ env: {}, stack: false, services: false, alerter: false, folders: [${JSON.stringify(locked)}] });
      console.log(JSON.stringify(problems));`;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
    expect(JSON.parse(stdout)).toEqual([
      `${locked} cannot be written to (EACCES): make it yours (sudo chown -R "$USER" ${locked}), or use a copy of the repository elsewhere`,
    ]);
  });
});

describe('the settings of QCC', () => {
  test('that --live needs are named when they are missing; files count', () => {
    expect(credentialProblems({ env: { QCC_KEY: 'k', SEALING_KEY_FILE: '/run/key' }, live: true })).toEqual([
      'QCC_SECRET_KEY is missing, which --live needs: set it, or QCC_SECRET_KEY_FILE to a file that holds it',
    ]);
  });

  test.each([
    [KEY, true],
    [`2:${KEY},1:${KEY}`, true],
    [` 2:${KEY} , ${KEY} `, true],
    ['secret', false],
    [`2:${KEY},1:${KEY.slice(4)}`, false],
    [`a:b:${KEY}`, false],
    [`${KEY},`, false],
  ])('the form of SEALING_KEY %s is judged as the services do', (SEALING_KEY, isUsable) => {
    const create = () => createSealer(SEALING_KEY);
    if (isUsable) expect(create).not.toThrow();
    else expect(create).toThrow();
    const problem =
      'SEALING_KEY is not `kid:base64` of 32 bytes, comma-separated: make a key with `openssl rand -base64 32`';
    expect(keyProblems({ env: { SEALING_KEY }, live: true })).toEqual(isUsable ? [] : [problem]);
  });

  test('that the simulator makes are not judged without --live', () => {
    expect(keyProblems({ env: { SEALING_KEY: 'secret', QCC_KEY_FILE: '/nowhere' }, live: false })).toEqual([]);
  });

  test.each(['ERASURE_KEY', 'PSEUDONYM_KEY'] as const)('%s must be 32 bytes, if it is set', (name) => {
    const problem = `${name} is not 32 bytes as base64: make a key with \`openssl rand -base64 32\``;
    for (const [value, problems] of [
      [KEY, []],
      ['', []],
      ['secret', [problem]],
    ] as const) {
      expect(keyProblems({ env: { [name]: value }, live: false })).toEqual(problems);
      expect(SETTINGS[name].schema.safeParse(value || undefined).success).toBe(problems.length === 0);
    }
  });

  test('that a file should hold are named if the file cannot be read', () => {
    const env = { QCC_KEY_FILE: '/nowhere', QCC_SECRET_KEY: 's', SEALING_KEY: KEY };
    expect(keyProblems({ env, live: true })).toEqual([expect.stringMatching(/^QCC_KEY_FILE cannot be read: ENOENT/)]);
  });

  test('are the ones without a default', () => {
    const required = ['ACCOUNT' as const, ...COMMON_SETTINGS, ...SERVICE_SETTINGS].filter((name) => {
      const { schema, ...rest } = SETTINGS[name];
      return !('fallback' in rest) && !schema.safeParse(undefined).success;
    });
    expect(required).toEqual(LIVE_SETTINGS);
  });

  test('set without --live, ask what is meant', () => {
    expect(credentialProblems({ env: { QCC_KEY_FILE: '/run/key' }, live: false })).toEqual([
      expect.stringMatching(/^QCC_KEY is set\. To run against the real QCC: `npm start -- --live`/),
    ]);
  });
});

test.each([
  { version: 'v12.22.12', found: 1 },
  { version: 'v16.20.2', found: 1 },
  { version: 'v18.20.8', found: 1 },
  { version: 'v20.0.0', found: 0 },
  { version: 'v24.21.0', found: 0 },
  { version: 'v100.0.0', found: 0 },
])('Node $version: $found problems', ({ version, found }) => {
  expect(nodeProblems(version)).toHaveLength(found);
});

test("the gateway's port is the setting's default", () => {
  expect(String(GATEWAY_PORT)).toBe(SETTINGS.GATEWAY_PORT.fallback);
});

describe('ADMIN_PORT', () => {
  test('moves the four admin ports', () => {
    expect(adminPorts('9201')).toEqual({
      'callback-gateway': 9201,
      'archive-extractor': 9202,
      'detail-enricher': 9203,
      sink: 9204,
    });
  });

  test.each(['-1', 'soon', '65533', '1.5'])('%s is refused', (first) => {
    expect(() => adminPorts(first)).toThrow('ADMIN_PORT must be the first of four ports in a row');
  });
});

test('a terminal shows the problems as a list', () => {
  expect(describeProblems(['no java', 'no mvn'])).toBe(
    'Nothing was installed or started: 2 things are in the way.\n\n  - no java\n  - no mvn',
  );
});
