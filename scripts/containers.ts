/**
 * `npm run containers`: builds the images, and runs all of `docker-compose.yml` with the simulator until each order of a simulated day is
 * COMPLETE and an alert has reached its target. Then it checks the privileges and limits of the containers, and runs integration tests
 * with the parts in containers. If no Docker engine answers, it installs one (Debian 12, as root) and runs it until the command ends.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { killChild, startChild } from '../stack/child.ts';
import { endWithMe, exitCodeOf, openScratchFolder } from '../stack/end-with-me.ts';
import { ROOT } from '../stack/places.ts';
import { assertPortFree } from '../stack/port-free.mjs';
import { tellWhile } from '../stack/tell-while.mjs';
import { composeFiles, openComposition, readContainers } from '../test/containers/composition.ts';
import { chooseEngine, type Engine, openEngine } from '../test/containers/engine.ts';
import { EngineMissingError } from '../test/containers/engine-missing.ts';
import { explain } from '../test/containers/explain.ts';
import { limitProblems } from '../test/containers/limit-problems.ts';
import { buildImages, prune } from '../test/containers/project-images.ts';
import { makeStandInImages } from '../test/containers/stand-in-images.ts';
import { ALL_SERVICES, adminPorts, alerterPort } from './admin-ports.mjs';
import { COMMAND_OPTIONS } from './command-options.mjs';

const USAGE = `npm run containers                     builds the images, runs a simulated day in containers, and tests in containers
npm run containers -- --if-possible    the same; the exit code is 0 if no Docker engine answers and none can be installed

  --orders N     orders of the day (6), and one more that only the list names
  --records N    records in each (500)

QCC_ENGINE=machine or QCC_ENGINE=own chooses the engine: that of this machine, or one that runs until the command ends.`;

/** Integration tests whose parts testcontainers starts, with the settings of the compose file. */
const TESTS = ['local-stack', 'table', 'publisher', 'topic-config', 'sink-insert', 'sink-tables'];
/** Of the gateway, the simulator, Kafka, the registry, ClickHouse and the target of alerts. */
const PUBLISHED = [8080, 8090, 9092, 8081, 8123, 9190, ...Object.values(adminPorts(undefined)), alerterPort(undefined)];

const ended = new AbortController();
let exitCode = 1;
endWithMe({
  orderly(signal) {
    exitCode = exitCodeOf(signal);
    ended.abort(new Error(`ended by ${signal}`));
  },
});
openScratchFolder('containers');
const began = performance.now();
const say = (line: string) => console.log(line);
const seconds = () => `${Math.round((performance.now() - began) / 1_000)} s`;

try {
  const options = readOptions();
  if (options) await run(options).catch((error: unknown) => skipOrThrow(error, options.ifPossible));
} catch (error) {
  console.error(explain(error));
  process.exitCode = exitCode;
}

type DayOptions = { orders: string; records: string };

function readOptions(): (DayOptions & { ifPossible: boolean }) | undefined {
  const { values } = parseArgs({ options: COMMAND_OPTIONS.containers });
  const { orders, records, help, 'if-possible': ifPossible } = values;
  if (help) {
    say(USAGE);
    return undefined;
  }
  for (const [name, text] of Object.entries({ orders, records })) {
    if (!/^[1-9]\d{0,4}$/.test(text)) throw new Error(`--${name} must be a whole number from 1 to 99999, not ${text}`);
  }
  return { orders, records, ifPossible };
}

function skipOrThrow(error: unknown, ifPossible: boolean): void {
  if (!(error instanceof EngineMissingError) || !ifPossible) throw error;
  say(`SKIPPED: nothing was tested in containers. ${explain(error)}`);
}

async function run(options: DayOptions): Promise<void> {
  const kind = await chooseEngine('running', say);
  if (kind === 'machine') for (const port of PUBLISHED) await assertPortFree('The composition', port);
  {
    await using engine = await openEngine(kind, 'building');
    await buildImages(engine, say);
    if (kind === 'own') await makeStandInImages(engine, say);
    await prune(engine);
    say(`${seconds()}: the images are built`);
  }
  ended.signal.throwIfAborted();
  await using engine = await openEngine(kind, 'running');
  await runDay(engine, options);
  say(`${seconds()}: the day is over`);
  await runTests(engine);
  say(`${seconds()}: the tests are over`);
}

async function runDay(engine: Engine, { orders, records }: DayOptions): Promise<void> {
  await using composition = await openComposition(engine, ended.signal);
  const { compose, env } = composition;
  say('starting everything of docker-compose.yml …');
  const states = async () =>
    (await compose('ps', '--format', '{{.Service}} {{.Status}}')).trim().replaceAll('\n', ', ');
  try {
    const services = ['kafka', 'registry', 'clickhouse', 'evidence', ...ALL_SERVICES, 'simulator', 'alert-stand-in'];
    const starting = compose('up', '--detach', '--wait', '--no-build', ...services);
    await tellWhile(starting, async (elapsed) => say(`  ${elapsed}: ${await states()}`), 15_000);
    const ours = [...ALL_SERVICES, 'simulator'];
    const problems = limitProblems(await readContainers(engine, composition, ours));
    if (problems.length > 0) throw new Error(problems.join('\n'));
    say(`${seconds()}: ${ours.length} containers of ours are healthy, and may do only what they need`);
    await runNext(engine, ['test/containers/simulated-day.ts', orders, records], env);
    say(await compose('run', '--rm', '--no-deps', 'qcc', 'audit'));
  } catch (error) {
    if (!ended.signal.aborted) say(await compose('logs', '--no-color', '--tail', '50').catch(explain));
    throw error;
  }
}

function runTests(engine: Engine): Promise<void> {
  const files = TESTS.map((name) => `test/integration/${name}.test.ts`);
  return runNext(engine, ['node_modules/vitest/vitest.mjs', 'run', '--project', 'integration', ...files], {
    ...engine.env,
    QCC_STACK: 'docker',
    COMPOSE_FILE: composeFiles(engine),
    // Ryuk removes what a killed run leaves. An own engine ends with its containers.
    ...(engine.kind === 'own' && { TESTCONTAINERS_RYUK_DISABLED: 'true' }),
  });
}

/** Runs a program of Node where it reaches the ports that containers publish. @throws Error if it fails */
async function runNext(engine: Engine, args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const [command = process.execPath, ...before] = [...engine.enter, process.execPath, ...process.execArgv];
  const [script = '', ...rest] = args;
  const child = startChild(command, [...before, join(ROOT, script), ...rest], { cwd: ROOT, stdio: 'inherit', env });
  const kill = () => killChild(child);
  ended.signal.addEventListener('abort', kill, { once: true });
  const ending = await new Promise<Error | number | null>((resolve) => {
    child.once('error', resolve);
    child.once('exit', (code) => resolve(code));
  });
  ended.signal.removeEventListener('abort', kill);
  ended.signal.throwIfAborted();
  if (ending !== 0) throw new Error(`${script} failed`, ending instanceof Error ? { cause: ending } : undefined);
}
