import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

/** The registry is built for it; the broker is content with less. */
export const LEAST_JAVA = 21;

export class JavaMissingError extends Error {
  override readonly name = 'JavaMissingError';
  constructor(least: number, found: readonly string[]) {
    super(
      `Kafka and the schema registry need a JDK of version ${least} or newer; ` +
        `${found.length === 0 ? 'no java was found' : `found only ${found.join(', ')}`}. ` +
        `Install one (Debian and Ubuntu: openjdk-${least}-jre-headless or Temurin; macOS: brew install openjdk) or point JAVA_HOME at one, or start a Docker engine.`,
    );
  }
}

type Search = {
  least?: number;
  env?: Readonly<Record<string, string | undefined>>;
  /** Folders whose children are JVMs. */
  jvmFolders?: readonly string[];
};

/**
 * The `java` to run the stack with: the first that is new enough of `JAVA_HOME`, `PATH` and the distribution's JVMs,
 * as the default one is often an old release with newer ones beside it.
 * @throws JavaMissingError that names what was found instead.
 */
export async function findJava({
  least = LEAST_JAVA,
  env = process.env,
  jvmFolders = ['/usr/lib/jvm', '/Library/Java/JavaVirtualMachines'],
}: Search = {}): Promise<string> {
  const found: string[] = [];
  for (const java of candidates(env, jvmFolders)) {
    const version = await majorVersion(java);
    if (version === undefined) continue;
    if (version >= least) return java;
    found.push(`${java} (version ${version})`);
  }
  throw new JavaMissingError(least, found);
}

function candidates(env: Readonly<Record<string, string | undefined>>, jvmFolders: readonly string[]): string[] {
  const home = env.JAVA_HOME ? [join(env.JAVA_HOME, 'bin', 'java')] : [];
  const onPath = (env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'java'));
  const installed = jvmFolders.flatMap((folder) =>
    existsSync(folder)
      ? readdirSync(folder).flatMap((jvm) => [
          join(folder, jvm, 'bin', 'java'),
          join(folder, jvm, 'Contents', 'Home', 'bin', 'java'),
        ])
      : [],
  );
  return [...home, ...onPath, ...installed].filter(existsSync);
}

/** Undefined for what does not run, such as the placeholder of a Mac without a JDK. Before 9, versions began with `1.`. */
async function majorVersion(java: string): Promise<number | undefined> {
  try {
    const { stderr } = await promisify(execFile)(java, ['-version']);
    const version = /version "(?:1\.)?(\d+)/.exec(stderr)?.[1];
    return version === undefined ? undefined : Number(version);
  } catch {
    return undefined;
  }
}
