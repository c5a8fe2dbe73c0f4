// In the syntax of Node 12, see places.mjs.
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ARTIFACTS, artifactFolder } from './artifact-folder.mjs';
import { findJava } from './java.mjs';

/**
 * What this machine lacks to run the stack without Docker: one text each, with the remedy.
 * @param {Readonly<Record<string, string | undefined>>} env
 * @param {{ jvmFolders?: readonly string[], isFetched?: boolean }} [machine] for tests
 * @returns {Promise<string[]>}
 */
export async function nativeProblems(env, { jvmFolders, isFetched = areArtifactsFetched() } = {}) {
  const problems = machineProblems();
  try {
    await findJava(jvmFolders === undefined ? { env } : { env, jvmFolders });
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
  }
  if (!isFetched && !isOnPath('mvn', env)) {
    problems.push(
      'Kafka and the schema registry are fetched by Maven, and there is no `mvn`. ' +
        'Install it (Debian and Ubuntu: apt-get install maven; Fedora: dnf install maven), or use Docker (QCC_STACK=docker).',
    );
  }
  return problems;
}

const areArtifactsFetched = () => ARTIFACTS.every((name) => existsSync(artifactFolder(name).folder));

/** ClickHouse's engine is built for one kind of machine. */
function machineProblems() {
  const needs = 'ClickHouse without Docker needs Linux on x64 with glibc and AVX2';
  const remedy = 'Use Docker (QCC_STACK=docker), or another machine.';
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return [`${needs}; this is ${process.platform} on ${process.arch}. ${remedy}`];
  }
  if (!existsSync('/lib64/ld-linux-x86-64.so.2')) return [`${needs}; this Linux has no glibc. ${remedy}`];
  if (!/^flags\s*:.*\bavx2\b/m.test(readFileSync('/proc/cpuinfo', 'utf8'))) {
    return [`${needs}; this processor has no AVX2. ${remedy}`];
  }
  return [];
}

/**
 * @param {string} program
 * @param {Readonly<Record<string, string | undefined>>} env
 */
function isOnPath(program, env) {
  return (env.PATH || '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch (_) {
      return false;
    }
  });
}
