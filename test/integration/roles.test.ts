import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type ClickHouseClient,
  ClickHouseLogLevel,
  type ClickHouseSettings,
  createClient,
  SettingsMap,
} from '@clickhouse/client';
import { insertRows } from 'qcc-clickhouse/insert/insert-rows';
import { PERSONAL_COLUMNS } from 'qcc-clickhouse/personal-columns';
import { QUOTAS, ROLES, renderRoles } from 'qcc-clickhouse/roles';
import { writeRecords } from 'qcc-clickhouse/rows/write-records';
import { renderUsersFile } from 'qcc-clickhouse/users-file';
import { debtorRow, exceptionRow } from 'qcc-details/testing/details';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { createClickHouse, readConnections } from '../../packages/qcc-subscriber/src/connections.ts';
import { SnapshotError } from '../../packages/qcc-subscriber/src/errors.ts';
import { readSnapshot } from '../../packages/qcc-subscriber/src/snapshot/read-snapshot.ts';
import { startClickHouse } from '../../stack/clickhouse.ts';
import { steadyPort } from '../../stack/ports.ts';
import { makeMigratedDatabase } from '../harness/migrated-database.ts';
import { openSinkDatabase, recordRow, type SinkDatabase } from './sink-database.ts';

const exception = (addReason: string | null) =>
  exceptionRow({
    addReason,
    removeReason: '经营者张三已联系',
    decisionOffice: '某局',
    addDateRaw: '张三称2024年',
    extra: '{"operator":"张三"}',
  });
const debtor = debtorRow({
  id: 'case1',
  anno: '（2024）京01执1号',
  annoNormalized: '（2024）京01执1号',
  executeGov: '某法院',
  executeNo: '（2023）京01民初1号',
  executeStatus: '全部未履行',
  actionTypeName: '违反限制消费令',
  amount: '12.50',
  amountRaw: '12.50',
});

/** A company, a shop with its code, one without, a company with the number of an identity card as reg_no, and one with another representative. */
const ROWS = [
  recordRow({
    id: 'company',
    corpName: '示例有限公司',
    creditCode: '91110108MA0000000A',
    regNo: '110108000000001',
    position: 0,
    detailStatus: 'ENRICHED',
    exceptions: [
      exception('通过登记的住所或者经营场所无法联系的'),
      exception('未依照规定的期限公示年度报告的'),
      exception('张三举报'),
    ],
    dishonestDebtors: [debtor],
  }),
  recordRow({
    id: 'shop',
    corpName: '张三服装店',
    pseudonym: 'SH0PPSEUD0',
    changeContent: '张三服装店被列入经营异常名录',
    creditCode: '92110108MA00000007',
    regNo: '110108600000002',
    position: 1,
    exceptions: [exception(null)],
  }),
  recordRow({
    id: 'codeless',
    creditCode: null,
    regNo: null,
    corpName: '北京市海淀区李四小吃店',
    position: 2,
    changeExtend: '{"name":"李四"}',
  }),
  recordRow({
    id: 'numbered',
    corpName: '样品有限公司',
    creditCode: '91440300708461136T',
    regNo: '110108197001011234',
    position: 4,
  }),
  recordRow({
    id: 'representative',
    corpName: '示例集团',
    creditCode: null,
    regNo: null,
    type: '4',
    changeContent: '法定代表人由“张三”变更为“李四”',
    extra: { owner: '"王五"' },
    position: 3,
  }),
];

let db: SinkDatabase;
beforeAll(async () => {
  db = await openSinkDatabase(inject('stack').CLICKHOUSE_URL);
});
afterAll(() => db[Symbol.asyncDispose]());

describe('the masked views', () => {
  beforeEach(() => db.empty());

  it('keep companies and what happened, and let no name or code of a person through', async () => {
    await db.insert('record_history', ROWS);
    const columns = 'id, corp_name, is_sole_trader, credit_code, reg_no, change_content';
    const expected = [
      ['codeless', '北※', true, null, null, '列入'],
      ['company', '示例有限公司', false, '91110108MA0000000A', '110108000000001', '被列入经营异常'],
      ['numbered', '样品有限公司', false, '91440300708461136T', null, '被列入经营异常'],
      ['representative', '示例集团', false, null, null, null],
      ['shop', '张※SH0PPSEUD0', true, null, null, '列入'],
    ];
    for (const view of ['records_masked', 'record_history_masked']) {
      const rows = await db.rows(`SELECT ${columns} FROM {{db}}.${view} ORDER BY id`);
      expect(rows.map(Object.values)).toEqual(expected);
    }
    const details = await db.rows(
      'SELECT record_id, corp_name, add_reason_class FROM {{db}}.exceptions_masked ORDER BY record_id, detail_no',
    );
    expect(details.map(Object.values)).toEqual([
      ['company', '示例有限公司', '登记的住所或经营场所无法联系'],
      ['company', '示例有限公司', '未按期公示年度报告'],
      ['company', '示例有限公司', '其他'],
      ['shop', '张※SH0PPSEUD0', null],
    ]);
    expect(await db.rows('SELECT id, amount, execute_status FROM {{db}}.dishonest_debtors_masked')).toEqual([
      { id: 'case1', amount: 12.5, execute_status: '全部未履行' },
    ]);
    for (const view of ROLES.qcc_analyst) {
      const text = JSON.stringify(await db.rows(`SELECT * FROM {{db}}.${view}`));
      expect(text, view).not.toMatch(/张三|李四|王五|执1号|MA00000007|600000002|19700101/);
    }
  });

  it('show the pseudonym of a 个体工商户 wherever they show its name, and none of a company', async () => {
    const details = { detailStatus: 'ENRICHED' as const, exceptions: [exception(null)], dishonestDebtors: [debtor] };
    const shop = { corpName: '张三服装店', creditCode: '92110108MA00000007', pseudonym: 'SH0PPSEUD0' };
    const company = { corpKeyNo: 'k2', corpName: '示例有限公司', pseudonym: 'C0MPANY000' };
    await db.insert('record_history', [
      recordRow({ ...shop, ...details, id: 'r0', position: 0, type: '11' }),
      recordRow({ ...company, ...details, id: 'r1', position: 1 }),
    ]);
    for (const view of ROLES.qcc_analyst) {
      const rows = await db.rows<{ corp_name?: string }>(`SELECT * FROM {{db}}.${view}`);
      const names = rows.map((row) => row.corp_name ?? '');
      expect([view, names.filter((name) => !['', '张※SH0PPSEUD0', '示例有限公司'].includes(name))]).toEqual([view, []]);
      expect(JSON.stringify(rows)).not.toContain('C0MPANY000');
    }
  });

  it('keep the new name of a company, and of nobody else', async () => {
    const renames = [
      ['示例有限公司', '企业名称由“旧名有限公司”变更为“示例有限公司”', true],
      ['示例有限公司', '企业名称由“张三服装店”变更为“示例有限公司”', false],
      ['张三服装店', '企业名称由“旧名有限公司”变更为“张三服装店”', false],
      ['示例有限公司', '企业名称由“旧名有限公司”变更为“示例有限公司”，经办人张三', false],
    ] as const;
    const rows = renames.map(([corpName, changeContent], position) => ({
      ...{ corpName, changeContent, position, id: `r${position}`, type: '5', creditCode: null },
    }));
    await db.insert('record_history', rows.map(recordRow));
    for (const view of ['records_masked', 'record_history_masked', 'changes_masked']) {
      const shown = await db.rows<{ text: string | null }>(
        `SELECT change_content AS text FROM {{db}}.${view} ORDER BY position`,
      );
      expect(shown.map(({ text }) => text)).toEqual(renames.map(([, text, isKept]) => (isKept ? text : null)));
    }
  });

  it('recognize a 个体工商户 even if its code or its name is odd', async () => {
    const shops = [
      ['张三服装店', '-'],
      ['张三服装店', ' 92110108MA00000007'],
      ['张三企业管理服务部', null],
      ['李四供销合作社门市部', null],
      ['李四服装店', '110108600000002'],
    ] as const;
    const companies = ['示例有限公司第一门市部', '示例集团', '示例中心（有限合伙）', '示例合伙企业', '示例专业合作社'];
    const rows = [...shops, ...companies.map((name) => [name, null] as const)];
    const places = rows.map(([corpName, creditCode], position) => ({
      corpName,
      creditCode,
      position,
      id: `r${position}`,
    }));
    await db.insert('record_history', places.map(recordRow));
    const shown = await db.rows<{ corp_name: string }>('SELECT corp_name FROM {{db}}.records_masked ORDER BY position');
    expect(shown.map(({ corp_name }) => corp_name)).toEqual(['张※', '张※', '张※', '李※', '李※', ...companies]);
  });

  it('accept a code only if its check character is right', async () => {
    const rows = [
      ['王五中心', '9144030031940738XA', '王五中心', '9144030031940738XA'],
      ['王五中心', ' 9144030031940738xa', '王五中心', ' 9144030031940738xa'],
      ['王五中心', '9144030031940738XB', '王※', null],
      ['王五中心', '9144030031940738IA', '王※', null],
      ['王五中心', '110108199001011232', '王※', null],
      ['王五有限公司', '110108199001011232', '王五有限公司', null],
      ['王五有限公司', '92110108MA00000000', '王※', null],
    ] as const;
    const codes = rows.map(([corpName, creditCode], position) => ({
      corpName,
      creditCode,
      position,
      id: `r${position}`,
    }));
    await db.insert('record_history', codes.map(recordRow));
    const shown = await db.rows('SELECT corp_name, credit_code FROM {{db}}.records_masked ORDER BY position');
    expect(shown.map(Object.values)).toEqual(rows.map(([, , name, code]) => [name, code]));
  });

  it('show none of the marked columns but those that they mask', async () => {
    const shown = await db.rows<{ table: string; name: string }>(
      `SELECT table, name FROM system.columns WHERE database = '{{db}}' AND endsWith(table, '_masked')`,
    );
    const marked = new Set(Object.values(PERSONAL_COLUMNS).flat());
    const both = new Set(shown.map(({ name }) => name).filter((name) => marked.has(name)));
    expect([...both].sort()).toEqual([
      'change_content',
      'content',
      'corp_name',
      'credit_code',
      'customer_credit_code',
      'customer_name',
      'customer_reg_no',
      'former_names',
      'reg_no',
    ]);
    expect(new Set(shown.map(({ table }) => table)).size).toBe(17);
  });
});

/** Kept from both roles: what only services need. */
const NOBODYS =
  /^(record_(current|derivations|facts)|order_ledger|order_quality|company_states|company_identities|change_(log|amendments)|order_amendments|first_pushes|list_entries|debtor_case_(reports|states)|erasing_companies|portfolio_(companies|fills|log|states|list_entries|case_states)|record_current_feed|order_events|detail_spend_entries|coverage_facts|.*_(feed|fill|from_\w+)|schema_migrations|service_settings|dead_letter_actions)$/;

describe('the roles', () => {
  it('decide about every table and view', { tags: 'whole' }, async () => {
    const tables = await db.rows<{ name: string }>(`SELECT name FROM system.tables WHERE database = '{{db}}'`);
    const names = tables.map(({ name }) => name);
    expect(names.filter((name) => !NOBODYS.test(name)).sort()).toEqual([...ROLES.qcc_investigator].sort());
    expect(ROLES.qcc_analyst.filter((name) => name in PERSONAL_COLUMNS)).toEqual([]);
  });

  it.each([undefined, 'main'])('come as SQL that the engine can parse (cluster %s)', async (cluster) => {
    const sql = renderRoles({ database: 'qcc', ...(cluster && { cluster }) });
    for (const statement of sql.trimEnd().split(/;\n?/).filter(Boolean)) {
      const result = await db.client.query({
        query: 'SELECT formatQuerySingleLine({statement: String}) AS formatted',
        query_params: { statement },
        format: 'JSONEachRow',
      });
      const [row] = await result.json<{ formatted: string }>();
      expect(row?.formatted.includes('ON CLUSTER')).toBe(cluster !== undefined);
    }
  });
});

/** So that each limit is met within as many queries. */
const SMALL_LIMIT = 50;

/** ClickHouse without Docker knows roles from a users file only: the grants in it are those that the SQL makes. */
describe('a user with a role', () => {
  const database = 'qcc';
  const users = { analyst: 'qcc_analyst', investigator: 'qcc_investigator' } as const;
  /** Users with one limit of the investigator's each, and that a small one. */
  const limited = Object.keys(QUOTAS.qcc_investigator.limits);
  const opened = new AsyncDisposableStack();
  const clients = new Map<string, ClickHouseClient>();
  let url: string;

  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'qcc-roles-'));
    opened.defer(() => rm(folder, { recursive: true, force: true }));
    const logins = [
      ...Object.entries(users).map(([name, role]) => ({ name, password: 'secret', role })),
      ...limited.map((name) => ({ name, password: 'secret', role: users.investigator, quota: name })),
    ];
    const quotas = Object.fromEntries(limited.map((name) => [name, { [name]: SMALL_LIMIT }]));
    const usersFile = renderUsersFile({ database, logins, network: '127.0.0.1', quotas });
    const port = await steadyPort();
    const server = opened.use(
      await startClickHouse({ dir: join(folder, 'data'), port, logFile: join(folder, 'log'), usersFile }),
    );
    url = server.url;
    for (const username of ['default', ...Object.keys(users), ...limited]) {
      const client = createClient({
        url: server.url,
        username,
        password: username === 'default' ? '' : 'secret',
        log: { level: ClickHouseLogLevel.OFF },
      });
      opened.defer(() => client.close());
      clients.set(username, client);
    }
    const admin = clients.get('default')!;
    await makeMigratedDatabase(admin, database);
    await insertRows({ client: admin, database }, { table: 'record_history', rows: ROWS, write: writeRecords });
  });
  afterAll(() => opened.disposeAsync());

  const read = async (user: string, table: string): Promise<string> => {
    try {
      const result = await clients.get(user)!.query({ query: `SELECT * FROM ${database}.${table}` });
      await result.text();
      return 'read';
    } catch (error) {
      return String(error).match(/Not enough privileges/)?.[0] ?? String(error);
    }
  };

  const SENTENCE = '%s reads what its role may, through views without a right on their tables';
  const expectRights = async (user: keyof typeof users) => {
    const refused: string[] = [];
    for (const name of ROLES.qcc_investigator) if ((await read(user, name)) !== 'read') refused.push(name);
    const mayRead: readonly string[] = ROLES[users[user]];
    expect(refused).toEqual(ROLES.qcc_investigator.filter((name) => !mayRead.includes(name)));
    for (const name of ['record_current', 'order_ledger', 'service_settings']) {
      expect(await read(user, name)).toBe('Not enough privileges');
    }
  };
  it.each(['analyst'] as const)(SENTENCE, expectRights);
  it.each(['investigator'] as const)(SENTENCE, { tags: 'whole' }, expectRights);

  it('reads the state for the typed client as investigator, and is told which role it needs as analyst', async () => {
    const readState = async (username: string): Promise<string[]> => {
      const clickhouse = { url, username, password: 'secret', database };
      const connections = readConnections({ topic: 'enriched-records', group: 'g', from: 'history', clickhouse }, {});
      const client = createClickHouse(connections);
      const ids: string[] = [];
      try {
        const input = { client, database, filter: {}, signal: new AbortController().signal, onRetry: () => {} };
        for await (const rows of readSnapshot(input)) ids.push(...rows.map(({ id }) => String(id)));
        return ids;
      } finally {
        await client.close();
      }
    };
    expect(await readState('investigator')).toEqual(['codeless', 'company', 'numbered', 'representative', 'shop']);
    const refused = readState('analyst');
    await expect(refused).rejects.toThrow(SnapshotError);
    await expect(refused).rejects.toThrow(
      /qcc\.records cannot be read: .*Not enough privileges.*role qcc_investigator/s,
    );
  });

  /** What a query counts; of a refusal, its reason. */
  const count = async (
    from: string,
    { user = 'analyst', ...clickhouse_settings }: { user?: string } & ClickHouseSettings = {},
  ): Promise<number | string> => {
    try {
      const query = `SELECT count() AS n FROM ${from}`;
      const result = await clients.get(user)!.query({ query, format: 'JSONEachRow', clickhouse_settings });
      return Number((await result.json<{ n: number }>())[0]?.n);
    } catch (error) {
      return String(error).match(/Cannot modify|shouldn't be less/)?.[0] ?? String(error);
    }
  };

  it.each(ROLES.qcc_analyst)('counts no rows of %s by what is behind it', { tags: 'whole' }, async (name) => {
    const view = `${database}.${name}`;
    const all = await count(view);
    expect(all).toBeTypeOf('number');
    const tables = await clients.get('default')!.query({
      query: `SELECT name FROM system.tables WHERE database = '${database}' AND name != '${name}'`,
      format: 'JSONEachRow',
    });
    // A filter fails wherever it is applied, even where there is no row.
    const filters = (await tables.json<{ name: string }>()).map((each) => [`${database}.${each.name}`, 'throwIf(1)']);
    const additional_table_filters = SettingsMap.from(Object.fromEntries(filters));
    const filtered = `${view} SETTINGS additional_table_filters = ${additional_table_filters}`;
    // The engine does not hold settings of a subquery to the reader's profile.
    expect(await count(`(SELECT * FROM ${filtered})`)).toBe(all);
    expect(await count(filtered)).toBe('Cannot modify');
    expect(await count(view, { additional_table_filters })).toBe('Cannot modify');
    expect(await count(filtered, { user: 'default' })).toBe(all);
  });

  it.each(['records_masked', 'record_history_masked'])(
    'counts no rows of %s by a key for replicas',
    { tags: 'whole' },
    async (name) => {
      const key = `if(change_content LIKE '%张三%', 1, 0)`;
      const filtered = `(SELECT * FROM ${database}.${name} SETTINGS enable_parallel_replicas = 1, parallel_replicas_count = 2,
      parallel_replica_offset = 0, parallel_replicas_mode = 'custom_key_sampling', parallel_replicas_custom_key = $$${key}$$)`;
      expect(await count(filtered)).toBe(ROWS.length);
    },
  );

  const namesIn = async (query: string): Promise<string[]> => {
    const result = await clients.get('analyst')!.query({ query, format: 'JSONEachRow' });
    return (await result.json<{ corp_name: string }>()).map(({ corp_name }) => corp_name).sort();
  };

  it.each(['records_masked', 'record_history_masked', 'exceptions_masked', 'dishonest_debtors_masked'])(
    'finds no row of %s by a hidden name, because a filter on results sees only what the view shows',
    { tags: 'whole' },
    async (name) => {
      const names = `SELECT corp_name FROM ${database}.${name}`;
      const filter = `position(corp_name, '※') > 0 OR corp_name = '李四'`;
      // The engine does not hold settings of a subquery to the reader's profile.
      const filtered = `SELECT corp_name FROM (${names} SETTINGS additional_result_filter = $$${filter}$$)`;
      expect(await namesIn(filtered)).toEqual(await namesIn(`${names} WHERE ${filter}`));
    },
  );

  it.each(ROLES.qcc_analyst)('reads %s the same with nulls in joins', { tags: 'whole' }, async (name) => {
    const rows = async (join_use_nulls: 0 | 1): Promise<string> => {
      const query = `SELECT * FROM ${database}.${name} ORDER BY ALL`;
      const clickhouse_settings = { join_use_nulls };
      const result = await clients.get('analyst')!.query({ query, format: 'JSONEachRow', clickhouse_settings });
      return await result.text();
    };
    expect(await rows(1)).toBe(await rows(0));
  });

  it('changes no setting but those that clients send, and lifts no limit', async () => {
    const view = `${database}.records_masked`;
    const sent = { max_result_rows: '1000', result_overflow_mode: 'break', join_use_nulls: 1, max_execution_time: 10 };
    expect(await count(view, { ...sent, enable_http_compression: 1 } as ClickHouseSettings)).toBe(ROWS.length);
    expect(await count(view, { max_execution_time: 0 })).toBe("shouldn't be less");
    for (const setting of [
      { readonly: '0' },
      { readonly: '2' },
      { max_memory_usage: '0' },
      { additional_result_filter: '1' },
      { session_timezone: 'Asia/Shanghai' },
    ]) {
      expect(await count(view, setting as ClickHouseSettings)).toBe('Cannot modify');
    }
  });

  it('writes nothing', async () => {
    const insert = clients.get('analyst')!.insert({ table: `${database}.orders`, values: [{}], format: 'JSONEachRow' });
    await expect(insert).rejects.toThrow(/privileges|readonly/);
  });

  it.each(limited)(
    'is stopped by its quota of %s, be it by rows or by a column in one cell',
    { tags: 'whole' },
    async (user) => {
      const everything =
        'SELECT groupArray((corp_name, change_content, extra)) FROM records ARRAY JOIN range(10) AS copy';
      const query = user === 'result_rows' ? 'SELECT * FROM records' : everything;
      let answer: unknown;
      for (let tries = 0; answer === undefined && tries <= SMALL_LIMIT; tries += 1) {
        answer = await clients
          .get(user)!
          .query({ query: query.replace('records', `${database}.records`) })
          .then((result) => result.text())
          .then(() => undefined, String);
      }
      expect(answer).toMatch(/Quota for user .* has been exceeded/);
    },
  );

  it('reads no end of rows, bytes or queries as an investigator', () => {
    expect(limited).toEqual(['queries', 'result_bytes', 'read_rows', 'read_bytes']);
  });
});
