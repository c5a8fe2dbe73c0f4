import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { insertRows } from 'qcc-clickhouse/insert/insert-rows';
import { insertRecords } from 'qcc-clickhouse/rows/insert-records';
import type { RecordRow } from 'qcc-clickhouse/rows/write-records';
import { type Login, renderUsersFile } from 'qcc-clickhouse/users-file';
import { parseDay } from 'qcc-core/base/shanghai-time';
import { debtorRow, exceptionRow } from 'qcc-details/testing/details';
import { writeServiceSettings } from 'sink/watch/watch-ledger';
import { startClickHouse } from '../../stack/clickhouse.ts';
import { steadyPort } from '../../stack/ports.ts';
import { eventRow, extractedOrder, recordRow } from '../integration/sink-database.ts';
import { makeMigratedDatabase } from './migrated-database.ts';

export type AnalystDatabase = AsyncDisposable & {
  url: string;
  database: string;
  admin: ClickHouseClient;
  insert(table: string, rows: readonly object[]): Promise<void>;
  /** The environment of a person who reads by a role. */
  envOf(user: (typeof READERS)[number]['name']): Record<string, string>;
};

export const READERS = [
  { name: 'analyst', password: 'secret', role: 'qcc_analyst' },
  { name: 'investigator', password: 'secret', role: 'qcc_investigator' },
] as const satisfies readonly Login[];

/** A server of its own with the readers of each role, because only its users file can have them. */
export async function openAnalystDatabase(timeZone = 'UTC'): Promise<AnalystDatabase> {
  await using opening = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'qcc-analyst-'));
  opening.defer(() => rm(folder, { recursive: true, force: true }));
  const database = 'qcc';
  const server = opening.use(
    await startClickHouse({
      dir: join(folder, 'data'),
      port: await steadyPort(),
      logFile: join(folder, 'log'),
      usersFile: renderUsersFile({ database, logins: READERS, network: '127.0.0.1' }),
      timeZone,
    }),
  );
  const admin = createClient({ url: server.url, log: { level: ClickHouseLogLevel.OFF } });
  opening.defer(() => admin.close());
  await makeMigratedDatabase(admin, database);
  await writeServiceSettings({ client: admin, database }, { ORDER_DEADLINE_MS: 10 ** 13 });
  const opened = opening.move();
  return {
    url: server.url,
    database,
    admin,
    async insert(table, rows) {
      const deps = { client: admin, database };
      const refused =
        table === 'record_history'
          ? Object.values(await insertRecords(deps, rows as readonly RecordRow[])).flat()
          : await insertRows(deps, { table, rows });
      if (refused.length > 0) throw new Error(`${table} refused ${refused[0]?.message}`);
    },
    envOf: (user) => ({
      CLICKHOUSE_URL: server.url,
      CLICKHOUSE_USER: user,
      CLICKHOUSE_PASSWORD: 'secret',
      CLICKHOUSE_DATABASE: database,
    }),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** 23:30 in Beijing is 15:30 in UTC, and 00:30 is still the day before. */
export const LATE = Date.parse('2026-03-16T23:30:00+08:00');
export const EARLY = Date.parse('2026-03-17T00:30:00+08:00');

/** Two orders of one account around a midnight in Beijing, with companies, details and values that clients get wrong. */
export async function insertTwoDays({ insert }: Pick<AnalystDatabase, 'insert'>): Promise<void> {
  const company = (position: number) => ({
    corpKeyNo: `k${position}`,
    id: `r${position}`,
    position,
    corpName: `示例${position}有限公司`,
    creditCode: position === 0 ? '91110108MA0000000A' : null,
    regNo: position === 1 ? '110108000000001' : null,
  });
  await insert('record_history', [
    recordRow({
      ...company(0),
      type: '2',
      changeContent: '被列入经营异常名录',
      eventDate: 20_528,
      pushDate: LATE,
      orderNo: 'DD1',
      detailStatus: 'ENRICHED',
      detailsFetchedAt: LATE,
      exceptions: [
        exceptionRow({
          addReason: '通过登记的住所或者经营场所无法联系的',
          addDate: Date.parse('2026-03-16T00:00:00+08:00'),
          addDateRaw: '2026-03-16',
          decisionOffice: '北京市海淀区市场监督管理局',
        }),
      ],
    }),
    recordRow({
      ...company(1),
      type: '11',
      typeName: '失信被执行人',
      changeContent: '新增2条失信被执行人信息',
      pushDate: EARLY,
      orderNo: 'DD2',
      position: 0,
      detailStatus: 'ENRICHED',
      detailsFetchedAt: EARLY,
      dishonestDebtors: [
        debtorRow({
          id: 'case1',
          executeGov: '=北京市某法院',
          executeStatus: '全部未履行',
          amount: '123456789012345678.91',
          amountRaw: '123456789012345678.91',
          publicDate: parseDay('2026-03-17'),
        }),
        debtorRow({
          id: 'case2',
          executeGov: '上海市某法院',
          executeStatus: '全部已履行',
          amount: '12.50',
          amountRaw: '12.5',
        }),
      ],
    }),
    recordRow({
      ...company(2),
      type: '5',
      typeName: '企业名称变更',
      changeContent: '企业名称由“旧例有限公司”变更为“示例2有限公司”',
      pushDate: EARLY,
      orderNo: 'DD2',
      position: 1,
    }),
  ]);
  await insert('order_events', [
    ...extractedOrder({ orderNo: 'DD1', pushDate: LATE, declared: 1 }, [0, 0]),
    ...extractedOrder({ orderNo: 'DD2', pushDate: EARLY, declared: 2 }, [0, 1]),
    eventRow({ orderNo: 'DD3', stage: 'RECEIVED', pushDate: EARLY, declared: 1 }),
  ]);
}
