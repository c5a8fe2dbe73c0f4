import { METRICS } from 'qcc-core/base/metrics';

const SERVICES = new Set<string>(Object.values(METRICS).flatMap(({ by }) => by)).size;

/** The reference page of the metrics, in Markdown. */
export function renderMetricsDoc(): string {
  const rows = Object.values(METRICS).map(
    ({ name, kind, labels, by, help }) =>
      `| \`${name}\` | ${kind} | ${labels.join(', ')} | ${by.length === SERVICES ? 'all' : by.join(', ')} | ${help} |`,
  );
  return `# Metrics

Prometheus text on \`/metrics\` of each service's admin port; every series also has the label \`service\`, and
\`account\` unless it covers all accounts of a process. This page
is generated from \`packages/qcc-core/src/base/metrics.ts\` by \`npm run docs\`.

| name | kind | labels | services | what it says |
|---|---|---|---|---|
${rows.join('\n')}
`;
}
