// In the syntax of Node 12, see places.mjs.

/**
 * Ports of the local stack: those that the settings default to, unless `STACK_KAFKA_PORT` and its like say otherwise.
 * @param {Readonly<Record<string, string | undefined>>} env
 * @returns {{ kafka: number, registry: number, clickhouse: number }}
 * @throws Error that names the variable that is no port.
 */
export function stackPorts(env) {
  return {
    kafka: port(env, 'STACK_KAFKA_PORT', 9092),
    registry: port(env, 'STACK_REGISTRY_PORT', 8081),
    clickhouse: port(env, 'STACK_CLICKHOUSE_PORT', 8123),
  };
}

/**
 * @param {Readonly<Record<string, string | undefined>>} env
 * @param {string} name
 * @param {number} fallback
 */
function port(env, name, fallback) {
  const value = Number(env[name] || fallback);
  if (Number.isInteger(value) && value > 0 && value < 65_536) return value;
  throw new Error(`${name} must be a port between 1 and 65535, not ${JSON.stringify(env[name])}`);
}
