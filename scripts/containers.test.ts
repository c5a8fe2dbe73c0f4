import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SETTINGS } from 'qcc-core/base/settings';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { ROOT } from '../stack/places.ts';
import { PROJECT_IMAGES } from '../test/containers/project-images.ts';
import { ALL_SERVICES, adminPorts, alerterPort } from './admin-ports.mjs';
import { ALLOCATOR_ENV } from './run-services.ts';
import { settingsOf } from './service-settings.ts';
import { V8_FLAGS } from './v8-flags.ts';

const ADMIN_PORTS = { ...adminPorts(undefined), alerter: alerterPort(undefined) };

const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

/** One instruction a line, comments gone and continuations joined. */
const instructions = (file: string): string[] =>
  read(file)
    .replace(/^\s*#.*\n/gm, '')
    .replace(/\\\n\s*/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '');

describe.each(globSync('{services,test}/**/Dockerfile', { cwd: ROOT }))('%s', (file) => {
  const all = instructions(file);
  const final = all.slice(all.findLastIndex((line) => line.includes('{BASE_IMAGE}')));

  test('takes its bases from arguments whose defaults name a version, never `latest`', () => {
    const defaults = new Map(
      all.flatMap((line) => {
        const [, name, value] = /^ARG (\w+)=(\S+)$/.exec(line) ?? [];
        return name && value ? [[name, value] as const] : [];
      }),
    );
    const bases = all.flatMap((line) => /^FROM \$\{(\w+)\}/.exec(line)?.[1] ?? []);
    expect(bases).toEqual(['NODE_IMAGE', 'BASE_IMAGE']);
    expect(defaults.get('NODE_IMAGE')).toMatch(/^node:\d+\.\d+\.\d+-/);
    expect(defaults.get('BASE_IMAGE')).toMatch(/debian12:nonroot$/);
  });

  test("brings the repository's own Node", () => {
    const { devDependencies } = JSON.parse(read('package.json')) as { devDependencies: Record<string, string> };
    expect(all.join('\n')).toContain(`NODE_IMAGE=node:${devDependencies.node}-`);
  });

  test('ends in stages that run nothing by a shell, as user 1000', () => {
    expect(final.filter((line) => line.startsWith('RUN '))).toEqual([]);
    expect(final.filter((line) => line.startsWith('USER '))).toEqual(['USER 1000:1000']);
    for (const line of final.filter((each) => /^(CMD|ENTRYPOINT) /.test(each))) expect(line).toMatch(/^\w+ \["\//);
    expect(final.find((line) => line.startsWith('HEALTHCHECK '))).toMatch(/CMD \["\/usr\/local\/bin\/node"/);
  });

  test('installs from the lock file, without install scripts', () => {
    expect(all.filter((line) => /\bnpm (?!ci\b)/.test(line))).toEqual([]);
    expect(all.filter((line) => /\bnpm ci\b/.test(line))).toEqual([expect.stringContaining('--ignore-scripts')]);
  });
});

test('the image brings native binaries, which are optional dependencies of the packages that load them', () => {
  const { dependencies } = JSON.parse(read('packages/qcc-core/package.json')) as { dependencies: object };
  expect(Object.keys(dependencies)).toContain('@node-rs/crc32');
  expect(read('services/Dockerfile')).not.toContain('--omit=optional');
});

test('the image sets for the C library what services are started with elsewhere', () => {
  const set = instructions('services/Dockerfile')
    .filter((line) => line.startsWith('ENV '))
    .flatMap((line) => line.split(' ').slice(1));
  expect(set).toEqual(expect.arrayContaining(Object.entries(ALLOCATOR_ENV).map(([name, value]) => `${name}=${value}`)));
});

test.each(ALL_SERVICES)('the image starts %s with the flags that it is started with elsewhere', (service) => {
  const all = instructions('services/Dockerfile');
  const command = all[all.indexOf(`FROM service AS ${service}`) + 1] ?? '';
  expect(JSON.parse(command.replace('ENTRYPOINT ', ''))).toEqual([
    '/usr/local/bin/node',
    '--disable-warning=TimeoutNegativeWarning',
    ...V8_FLAGS[service],
    `services/${service}/src/main.ts`,
  ]);
});

test('no file of the services or packages sets flags of V8: the start command has them', () => {
  const files = globSync('{packages,services}/*/src/**/*.ts', { cwd: ROOT }).filter(
    (file) => !file.endsWith('.test.ts'),
  );
  expect(files.filter((file) => read(file).includes('setFlagsFromString'))).toEqual([]);
});

test('images hold no tests and nothing that serves them alone, and nothing delivered imports it', () => {
  const ignored = read('.dockerignore').split('\n');
  expect(ignored).toEqual(expect.arrayContaining(['**/*.test.ts', '**/testing', '**/fixtures']));
  const ofTests = /\.test\.ts$|\/(testing|fixtures)\//;
  const delivered = globSync('{packages,services}/*/src/**/*.ts', { cwd: ROOT }).filter((file) => !ofTests.test(file));
  expect(delivered.filter((file) => /from '[^']*\/(testing|fixtures)\//.test(read(file)))).toEqual([]);
});

type ComposeService = {
  image?: string;
  build?: { dockerfile: string; target?: string; args?: Record<string, string | number> };
  user?: string;
  read_only?: boolean;
  cap_drop?: string[];
  security_opt?: string[];
  tmpfs?: string[];
  mem_limit?: string;
  pids_limit?: number;
  ports: string[];
  environment?: Record<string, unknown>;
};

describe('docker-compose.yml', () => {
  const { services } = parse(read('docker-compose.yml'), { merge: true }) as {
    services: Record<string, ComposeService>;
  };

  test.each([...ALL_SERVICES, 'qcc', 'simulator'])(
    '%s has no privileges and nothing to write to but memory and volumes',
    (name) => {
      expect(services[name]).toMatchObject({
        user: '1000:1000',
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
        mem_limit: expect.any(String),
        pids_limit: expect.any(Number),
      });
      for (const mount of services[name]?.tmpfs ?? []) expect(mount).toMatch(/:size=\S+,.*noexec,nosuid,nodev$/);
    },
  );

  test.each(PROJECT_IMAGES)(
    '$name is built as `npm run images` builds it',
    ({ name, tag, dockerfile, target, args }) => {
      const { image, build } = services[name]!;
      expect(image).toBe(tag);
      expect({ dockerfile: build?.dockerfile, target: build?.target }).toEqual({ dockerfile, target });
      expect(Object.fromEntries(Object.entries(build?.args ?? {}).map(([key, value]) => [key, String(value)]))).toEqual(
        args,
      );
    },
  );

  test.each(ALL_SERVICES)('%s is built from the one Dockerfile, with its own admin port', (name) => {
    expect(services[name]?.build).toMatchObject({
      dockerfile: 'services/Dockerfile',
      target: name,
      args: { SERVICE: name, ADMIN_PORT: ADMIN_PORTS[name] },
    });
  });

  /** Settings that the image or the three parts in the same file determine. With parts elsewhere, the images run without this file. */
  const DECIDED_HERE =
    /^(ADMIN_|GATEWAY_HOST|GATEWAY_PORT|SPOOL_DIR|KAFKA_(?!SESSION)|SCHEMA|CLICKHOUSE_(?!DATABASE)|MIGRATIONS)/;

  test.each(ALL_SERVICES)('%s can be given every setting it reads', (name) => {
    const open = settingsOf(name).filter((setting) => !DECIDED_HERE.test(setting));
    expect(Object.keys(services[name]?.environment ?? {})).toEqual(expect.arrayContaining(open));
  });

  test("the operator's tool can be given every setting that its commands name", () => {
    const files = globSync('packages/qcc-cli/src/**/*.ts', { cwd: ROOT }).filter((file) => !file.endsWith('.test.ts'));
    const named = new Set(files.flatMap((file) => read(file).match(/'[A-Z0-9_]+'/g) ?? []));
    const open = Object.keys(SETTINGS).filter((name) => named.has(`'${name}'`) && !DECIDED_HERE.test(name));
    expect(open).toContain('SEALING_KEY');
    expect(Object.keys(services.qcc?.environment ?? {})).toEqual(expect.arrayContaining(open));
  });

  test('the spool of the extractor is in memory, and only the extractor can read it', () => {
    expect(services['archive-extractor']?.tmpfs).toContainEqual(
      expect.stringMatching(/^\/var\/spool\/qcc:.*mode=0700,uid=1000,gid=1000/),
    );
  });

  test.each(Object.entries(services))('%s publishes on loopback only, and gains no privileges', (_name, service) => {
    for (const port of service.ports) expect(port).toMatch(/^127\.0\.0\.1:/);
    expect(service.security_opt).toEqual(['no-new-privileges:true']);
  });

  test.each(Object.entries(services).filter(([, { image }]) => image))(
    '%s is pinned by version',
    (_name, { image }) => {
      expect(image).toMatch(/:\d+(\.\d+)+$/);
    },
  );
});

type Peer = { namespaceSelector?: object; podSelector?: object; ipBlock?: { cidr: string; except?: string[] } };
type Rule = { from?: Peer[]; to?: Peer[]; ports?: { port: number; endPort?: number }[] };
type Policy = {
  kind: string;
  metadata: { name: string };
  spec: { podSelector: object; policyTypes: string[]; ingress?: Rule[]; egress?: Rule[] };
};

describe('deploy/kubernetes/network-policy.yaml', () => {
  const documents = parseAllDocuments(read('deploy/kubernetes/network-policy.yaml'));
  const policies = documents.map((document) => document.toJS() as Policy);
  const rulesFor = (port: number) =>
    policies.flatMap(({ metadata, spec }) =>
      (spec.ingress ?? [])
        .filter(({ ports = [] }) => ports.some((each) => each.port <= port && port <= (each.endPort ?? each.port)))
        .map((rule) => ({ policy: metadata.name, rule })),
    );

  test('is YAML of network policies', () => {
    expect(documents.flatMap(({ errors }) => errors)).toEqual([]);
    expect(new Set(policies.map(({ kind }) => kind))).toEqual(new Set(['NetworkPolicy']));
  });

  test('denies what no other policy allows, both ways', () => {
    expect(policies[0]?.spec).toEqual({
      podSelector: { matchLabels: { 'app.kubernetes.io/part-of': 'qcc-pipeline' } },
      policyTypes: ['Ingress', 'Egress'],
    });
  });

  test.each(Object.values(ADMIN_PORTS))('lets only monitoring reach the admin port %d', (port) => {
    const monitoring = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } };
    expect(rulesFor(port)).toEqual([{ policy: 'qcc-admin', rule: expect.objectContaining({ from: [monitoring] }) }]);
  });

  test('names a peer in every rule: an empty one would mean everybody', () => {
    const rules = policies.flatMap(({ spec }) => [...(spec.ingress ?? []), ...(spec.egress ?? [])]);
    for (const { from, to, ports } of rules) {
      expect([...(from ?? []), ...(to ?? [])]).not.toEqual([]);
      expect(ports).not.toEqual([]);
    }
  });

  test('allows only https to the internet, apart from plain http for links and mail for alerts, and no private, link-local or metadata address', () => {
    const blocks = policies.flatMap(({ metadata, spec }) =>
      (spec.egress ?? []).flatMap(({ to = [], ports }) =>
        to.flatMap(({ ipBlock }) =>
          ipBlock ? [{ ...ipBlock, policy: metadata.name, ports: ports?.map(({ port }) => port) }] : [],
        ),
      ),
    );
    expect(blocks.map(({ policy, ports }) => [policy, ports])).toEqual([
      ['qcc-internet', [443]],
      ['qcc-plain-links', [80]],
      ['qcc-alerts', [443, 465]],
    ]);
    expect(policies.find(({ metadata }) => metadata.name === 'qcc-plain-links')?.spec.podSelector).toMatchObject({
      matchLabels: { 'app.kubernetes.io/component': 'archive-extractor' },
    });
    for (const { cidr, except } of blocks) {
      expect(cidr).toBe('0.0.0.0/0');
      expect(except).toEqual(
        expect.arrayContaining(['10.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.168.0.0/16']),
      );
    }
  });
});

describe("SECURITY.md's sample for Kubernetes' Gateway API", () => {
  type Resource = {
    kind: string;
    metadata: { name: string };
    spec: {
      infrastructure?: { parametersRef: { kind: string; name: string } };
      parentRefs?: { name: string }[];
      targetRefs?: { kind: string; name: string }[];
    };
  };
  const sample = /```yaml\n([^`]+)```/.exec(read('SECURITY.md'))?.[1] ?? '';
  const resources = parseAllDocuments(sample).map((document) => document.toJS() as Resource);
  const names = resources.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
  const spec = (kind: string) => resources.find((resource) => resource.kind === kind)?.spec;

  test('has the Gateway use the log without queries, and everything else use the Gateway', () => {
    const parameters = spec('Gateway')?.infrastructure?.parametersRef;
    expect(names).toContain(`${parameters?.kind} ${parameters?.name}`);
    expect(parameters?.kind).toBe('EnvoyProxy');
    for (const { name } of spec('HTTPRoute')?.parentRefs ?? []) expect(names).toContain(`Gateway ${name}`);
    for (const { kind, name } of spec('ClientTrafficPolicy')?.targetRefs ?? [])
      expect(names).toContain(`${kind} ${name}`);
  });

  test('logs nothing that holds the query', () => {
    const [format] = /text: .*/.exec(sample) ?? [];
    expect(format).toContain('%RESPONSE_CODE%');
    expect(format).not.toMatch(/PATH|QUERY|REFERER/i);
  });
});
