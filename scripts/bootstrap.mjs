// `node scripts/bootstrap.mjs COMMAND ARGUMENTS`: checks what this machine has, installs what is missing, then runs
// scripts/COMMAND.ts on the repository's own Node. Plain JavaScript in the syntax of Node 12, see stack/places.mjs.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../stack/places.mjs';
import { hasAlertRules } from './admin-ports.mjs';
import { install, isInstalled } from './install.mjs';
import { keyProblems } from './key-problems.mjs';
import { nodeProblems } from './node-version.mjs';
import { takeNpmOptions } from './npm-options.mjs';
import { credentialProblems, describeProblems, preflight } from './preflight.mjs';
import { runOnRepositoryNode } from './run-node.mjs';

const [command = '', ...given] = process.argv.slice(2);

main().catch((error) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});

async function main() {
  const script = join(ROOT, 'scripts', `${command}.ts`);
  if (!command || !existsSync(script)) {
    console.error(`There is no command ${command || '(none given)'}; \`npm run\` lists the commands.`);
    process.exitCode = 2;
    return;
  }
  const args = [...given, ...takeNpmOptions(command, process.env)];
  const wasInstalled = isInstalled();
  const problems = nodeProblems(process.version);
  // Once the dependencies are there, the command itself checks the rest, together with the values of the settings.
  if (problems.length > 0 || !wasInstalled) problems.push(...(await machineProblems(args)));
  if (problems.length > 0) {
    console.error(describeProblems(problems));
    process.exitCode = 1;
    return;
  }
  const failure = wasInstalled ? 0 : await install((line) => console.error(line));
  if (failure === 0) await runOnRepositoryNode(script, args);
  else process.exitCode = failure;
}

/** @param {readonly string[]} args */
async function machineProblems(args) {
  const { env } = process;
  const isForHelp = args.some((arg) => ['--help', '-h', '--down', '--reset'].includes(arg));
  const stack = !isForHelp && (command === 'start' || command === 'stack');
  const services = stack && command === 'start';
  const alerter = args.includes('--alerts') || hasAlertRules(env);
  const { problems } = await preflight({ env, stack, services, alerter });
  const settings = { env, live: args.includes('--live') };
  return services ? [...problems, ...credentialProblems(settings), ...keyProblems(settings)] : problems;
}
