// In the syntax of Node 12, see stack/places.mjs.

const HELP = /** @type {const} */ ({ type: 'boolean', short: 'h', default: false });
const CAMPAIGN = /** @type {const} */ ({
  only: { type: 'string' },
  resume: { type: 'boolean', default: false },
  short: { type: 'boolean', default: false },
  help: HELP,
});

/**
 * The options of the npm commands, in the form of `parseArgs`. Each script parses its arguments with them, and
 * `npm-options.mjs` finds the options that were given without `--`.
 */
export const COMMAND_OPTIONS = /** @type {const} */ ({
  start: {
    once: { type: 'boolean', default: false },
    live: { type: 'boolean', default: false },
    alerts: { type: 'boolean', default: false },
    'allow-foreign': { type: 'boolean', default: false },
    orders: { type: 'string', default: '3' },
    records: { type: 'string', default: '500' },
    help: HELP,
  },
  stack: {
    down: { type: 'boolean', default: false },
    reset: { type: 'boolean', default: false },
    help: HELP,
  },
  test: { whole: { type: 'boolean', default: false } },
  bench: CAMPAIGN,
  chaos: { ...CAMPAIGN, seed: { type: 'string' } },
  hostile: { ...CAMPAIGN, seed: { type: 'string' } },
  answers: {
    companies: { type: 'string', default: '2500' },
    seed: { type: 'string', default: 'quarter' },
    superset: { type: 'boolean', default: false },
    screenshots: { type: 'string' },
    help: HELP,
  },
  conformance: {
    client: { type: 'string' },
    only: { type: 'string' },
    seed: { type: 'string', default: 'conformance' },
    short: { type: 'boolean', default: false },
    help: HELP,
  },
  containers: {
    'if-possible': { type: 'boolean', default: false },
    orders: { type: 'string', default: '6' },
    records: { type: 'string', default: '500' },
    help: HELP,
  },
  superset: {
    once: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    'if-possible': { type: 'boolean', default: false },
    port: { type: 'string' },
    screenshots: { type: 'string' },
    help: HELP,
  },
  docs: { page: { type: 'boolean', default: false } },
});
