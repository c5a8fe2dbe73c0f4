/**
 * Whether the patches that only save time are in use; `createKafka` sets it from `KAFKA_FAST_PATHS`. Without them the same
 * messages go in and out through kafkajs's own code, at a third of the speed. The patches that keep promises are always on.
 */
export const fastPaths = { on: true };
