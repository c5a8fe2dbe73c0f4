// In the syntax of Node 12, see stack/places.mjs.
import { readFileSync } from 'node:fs';

/**
 * A setting as its variable or its file has it, before the dependencies are installed that judge its value.
 * @param {Readonly<Record<string, string | undefined>>} env
 * @param {string} name
 * @returns {string | undefined}
 * @throws Error that names the variable of a file that cannot be read
 */
export function settingOf(env, name) {
  const file = env[`${name}_FILE`];
  if (env[name] || !file) return env[name];
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new Error(`${name}_FILE cannot be read: ${error instanceof Error ? error.message : error}`);
  }
}
