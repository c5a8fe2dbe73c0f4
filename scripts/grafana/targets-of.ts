import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';

/** What a panel asks its data source, in the form of the plugin of ClickHouse. */
export type Target = {
  title: string;
  datasource: { type: string; uid: string };
  rawSql: string;
  queryType: 'table' | 'timeseries';
};

/** The queries of all panels. */
export const targetsOf = ({ panels = [] }: Pick<Dashboard, 'panels'>): Target[] =>
  panels.flatMap((panel) =>
    'targets' in panel
      ? (panel.targets ?? []).map((each) => ({
          title: panel.title ?? '',
          ...(each as unknown as Omit<Target, 'title'>),
        }))
      : [],
  );
