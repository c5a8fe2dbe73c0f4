// In the syntax of Node 12, see places.mjs.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { nativeProblems } from './native-needs.mjs';

/**
 * @typedef {'native' | 'docker'} StackKind
 * @typedef {object} Choice
 * @property {StackKind} kind
 * @property {string[]} problems why it cannot run here, each with the remedy
 * @property {string} [notice] says why, if nobody asked for this kind
 */

/**
 * How the local stack runs. `QCC_STACK` decides. Without it, the stack runs natively; on a machine that cannot run it so, by
 * Docker if an engine answers. Docker is asked only if its response matters.
 * @param {Readonly<Record<string, string | undefined>>} env
 * @param {{
 *   native: (env: Readonly<Record<string, string | undefined>>) => Promise<string[]>,
 *   docker: (env: Readonly<Record<string, string | undefined>>) => Promise<string | null>,
 * }} [probes] what this machine lacks for either
 * @returns {Promise<Choice>}
 */
export async function chooseStack(env, { native, docker } = { native: nativeProblems, docker: dockerProblem }) {
  const asked = env.QCC_STACK;
  if (asked === 'native') return { kind: 'native', problems: await native(env) };
  if (asked === 'docker') {
    const problem = await docker(env);
    const remedy = 'Start a Docker engine with compose, or unset QCC_STACK to do without Docker.';
    return { kind: 'docker', problems: problem === null ? [] : [`QCC_STACK is docker, and ${problem}. ${remedy}`] };
  }
  if (asked) {
    return { kind: 'native', problems: [`QCC_STACK must be native or docker, not ${JSON.stringify(asked)}`] };
  }
  const problems = await native(env);
  if (problems.length === 0 || (await docker(env)) !== null) return { kind: 'native', problems };
  const why = problems.map((problem) => `\n  - ${problem}`).join('');
  return {
    kind: 'docker',
    problems: [],
    notice: `the stack runs by Docker, because this machine cannot run it natively (QCC_STACK=native or docker decides):${why}`,
  };
}

/**
 * Why Docker cannot be used: a command line tool without an engine does not count, nor an engine without compose.
 * @param {Readonly<Record<string, string | undefined>>} env
 * @returns {Promise<string | null>}
 */
async function dockerProblem(env) {
  try {
    await promisify(execFile)('docker', ['info'], { env: { ...env }, timeout: 5_000 });
  } catch (_) {
    return 'no Docker engine answers (`docker info` says why)';
  }
  try {
    await promisify(execFile)('docker', ['compose', 'version'], { env: { ...env }, timeout: 5_000 });
  } catch (_) {
    return '`docker compose` is missing';
  }
  return null;
}
