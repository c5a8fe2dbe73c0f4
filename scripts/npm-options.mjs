// In the syntax of Node 12, see stack/places.mjs.

/** @type {Readonly<Record<string, { flags: readonly string[], values: readonly string[] }>>} */
const OPTIONS = {
  start: { flags: ['once', 'live', 'allow-foreign'], values: ['orders', 'records'] },
  stack: { flags: ['down', 'reset'], values: [] },
  bench: { flags: ['short'], values: [] },
  chaos: { flags: ['short'], values: [] },
  hostile: { flags: ['short'], values: [] },
  conformance: { flags: ['short'], values: [] },
  superset: { flags: ['once', 'check', 'if-possible'], values: ['port', 'screenshots'] },
};

/**
 * Options that were given without `--`, as in `npm start --once`: npm takes them for its own settings and hands them on as
 * variables, `npm_config_once=true`. They are taken out of the environment, and npm will not meet them again.
 * @param {string} command
 * @param {Record<string, string | undefined>} env changed
 * @returns {string[]} the same as arguments
 * @throws Error for `--orders 5`, of which npm leaves the number behind: only `--orders=5` arrives whole.
 */
export function takeNpmOptions(command, env) {
  const { flags, values } = OPTIONS[command] || { flags: [], values: [] };
  /** @param {string} name */
  const take = (name) => {
    const variable = `npm_config_${name.replace(/-/g, '_')}`;
    const value = env[variable];
    delete env[variable];
    return value;
  };
  const given = flags.filter((name) => take(name) === 'true').map((name) => `--${name}`);
  const assigned = values.flatMap((name) => {
    const value = take(name);
    if (value === 'true') {
      throw new Error(`npm keeps --${name} for itself: \`npm ${npmCommand(command)} -- --${name} N\``);
    }
    return value ? [`--${name}=${value}`] : [];
  });
  return [...given, ...assigned];
}

/** @param {string} command */
const npmCommand = (command) => (command === 'start' ? 'start' : `run ${command}`);
