/** `npm run stack`: Kafka, schema registry and ClickHouse on loopback, in the background until they are told to end. */
import { relative } from 'node:path';
import { parseArgs } from 'node:util';
import { ANALYST } from '../stack/analyst-login.ts';
import { bringDown, bringUp, reset } from '../stack/background.ts';
import type { StackKind } from '../stack/choose-stack.mjs';
import { endWithMe, exitCodeOf } from '../stack/end-with-me.ts';
import { DATA_DIR, LOG_DIR } from '../stack/places.ts';
import { stackPorts } from '../stack/stack-ports.mjs';
import { COMMAND_OPTIONS } from './command-options.mjs';
import { describeProblems, preflight } from './preflight.mjs';

const USAGE = `npm run stack               brings Kafka, the schema registry and ClickHouse up, and leaves them running
npm run stack -- --down     ends them; their data stays
npm run stack -- --reset    ends them and deletes their data`;

const tell = (line: string) => console.log(line);
const interrupted = new AbortController();
let exitCode = 1;
endWithMe({
  orderly(signal) {
    exitCode = exitCodeOf(signal);
    interrupted.abort(new Error('interrupted; nothing is left running'));
  },
});

try {
  const { values } = parseArgs({ options: COMMAND_OPTIONS.stack });
  if (values.help) console.log(USAGE);
  else if (values.reset) {
    await reset(tell);
    console.log('The stack is down and its data is deleted.');
  } else if (values.down) {
    console.log((await bringDown(tell)) ? 'The stack is down; its data is kept.' : 'The stack was not up.');
  } else await up();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = exitCode;
}

async function up(): Promise<void> {
  const { env, wasUp } = await bringUp({
    chooseKind,
    ports: stackPorts(process.env),
    signal: interrupted.signal,
    progress: tell,
  });
  console.log(`${wasUp ? 'The stack is up already.' : 'The stack is up.'}

  Kafka            ${env.KAFKA_BROKERS}
  Schema registry  ${env.SCHEMA_REGISTRY_URL}
  ClickHouse       ${env.CLICKHOUSE_URL} (user default, no password; user ${ANALYST} reads as role qcc_analyst)

  data  ${relative('', DATA_DIR)} (kept)
  logs  ${relative('', LOG_DIR)}
  end   npm run stack -- --down (or --reset to delete the data too)`);
}

/** @throws Error that names everything that is in the way */
async function chooseKind(): Promise<StackKind> {
  const { kind, problems, notice } = await preflight({
    env: process.env,
    stack: true,
    services: false,
    alerter: false,
  });
  if (problems.length > 0) throw new Error(describeProblems(problems));
  if (notice) console.log(notice);
  return kind;
}
