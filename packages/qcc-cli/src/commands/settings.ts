import type { Command } from 'commander';
import { renderRoles } from 'qcc-clickhouse/roles';
import { createRedactor } from 'qcc-core/base/redact';
import { allSecrets } from 'qcc-core/base/secret-values';
import { isAccountSetting, readSettings, SETTINGS, type SettingName } from 'qcc-core/base/settings';
import { renderTable } from '../render-table.ts';
import type { Terminal } from '../terminal.ts';

type ShownSetting = {
  schema: { safeParse(value: undefined): { success: boolean } };
  fallback?: string;
  secret?: true;
  doc: string;
};

export function addSettingsCommand(program: Command, { env, print, columns }: Terminal): void {
  program
    .command('settings')
    .description('Shows every setting with its value here; secrets are hidden.')
    .action(() => {
      const redact = createRedactor(allSecrets(env));
      const rows = Object.entries(SETTINGS).map(([name, setting]) => [
        name,
        redact(shownValue(env, name, setting)),
        setting.doc,
      ]);
      print(renderTable(['name', 'here', 'what it is'], rows, { columns, widths: [null, null, 60] }));
      print('Each can also be given as NAME_FILE, the path of a file that holds the value.');
    });
}

function shownValue(env: Terminal['env'], name: string, { schema, fallback, secret }: ShownSetting): string {
  if (env.ACCOUNTS_FILE && isAccountSetting(name as SettingName)) return '(of each account: --account)';
  const file = env[`${name}_FILE`];
  if (env[name]) return secret ? '(set)' : env[name];
  if (file) return `(from ${file})`;
  if (fallback !== undefined) return `${fallback || '(empty)'} (default)`;
  return schema.safeParse(undefined).success ? '–' : '(required, not set)';
}

export function addRolesCommand(program: Command, { env, print }: Terminal): void {
  program
    .command('roles')
    .description('Prints the SQL that creates the roles qcc_analyst (masked) and qcc_investigator; runs nothing.')
    .action(() => {
      const settings = readSettings(env, ['CLICKHOUSE_DATABASE', 'CLICKHOUSE_CLUSTER']);
      const { CLICKHOUSE_DATABASE: database, CLICKHOUSE_CLUSTER: cluster } = settings;
      print(renderRoles({ database, ...(cluster !== undefined && { cluster }) }).trimEnd());
    });
}
