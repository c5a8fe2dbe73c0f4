import type { StackPorts } from './stack.ts';

/** Ports of the local stack: those that the settings default to, unless `STACK_KAFKA_PORT` and its like say otherwise. */
export function stackPorts(env: Readonly<Record<string, string | undefined>>): StackPorts {
  return {
    kafka: port(env, 'STACK_KAFKA_PORT', 9092),
    registry: port(env, 'STACK_REGISTRY_PORT', 8081),
    clickhouse: port(env, 'STACK_CLICKHOUSE_PORT', 8123),
  };
}

function port(env: Readonly<Record<string, string | undefined>>, name: string, fallback: number): number {
  const value = Number(env[name] || fallback);
  if (Number.isInteger(value) && value > 0 && value < 65_536) return value;
  throw new Error(`${name} must be a port between 1 and 65535, not ${JSON.stringify(env[name])}`);
}
