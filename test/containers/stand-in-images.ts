import { cpSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findJava } from '../../stack/java.mjs';
import { fetchKafka } from '../../stack/kafka.ts';
import { fetchArtifacts } from '../../stack/maven.ts';
import { ROOT } from '../../stack/places.ts';
import { makeTemporaryFolder } from '../../stack/temporary-folder.ts';
import { NODE_BASE } from './base-images.ts';
import type { Engine } from './engine.ts';

const HERE = join(import.meta.dirname, 'stand-ins');
const NODE = '/usr/local/bin/node';

type StandIn = {
  tag: string;
  /** Puts the server into the root of the image. */
  fill(root: string): Promise<void>;
  entrypoint: readonly string[];
  workdir?: string;
};

const STAND_INS: readonly StandIn[] = [
  {
    tag: 'qcc-stand-in/kafka:4.3.1',
    async fill(root) {
      await addJava(root);
      copy(await fetchKafka(), join(root, 'opt/kafka/libs'));
      copy(join(HERE, 'kafka.ts'), join(root, 'opt/kafka/kafka.ts'));
      const tool = 'org.apache.kafka.tools.BrokerApiVersionsCommand';
      addProgram(
        root,
        'opt/kafka/bin/kafka-broker-api-versions.sh',
        `/opt/java/bin/java -XX:TieredStopAtLevel=1 -cp '/opt/kafka/libs/*' ${tool} "$@"`,
      );
    },
    entrypoint: [NODE, '/opt/kafka/kafka.ts'],
  },
  {
    tag: 'qcc-stand-in/registry:3.3.3',
    async fill(root) {
      await addJava(root);
      copy(await fetchArtifacts('registry'), join(root, 'opt/registry'));
      addRequest(root, 'usr/bin/curl');
    },
    entrypoint: [
      '/bin/sh',
      '-c',
      'exec /opt/java/bin/java $JAVA_OPTS_APPEND -XX:TieredStopAtLevel=1 -jar quarkus-run.jar',
    ],
    workdir: '/opt/registry',
  },
  {
    tag: 'qcc-stand-in/clickhouse:26.7',
    async fill(root) {
      copy(join(ROOT, 'stack/clickhouse-launcher.ts'), join(root, 'opt/clickhouse/clickhouse-launcher.ts'));
      copy(join(HERE, 'clickhouse.ts'), join(root, 'opt/clickhouse/clickhouse.ts'));
      for (const name of ['@chdb/lib-linux-x64-gnu', 'ffi-rs', '@yuuang'])
        copy(join(ROOT, 'node_modules', name), join(root, 'opt/clickhouse/node_modules', name));
      addRequest(root, 'usr/bin/clickhouse-client');
    },
    entrypoint: [NODE, '/opt/clickhouse/clickhouse.ts'],
  },
];

/**
 * Makes images of Kafka, the schema registry and ClickHouse from what the local stack runs natively, for an engine that cannot pull the
 * vendors' images. They take the settings and health checks that `docker-compose.yml` has for those.
 */
export async function makeStandInImages(engine: Engine, say: (line: string) => void): Promise<void> {
  for (const { tag, fill, entrypoint, workdir = '/' } of STAND_INS) {
    say(`making ${tag} from the parts of the local stack …`);
    await using folder = await makeTemporaryFolder('qcc-stand-in-');
    const root = join(folder.path, 'root');
    mkdirSync(root);
    await fill(root);
    const dockerfile = [
      `FROM ${NODE_BASE}`,
      'COPY root /',
      'ENV TZ=UTC',
      `WORKDIR ${workdir}`,
      `ENTRYPOINT ${JSON.stringify(entrypoint)}`,
    ];
    writeFileSync(join(folder.path, 'Dockerfile'), `${dockerfile.join('\n')}\n`);
    await engine.docker(['build', '-t', tag, folder.path]);
  }
}

const copy = (from: string, to: string): void => cpSync(from, to, { recursive: true, dereference: false });

async function addJava(root: string): Promise<void> {
  copy(join(dirname(realpathSync(await findJava())), '..'), join(root, 'opt/java'));
}

/** A program that the health check of the compose file runs. */
function addProgram(root: string, path: string, command: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), `#!/bin/sh\nexec ${command}\n`, { mode: 0o755 });
}

function addRequest(root: string, path: string): void {
  copy(join(HERE, 'request.ts'), join(root, 'opt/request.ts'));
  addProgram(root, path, `${NODE} /opt/request.ts "$@"`);
}
