const endsWithRun: { [key: symbol]: boolean } = globalThis as never;
const IS_SET = Symbol.for('qcc ends with its run');

/** A worker of vitest outlives a run that is killed, and so would everything that its tests started. */
if (!endsWithRun[IS_SET]) process.once('disconnect', () => process.exit(1));
endsWithRun[IS_SET] = true;
