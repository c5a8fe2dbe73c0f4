/**
 * Runs in a copy of the repository that has one folder more: takes a change of the new type through the product code, from
 * the call to the views, and prints what it saw as JSON. Nothing here names a field of the new endpoint but the responses.
 */

import { encodeEnrichment } from 'detail-enricher/enrich/encode-enrichment';
import { changedColumns, digestRow } from 'qcc-cli/audit/occurrence';
import { readHistory, revisionKey } from 'qcc-cli/audit/places';
import { toChangeColumns, toDetailColumns } from 'qcc-cli/audit/record-columns';
import { createClickHouse } from 'qcc-clickhouse/create-clickhouse';
import { insertRows } from 'qcc-clickhouse/insert/insert-rows';
import { migrate } from 'qcc-clickhouse/migrate/migrate';
import { readMigrations } from 'qcc-clickhouse/migrate/read-migrations';
import { PERSONAL_COLUMNS } from 'qcc-clickhouse/personal-columns';
import { ROLES, renderRoles } from 'qcc-clickhouse/roles';
import { redactBody } from 'qcc-clickhouse/rows/erase-row';
import { writeRecords } from 'qcc-clickhouse/rows/write-records';
import { asDefaultUser } from 'qcc-clickhouse/testing/default-user';
import { bytesOf } from 'qcc-core/avro/composed';
import { loadSchema } from 'qcc-core/avro/schemas';
import { avroType } from 'qcc-core/avro/types';
import type { EnrichedRecord } from 'qcc-core/contract/domain';
import { createQccClient } from 'qcc-core/qcc/client';
import type { RawResponse } from 'qcc-core/qcc/raw-response';
import { changeRecord } from 'qcc-core/testing/change-record';
import { startLoopbackServer } from 'qcc-core/testing/loopback-server';
import { columnOf } from 'qcc-details/detail-endpoint';
import { detailNeed } from 'qcc-details/detail-need';
import { toResult } from 'qcc-details/detail-result';
import { askDetails } from 'qcc-details/details';
import { DETAIL_ENDPOINTS } from 'qcc-details/generated/all';
import { packOutcome } from 'qcc-details/packed-details';
import { settleFromResponses } from 'qcc-details/settle-from-responses';
import { toEnrichment } from 'qcc-details/to-enriched';
import { createEraser } from 'qcc-evidence/erasure/eraser';
import { createErasureKey } from 'qcc-evidence/erasure/subject';

const [url, database, newMigration, answersJson] = process.argv.slice(2) as [string, string, string, string];
const answers: string[] = JSON.parse(answersJson);

const record = changeRecord({ type: '99', typeName: '劳动仲裁', corpName: '示例有限公司', position: 0 });

// The call, by the real client.
const asked: string[] = [];
const kept: RawResponse[] = [];
await using server = await startLoopbackServer((request, response) => {
  asked.push(request.url!);
  response.end(answers[asked.length - 1]);
});
await using qcc = createQccClient({
  baseUrl: server.url,
  key: 'key',
  secretKey: 'secret',
  timeoutMs: 60_000,
  now: () => record.pushDate + 1,
  onResponse: async (answer) => void kept.push(answer),
});
const need = detailNeed(DETAIL_ENDPOINTS, record);
if (need.kind !== 'request') throw new Error(`type 99 needs no details: ${JSON.stringify(need)}`);
const outcome = packOutcome(await askDetails(qcc, need.request, { signal: new AbortController().signal }));
if (outcome.kind !== 'success') throw new Error(JSON.stringify(outcome));
const result = toResult(outcome);
const fromKept = await settleFromResponses(need.request, kept);

// The message, as the enricher writes it.
const type = avroType('enriched-records');
const rest = bytesOf(encodeEnrichment(toEnrichment(record, result)));
const body = Buffer.concat([avroType('records').toBuffer(record), rest]);
const message: EnrichedRecord = type.fromBuffer(body);

// The tables: those of before, with a row, and then the new migration.
const client = createClickHouse(asDefaultUser(url));
const rows = async (query: string): Promise<Record<string, unknown>[]> => {
  const answer = await client.query({ query: query.replaceAll('{{db}}', database), format: 'JSONEachRow' });
  return await answer.json();
};
try {
  const before = readMigrations().filter(({ name }) => name !== newMigration);
  await migrate(client, { database, mode: 'apply', migrations: before });
  await client.command({ query: `INSERT INTO ${database}.record_history (account, id) VALUES ('main', 'of before')` });
  const applied = await migrate(client, { database, mode: 'apply' });
  const place = { topic: 'enriched-records', partition: 0, offset: '7', timestamp: String(record.pushDate) };
  const insert = (each: Buffer) =>
    insertRows(
      { client, database },
      { table: 'record_history', rows: [{ body: each, pseudonym: null, place }], write: writeRecords },
    );
  const refused = await insert(body);

  const { list } = DETAIL_ENDPOINTS.at(-1)!;
  const named = await rows(`SELECT name FROM system.tables WHERE database = '{{db}}' AND match(name, 'disputes')`);
  const shown: Record<string, unknown> = {};
  for (const { name } of named) shown[String(name)] = await rows(`SELECT * FROM {{db}}.${name}`);

  // The audit, which compares the message with the table.
  const history = await readHistory({ client, database } as never, { account: 'main', orderNo: record.orderNo });
  const inTable = history.get(revisionKey(record.orderNo, record.revision))!.get(record.position)!.digest;
  const audit = ({ record: change, ...details }: EnrichedRecord) =>
    changedColumns(inTable, digestRow({ ...toChangeColumns(change), ...toDetailColumns(details) }));
  const lists = message as unknown as Record<string, object[]>;
  const other = { ...message, [list.name]: lists[list.name]!.slice(1) };

  const key = createErasureKey(Buffer.alloc(32, 1).toString('base64'));
  const erasure = { ...key.describe({ account: 'main', person: '张三' }), at: 1, reason: 'r', decidedBy: 'd' };
  const { body: erased } = redactBody(createEraser(key, [erasure]), body);

  console.log(
    JSON.stringify({
      endpoints: DETAIL_ENDPOINTS.map(({ call }) => call.name),
      fields: (loadSchema('enriched-records') as unknown as { fields: { name: string }[] }).fields.map(
        ({ name }) => name,
      ),
      asked,
      status: result.status,
      fromKept: JSON.stringify(fromKept) === JSON.stringify(result),
      applied,
      refused,
      shown,
      records: await rows(`SELECT id, ${columnOf(list.name)} AS list FROM {{db}}.records ORDER BY id DESC`),
      bare: await rows(`SELECT table, name FROM system.columns WHERE database = '{{db}}' AND comment = ''`),
      marked: await rows(`SELECT table, arraySort(groupArray(name)) AS columns FROM system.columns
        WHERE database = '{{db}}' AND startsWith(comment, '【个人信息】') GROUP BY table ORDER BY table`),
      personal: PERSONAL_COLUMNS,
      roles: ROLES,
      grants: renderRoles({ database })
        .split(';\n')
        .filter((grant) => grant.includes('disputes')),
      audit: { same: audit(message), other: audit(other as EnrichedRecord) },
      erased: { before: body.includes('张三'), after: erased.includes('张三') },
    }),
  );
} finally {
  await client.command({ query: `DROP DATABASE IF EXISTS ${database} SYNC` });
  await client.close();
}
