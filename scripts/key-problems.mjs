// In the syntax of Node 12, see stack/places.mjs.
import { LIVE_SETTINGS } from './preflight.mjs';
import { settingOf } from './setting-of.mjs';

/** Keys that are checked with and without --live. The other keys are checked only with --live: otherwise the simulation creates them. */
const OPTIONAL_KEYS = ['ERASURE_KEY', 'PSEUDONYM_KEY'];

/**
 * Finds keys with a wrong form, and settings whose file cannot be read, before anything is installed. It accepts everything that the
 * services accept. The services check all other values: that needs the list of settings, which works only after the installation.
 * @param {{ env: Readonly<Record<string, string | undefined>>, live: boolean }} input
 * @returns {string[]} without any value
 */
export function keyProblems({ env, live }) {
  return [...(live ? LIVE_SETTINGS : []), ...OPTIONAL_KEYS].flatMap((name) => {
    try {
      const problem = formProblem(name, settingOf(env, name));
      return problem ? [`${name} is not ${problem}: make a key with \`openssl rand -base64 32\``] : [];
    } catch (error) {
      return [error instanceof Error ? error.message : String(error)];
    }
  });
}

/**
 * @param {string} name
 * @param {string | undefined} value
 * @returns {string | undefined}
 */
function formProblem(name, value) {
  if (!value) return undefined;
  if (name === 'SEALING_KEY') {
    const areKeys = value.split(',').every((entry) => isKey(entry.trim().replace(/^[\w.-]+:/, '')));
    return areKeys ? undefined : '`kid:base64` of 32 bytes, comma-separated';
  }
  return OPTIONAL_KEYS.includes(name) && !isKey(value) ? '32 bytes as base64' : undefined;
}

/** @param {string} text */
const isKey = (text) => !text.includes(':') && Buffer.from(text, 'base64').length === 32;
