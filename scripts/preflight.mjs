// In the syntax of Node 12, see stack/places.mjs.
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { chooseStack } from '../stack/choose-stack.mjs';
import { ROOT, STACK_DIR } from '../stack/places.mjs';
import { assertPortFree } from '../stack/port-free.mjs';
import { stackPorts } from '../stack/stack-ports.mjs';
import { adminPorts, alerterPort } from './admin-ports.mjs';
import { settingOf } from './setting-of.mjs';

/** Settings that have no default: what QCC gives, and the key that is made once. */
export const LIVE_SETTINGS = ['QCC_KEY', 'QCC_SECRET_KEY', 'SEALING_KEY'];
export const GATEWAY_PORT = 8080;

/** Folders that have to be writable if they exist: an earlier run by another user may have made them. */
const FOLDERS = [
  ROOT,
  join(ROOT, 'node_modules'),
  STACK_DIR,
  ...['cache', 'data', 'evidence', 'logs', 'run', 'spool'].map((name) => join(STACK_DIR, name)),
];

/** @typedef {Readonly<Record<string, string | undefined>>} Env */

/**
 * Finds everything that prevents a command from starting here, before anything is installed or started. It reports all problems at once,
 * each with its remedy. It only reads and probes.
 * @param {{
 *   env: Env,
 *   stack: boolean,
 *   services: boolean,
 *   alerter: boolean,
 *   folders?: readonly string[],
 * }} needs `stack`: the command starts Kafka, the registry and ClickHouse. `services`: it starts the four services. `alerter`: if it
 * starts the services, it also starts the alerter.
 * @returns {Promise<import('../stack/choose-stack.mjs').Choice>} how the stack runs, and the problems of everything
 */
export async function preflight({ env, stack, services, alerter, folders = FOLDERS }) {
  const choice = stack ? await chooseStack(env) : { kind: /** @type {const} */ ('native'), problems: [] };
  return {
    ...choice,
    problems: [
      ...choice.problems,
      ...unwritable(folders),
      ...(await portProblems([
        ...(stack ? portsOfStack(env) : []),
        ...(services ? portsOfServices(env, alerter) : []),
      ])),
    ],
  };
}

/**
 * With `live`: the settings that --live needs and that are missing. Without it: a problem if the key of QCC or its secret key is set,
 * because the user may want the real QCC. It does not check the values.
 * @param {{ env: Env, live: boolean }} input
 * @returns {string[]}
 */
export function credentialProblems({ env, live }) {
  if (live) {
    return LIVE_SETTINGS.filter((name) => !isSet(env, name)).map(
      (name) => `${name} is missing, which --live needs: set it, or ${name}_FILE to a file that holds it`,
    );
  }
  const credentials = ['QCC_KEY', 'QCC_SECRET_KEY'].filter((name) => isSet(env, name));
  if (credentials.length === 0) return [];
  return [
    `${credentials.join(' and ')} is set. To run against the real QCC: \`npm start -- --live\`. To run the simulator: unset QCC_KEY and QCC_SECRET_KEY`,
  ];
}

/**
 * @param {Env} env
 * @param {string} name
 */
const isSet = (env, name) => Boolean(env[name] || env[`${name}_FILE`]);

/** @param {readonly string[]} folders */
function unwritable(folders) {
  return folders.flatMap((folder) => {
    try {
      accessSync(folder, constants.W_OK);
      return [];
    } catch (error) {
      const reason = error instanceof Error ? String(Reflect.get(error, 'code')) : String(error);
      // It is made later.
      if (reason === 'ENOENT') return [];
      return [
        `${folder} cannot be written to (${reason}): make it yours (sudo chown -R "$USER" ${folder}), or use a copy of the repository elsewhere`,
      ];
    }
  });
}

/**
 * @typedef {{ part: string, variable: string, port: number }} Wanted
 * @param {Env} env
 * @returns {(Wanted | string)[]}
 */
function portsOfStack(env) {
  return orProblem(() => {
    const { kafka, registry, clickhouse } = stackPorts(env);
    return [
      { part: 'Kafka', variable: 'STACK_KAFKA_PORT', port: kafka },
      { part: 'The schema registry', variable: 'STACK_REGISTRY_PORT', port: registry },
      { part: 'ClickHouse', variable: 'STACK_CLICKHOUSE_PORT', port: clickhouse },
    ];
  });
}

/**
 * @param {Env} env
 * @param {boolean} alerter
 * @returns {(Wanted | string)[]}
 */
function portsOfServices(env, alerter) {
  const gateway = orProblem(() => [
    {
      part: 'callback-gateway',
      variable: 'GATEWAY_PORT',
      port: Number(settingOf(env, 'GATEWAY_PORT') || GATEWAY_PORT),
    },
  ]);
  const admin = orProblem(() => {
    const first = settingOf(env, 'ADMIN_PORT');
    const ports = { ...adminPorts(first), ...(alerter && { alerter: alerterPort(first) }) };
    return Object.entries(ports).map(([service, port]) => ({
      part: `${service} (admin)`,
      variable: 'ADMIN_PORT',
      port,
    }));
  });
  return [...gateway, ...admin];
}

/**
 * @param {() => Wanted[]} read
 * @returns {(Wanted | string)[]}
 */
function orProblem(read) {
  try {
    return read();
  } catch (error) {
    return [messageOf(error)];
  }
}

/** @param {(Wanted | string)[]} wanted */
async function portProblems(wanted) {
  /** @type {string[]} */
  const problems = [];
  /** @type {Map<number, string>} */
  const first = new Map();
  for (const each of wanted) {
    if (typeof each === 'string') {
      problems.push(each);
      continue;
    }
    const { part, variable, port } = each;
    // Free ones are taken, or the setting is judged where its kind is known.
    if (!Number.isInteger(port) || port <= 0 || port > 65_535) continue;
    const holder = first.get(port);
    if (holder !== undefined) {
      problems.push(`${part} and ${holder} are given the same port ${port}: set ${variable} to another port`);
      continue;
    }
    first.set(port, part);
    try {
      await assertPortFree(part, port, variable);
    } catch (error) {
      problems.push(messageOf(error));
    }
  }
  return problems;
}

/** @param {unknown} error */
const messageOf = (error) => (error instanceof Error ? error.message : String(error));

/**
 * @param {readonly string[]} problems
 * @returns {string} for a terminal; nothing was changed
 */
export function describeProblems(problems) {
  const count = problems.length === 1 ? 'one thing is' : `${problems.length} things are`;
  return `Nothing was installed or started: ${count} in the way.\n${problems.map((each) => `\n  - ${each}`).join('')}`;
}
