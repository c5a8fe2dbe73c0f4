import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { findJava } from './java.mjs';
import { fetchArtifacts } from './maven.ts';
import { type Part, type PartOptions, startPart } from './part.ts';
import { assertPortFree } from './port-free.mjs';
import { steadyPort } from './ports.ts';

export type SchemaRegistry = Part & {
  /** Base of the Confluent-compatible API. */
  readonly url: string;
};

/** Starts Apicurio Registry with its schemas in a file, compatibility FULL_TRANSITIVE. */
export async function startRegistry(options: PartOptions): Promise<SchemaRegistry> {
  const { dir, port, logFile, signal } = options;
  await assertPortFree('The schema registry', port, 'STACK_REGISTRY_PORT');
  const [java, home, managementPort] = await Promise.all([
    findJava(),
    fetchArtifacts('registry', options),
    steadyPort(),
  ]);
  // It unpacks a library at each start, and leaves it there when it ends.
  const unpacked = join(dir, 'unpacked');
  await rm(unpacked, { recursive: true, force: true });
  await mkdir(unpacked, { recursive: true });
  options.onStep?.(() => 'starts');
  const url = `http://127.0.0.1:${port}/apis/ccompat/v7`;
  const part = await startPart({
    name: 'The schema registry',
    dir,
    logFile,
    ...(signal && { signal }),
    command: java,
    args: [
      ...['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
      `-Dqcc.stack.dir=${dir}`,
      `-Djava.io.tmpdir=${unpacked}`,
      ...['-jar', 'quarkus-run.jar'],
    ],
    cwd: home,
    env: {
      QUARKUS_HTTP_HOST: '127.0.0.1',
      QUARKUS_HTTP_PORT: String(port),
      QUARKUS_HTTP_ACCESS_LOG_ENABLED: 'false',
      // By default the management port listens on all interfaces.
      QUARKUS_MANAGEMENT_HOST: '127.0.0.1',
      QUARKUS_MANAGEMENT_PORT: String(managementPort),
      APICURIO_STORAGE_KIND: 'sql',
      APICURIO_STORAGE_SQL_KIND: 'h2',
      // Without WRITE_DELAY=0 a kill loses schemas that were acknowledged.
      APICURIO_DATASOURCE_URL: `jdbc:h2:file:${join(dir, 'registry')};WRITE_DELAY=0`,
      APICURIO_DATASOURCE_JDBC_INITIAL_SIZE: '2',
      APICURIO_DATASOURCE_JDBC_MIN_SIZE: '2',
      APICURIO_DATASOURCE_JDBC_MAX_SIZE: '20',
      APICURIO_RULES_GLOBAL_COMPATIBILITY: 'FULL_TRANSITIVE',
    },
    endBy: 'SIGTERM',
    ready: async () => {
      const signal = AbortSignal.timeout(5_000);
      const health = await fetch(`http://127.0.0.1:${managementPort}/health/ready`, { signal });
      return health.ok && (await fetch(`${url}/subjects`, { signal })).ok;
    },
  });
  await registerOnce(url, signal);
  return { ...part, url };
}

/**
 * Registers a schema and deletes it again. The first registration loads most of the registry's code. On a busy machine this takes
 * longer than a service waits for its own schemas.
 */
async function registerOnce(url: string, signal: AbortSignal | undefined): Promise<void> {
  const subject = `${url}/subjects/qcc-stack-warm-up`;
  const headers = { 'content-type': 'application/vnd.schemaregistry.v1+json' };
  const body = JSON.stringify({ schema: '"string"' });
  const cancel = signal && { signal };
  const response = await fetch(`${subject}/versions`, { method: 'POST', headers, body, ...cancel });
  if (!response.ok) throw new Error(`the schema registry does not register a schema: ${await response.text()}`);
  for (const permanent of ['', '?permanent=true'])
    await fetch(`${subject}${permanent}`, { method: 'DELETE', ...cancel });
}
