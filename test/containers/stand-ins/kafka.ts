/**
 * Starts one Kafka node in a stand-in image, with the settings that the vendor's image takes: `KAFKA_LOG_DIRS` is the property `log.dirs`.
 * It formats an empty folder first.
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';

const JAVA = '/opt/java/bin/java';
const CLASS_PATH = ['-cp', '/opt/kafka/libs/*'];
const PROPERTIES = '/tmp/server.properties';
/** 16 bytes in base64url. */
const CLUSTER_ID = Buffer.from('qcc-local-stack!').toString('base64url');
const OF_THE_JVM = ['KAFKA_HEAP_OPTS', 'KAFKA_OPTS'];

const properties = Object.entries(process.env).flatMap(([name, value]) =>
  name.startsWith('KAFKA_') && !OF_THE_JVM.includes(name)
    ? [[name.slice('KAFKA_'.length).toLowerCase().replaceAll('_', '.'), value] as const]
    : [],
);
writeFileSync(PROPERTIES, properties.map(([name, value]) => `${name}=${value}\n`).join(''));
const logFolder = new Map(properties).get('log.dirs') ?? '/var/lib/kafka/data';
mkdirSync(logFolder, { recursive: true });
if (!existsSync(`${logFolder}/meta.properties`)) {
  execFileSync(JAVA, [...CLASS_PATH, 'kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', PROPERTIES], {
    stdio: 'inherit',
  });
}
const heap = process.env.KAFKA_HEAP_OPTS?.split(' ') ?? [];
const broker = spawn(
  JAVA,
  [...heap, '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', ...CLASS_PATH, 'kafka.Kafka', PROPERTIES],
  {
    stdio: 'inherit',
  },
);
process.on('SIGTERM', () => broker.kill('SIGTERM'));
broker.on('exit', (code) => process.exit(code ?? 1));
