import { SETTINGS, type Setting } from 'qcc-core/base/settings';

/** The reference page of the settings, in Markdown. */
export function renderSettingsDoc(): string {
  const rows = Object.entries(SETTINGS).map(([name, spec]: [string, Setting<unknown>]) => {
    const fallback =
      spec.fallback === undefined
        ? spec.schema.safeParse(undefined).success
          ? '–'
          : 'required'
        : `\`${spec.fallback || '(empty)'}\``;
    return `| \`${name}\` | ${fallback} | ${spec.secret ? 'yes' : ''} | ${spec.doc.replaceAll('|', '\\|')} |`;
  });
  return `# Settings

Environment variables; each also as \`NAME_FILE\`, the path of a file that holds the value. This page is generated from
\`packages/qcc-core/src/base/settings.ts\` by \`npm run docs\`.

Traces have OpenTelemetry's own settings, \`OTEL_…\`: see [Telemetry](telemetry.md#switch-traces-on).

| name | default | secret | what it is |
|---|---|---|---|
${rows.join('\n')}
`;
}
