import { isAccountSetting, SETTINGS, type Setting, type SettingName } from 'qcc-core/base/settings';

/** The reference page of the settings, in Markdown. */
export function renderSettingsDoc(): string {
  const rows = Object.entries(SETTINGS).map(([name, spec]: [string, Setting<unknown>]) => {
    const fallback =
      spec.fallback === undefined
        ? spec.schema.safeParse(undefined).success
          ? '–'
          : 'required'
        : `\`${spec.fallback || '(empty)'}\``;
    return `| \`${name}\` | ${fallback} | ${spec.secret ? 'yes' : ''} | ${isAccountSetting(name as SettingName) ? 'yes' : ''} | ${spec.doc.replaceAll('|', '\\|')} |`;
  });
  return `# Settings

Environment variables; each except \`ACCOUNTS_FILE\` also as \`NAME_FILE\`, the path of a file that holds the value. This page is generated from
\`packages/qcc-core/src/base/settings.ts\` by \`npm run docs\`. With \`ACCOUNTS_FILE\`,
settings marked "per account" may differ between accounts ([Several accounts](for-operators.md#several-accounts)).

Traces have OpenTelemetry's own settings, \`OTEL_…\`: see [Telemetry](telemetry.md#switch-traces-on).

| name | default | secret | per account | what it is |
|---|---|---|---|---|
${rows.join('\n')}
`;
}
