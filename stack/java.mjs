// In the syntax of Node 12, see places.mjs.
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

/** The registry is built for it; the broker is content with less. */
const LEAST_JAVA = 21;

export class JavaMissingError extends Error {
  /**
   * @param {number} least
   * @param {readonly string[]} found
   * @param {string} osRelease
   */
  constructor(least, found, osRelease) {
    super(
      `Kafka and the schema registry need a JDK of version ${least} or newer; ` +
        `${found.length === 0 ? 'no java was found' : `found only ${found.join(', ')}`}. ` +
        `${howToInstall(least, osRelease)}, point JAVA_HOME at one, or use Docker (QCC_STACK=docker).`,
    );
    this.name = 'JavaMissingError';
  }
}

/**
 * The `java` to run the stack with: the first that is new enough of `JAVA_HOME`, `PATH` and the distribution's JVMs,
 * as the default one is often an old release with newer ones beside it.
 * @param {{
 *   least?: number,
 *   env?: Readonly<Record<string, string | undefined>>,
 *   jvmFolders?: readonly string[],
 *   osRelease?: string,
 * }} [search] `jvmFolders`: folders whose children are JVMs. `osRelease`: the text of os-release(5), for the remedy.
 * @returns {Promise<string>} path of the program
 * @throws JavaMissingError that names what was found instead.
 */
export async function findJava(search = {}) {
  const {
    least = LEAST_JAVA,
    env = process.env,
    jvmFolders = ['/usr/lib/jvm', '/Library/Java/JavaVirtualMachines'],
    osRelease = readOsRelease(),
  } = search;
  const found = [];
  for (const java of candidates(env, jvmFolders)) {
    const version = await majorVersion(java);
    if (version === undefined) continue;
    if (version >= least) return java;
    found.push(`${java} (version ${version})`);
  }
  throw new JavaMissingError(least, found, osRelease);
}

/**
 * @param {Readonly<Record<string, string | undefined>>} env
 * @param {readonly string[]} jvmFolders
 */
function candidates(env, jvmFolders) {
  const home = env.JAVA_HOME ? [join(env.JAVA_HOME, 'bin', 'java')] : [];
  const onPath = (env.PATH || '').split(delimiter).map((folder) => join(folder, 'java'));
  const installed = jvmFolders
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      readdirSync(folder).flatMap((jvm) => [
        join(folder, jvm, 'bin', 'java'),
        join(folder, jvm, 'Contents', 'Home', 'bin', 'java'),
      ]),
    );
  return [...new Set([...home, ...onPath, ...installed])].filter((java) => existsSync(java));
}

/**
 * Undefined for what does not run, such as the placeholder of a Mac without a JDK. Before 9, versions began with `1.`.
 * @param {string} java
 */
async function majorVersion(java) {
  try {
    const { stderr } = await promisify(execFile)(java, ['-version']);
    const [, version] = /version "(?:1\.)?(\d+)/.exec(stderr) || [];
    return version === undefined ? undefined : Number(version);
  } catch (_) {
    return undefined;
  }
}

/** The first release of a distribution that has the package; Debian 12 ends at 17. */
const FIRST_RELEASE_WITH_21 = { debian: 13, ubuntu: 22 };

/**
 * @param {number} least
 * @param {string} osRelease
 */
function howToInstall(least, osRelease) {
  const id = fieldOf(osRelease, 'ID');
  const release = Number.parseFloat(fieldOf(osRelease, 'VERSION_ID'));
  const temurin = `Eclipse Temurin ${least} (https://adoptium.net/installation/)`;
  if (id === 'debian' || id === 'ubuntu') {
    if (release >= FIRST_RELEASE_WITH_21[id])
      return `Install one with \`apt-get install openjdk-${least}-jre-headless\``;
    return `${fieldOf(osRelease, 'PRETTY_NAME')} has no package of it: install ${temurin}`;
  }
  if (['fedora', 'rhel', 'rocky', 'almalinux', 'centos'].includes(id)) {
    return `Install one with \`dnf install java-${least}-openjdk-headless\``;
  }
  return `Install one, such as ${temurin}`;
}

/**
 * @param {string} osRelease
 * @param {string} name
 */
function fieldOf(osRelease, name) {
  const [, value = ''] = new RegExp(`^${name}=(.*)$`, 'm').exec(osRelease) || [];
  return value.replace(/^"|"$/g, '');
}

function readOsRelease() {
  try {
    return readFileSync('/etc/os-release', 'utf8');
  } catch (_) {
    return '';
  }
}
