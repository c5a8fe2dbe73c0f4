// In the syntax of Node 12, see stack/places.mjs.

import { COMMAND_OPTIONS } from './command-options.mjs';

/** Npm has settings with these names, so it keeps such an option. A variable with this name comes from the user's npm configuration. */
const OF_NPM = ['help', 'only'];

/**
 * Options that were given without `--`, as in `npm start --once`. npm treats them as its own settings and passes them on as variables,
 * such as `npm_config_once=true`. This removes the variables from `env`, because another npm would warn about them.
 * @param {string} command
 * @param {Record<string, string | undefined>} env changed
 * @returns {string[]} the same as arguments
 * @throws Error for `--orders 5`, because npm separates the number from the option. `--orders=5` arrives complete.
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
