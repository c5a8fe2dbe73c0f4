/**
 * `npm run containers`: builds the images, runs all of `docker-compose.yml` with the simulator until each order of a simulated day is
 * COMPLETE, checks what the containers may do, and runs integration tests with the parts in containers. Without a Docker engine it
 * installs and starts one of its own, on Debian as root. `--if-possible` makes a machine without any a skip, not a failure.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describeError } from 'qcc-core/base/errors';
import { startChild } from '../stack/child.ts';
import { endWithMe, openScratchFolder } from '../stack/end-with-me.ts';
import { ROOT } from '../stack/places.ts';
import { tellWhile } from '../stack/tell-while.mjs';
import { composeFiles, openComposition, readContainers } from '../test/containers/composition.ts';
import { type Engine, openEngine } from '../test/containers/engine.ts';
import { EngineMissingError } from '../test/containers/engine-missing.ts';
import { limitProblems } from '../test/containers/limit-problems.ts';
import { buildImages } from '../test/containers/project-images.ts';
import { makeStandInImages } from '../test/containers/stand-in-images.ts';
import { SERVICES } from './admin-ports.mjs';

const USAGE = `npm run containers                     builds the images, runs a simulated day in containers, and tests in containers
npm run containers -- --if-possible    the same, but says so and ends well where there is no Docker engine and none can be installed

  --orders N     orders of the day (6), and one more that only the list names
  --records N    records in each (500)`;

/** Integration tests whose parts testcontainers starts. They need no setting that the compose file does not have. */
const TESTS = ['local-stack', 'table', 'publisher', 'topic-config', 'sink-insert', 'sink-tables'];

endWithMe();
openScratchFolder('containers');
const began = performance.now();
const say = (line: string) => console.log(line);
const seconds = () => `${Math.round((performance.now() - began) / 1_000)} s`;

const { values } = parseArgs({
  options: {
    'if-possible': { type: 'boolean', default: false },
    orders: { type: 'string', default: '6' },
    records: { type: 'string', default: '500' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

try {
  if (values.help) say(USAGE);
  else await run();
} catch (error) {
  if (error instanceof EngineMissingError && values['if-possible']) {
    say(`SKIPPED: nothing was tested in containers. ${error.message}`);
  } else {
    console.error(describeError(error));
    process.exitCode = 1;
  }
}

async function run(): Promise<void> {
  {
    await using engine = await openEngine('building', say);
    await buildImages(engine, say);
    if (!engine.isOfMachine) await makeStandInImages(engine, say);
    say(`${seconds()}: the images are built`);
  }
  await using engine = await openEngine('running', say);
  await runDay(engine);
  say(`${seconds()}: the day is over`);
  await runTests(engine);
  say(`${seconds()}: the tests are over`);
}

async function runDay(engine: Engine): Promise<void> {
  await using composition = openComposition(engine);
  const { compose } = composition;
  say('starting everything of docker-compose.yml …');
  await tellWhile(
    compose('up', '--detach', '--wait', '--no-build'),
    async (elapsed) =>
      say(
        `  ${elapsed}: ${(await compose('ps', '--format', '{{.Service}} {{.Status}}')).trim().replaceAll('\n', ', ')}`,
      ),
    15_000,
  );
  const problems = limitProblems(await readContainers(engine, composition, [...SERVICES, 'simulator']));
  if (problems.length > 0) throw new Error(problems.join('\n'));
  say(`${seconds()}: ${SERVICES.length + 1} containers of ours are healthy, and may do only what they need`);
  await runNext(engine, ['test/containers/simulated-day.ts', values.orders, values.records], composition.env);
  say(await compose('--profile', 'tool', 'run', '--rm', '--no-deps', 'qcc', 'audit'));
}

function runTests(engine: Engine): Promise<void> {
  const files = TESTS.map((name) => `test/integration/${name}.test.ts`);
  return runNext(engine, ['node_modules/vitest/vitest.mjs', 'run', '--project', 'integration', ...files], {
    ...engine.env,
    QCC_STACK: 'docker',
    COMPOSE_FILE: composeFiles(engine),
    TESTCONTAINERS_RYUK_DISABLED: 'true',
  });
}

/** Runs a program of Node where it reaches the ports that containers publish. @throws Error if it fails */
async function runNext(engine: Engine, args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const [command = process.execPath, ...before] = [...engine.enter, process.execPath, ...process.execArgv];
  const [script = '', ...rest] = args;
  const child = startChild(command, [...before, join(ROOT, script), ...rest], { cwd: ROOT, stdio: 'inherit', env });
  const ended = await new Promise<Error | number | null>((resolve) => {
    child.once('error', resolve);
    child.once('exit', (code) => resolve(code));
  });
  if (ended !== 0) throw new Error(`${script} failed`, ended instanceof Error ? { cause: ended } : undefined);
}
