/** A worker of vitest outlives a run that is killed, and so would everything that its tests started. */
process.once('disconnect', () => process.exit(1));
