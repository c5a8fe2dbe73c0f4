// In the syntax of Node 12, see stack/places.mjs.

import { COMMAND_OPTIONS } from './command-options.mjs';

/** Also settings of npm, which does not hand on such an option. A variable of this name comes from the user's configuration of npm. */
const OF_NPM = ['help', 'only'];

/**
 * Options that were given without `--`, as in `npm start --once`: npm takes them for its own settings and hands them on as
 * variables, `npm_config_once=true`. They are taken out of the environment, and npm will not meet them again.
 * @param {string} command
 * @param {Record<string, string | undefined>} env changed
 * @returns {string[]} the same as arguments
 * @throws Error for `--orders 5`, of which npm leaves the number behind: only `--orders=5` arrives whole.
 */
export function takeNpmOptions(command, env) {
  /** @param {string} name */
  const take = (name) => {
    const variable = `npm_config_${name.replace(/-/g, '_')}`;
    const value = env[variable];
    delete env[variable];
    return value;
  };
  return Object.entries(optionsOf(command)).flatMap(([name, { type }]) => {
    if (OF_NPM.includes(name)) return [];
    const value = take(name);
    if (type === 'boolean') return value === 'true' ? [`--${name}`] : [];
    if (value === 'true') {
      throw new Error(`npm keeps --${name} for itself: \`npm ${npmCommand(command)} -- --${name} VALUE\``);
    }
    return value ? [`--${name}=${value}`] : [];
  });
}

/**
 * @param {string} command
 * @returns {Readonly<Record<string, { readonly type: 'boolean' | 'string' }>>}
 */
const optionsOf = (command) =>
  command in COMMAND_OPTIONS ? COMMAND_OPTIONS[/** @type {keyof typeof COMMAND_OPTIONS} */ (command)] : {};

/** @param {string} command */
const npmCommand = (command) => (command === 'start' ? 'start' : `run ${command}`);
