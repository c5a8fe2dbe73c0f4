import { readFileSync } from 'node:fs';

/**
 * A setting as its variable has it, or as the file has it that `NAME_FILE` names. An empty variable counts as absent, as deployment
 * templates leave them.
 * @throws what the file system says.
 */
export function readVariable(env: Readonly<Record<string, string | undefined>>, name: string): string | undefined {
  if (env[name]) return env[name];
  const file = env[`${name}_FILE`];
  return file ? readFileSync(file, 'utf8').replace(/\r?\n$/, '') : undefined;
}
