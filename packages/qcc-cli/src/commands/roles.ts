import type { Command } from 'commander';
import { renderRoles } from 'qcc-clickhouse/roles';
import { readSettings } from 'qcc-core/base/settings';
import type { Terminal } from '../terminal.ts';

export function addRolesCommand(program: Command, { env, print }: Terminal): void {
  program
    .command('roles')
    .description('Prints the SQL that makes the roles qcc_analyst (masked) and qcc_investigator; runs nothing.')
    .action(() => {
      const settings = readSettings(env, ['CLICKHOUSE_DATABASE', 'CLICKHOUSE_CLUSTER']);
      const { CLICKHOUSE_DATABASE: database, CLICKHOUSE_CLUSTER: cluster } = settings;
      print(renderRoles({ database, ...(cluster !== undefined && { cluster }) }).trimEnd());
    });
}
