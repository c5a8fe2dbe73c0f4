import { describeOtherKeys, type KeyId, type SharedKey, type StatedKey } from 'qcc-clickhouse/key-ids';
import { CommandFailure } from './terminal.ts';

/**
 * Whether this key is that of every sink that runs.
 * @param here its id.
 * @throws CommandFailure that names the sinks with another key, or says that no sink has stated one yet.
 */
export function requireSameKey(name: SharedKey, here: KeyId, stated: readonly StatedKey[]): void {
  if (stated.length === 0) {
    throw new CommandFailure(
      `no sink has stated its ${name} in this database yet: start a sink of this version with it first`,
    );
  }
  const problem = describeOtherKeys(name, here, stated);
  if (problem !== null) throw new CommandFailure(problem);
}
