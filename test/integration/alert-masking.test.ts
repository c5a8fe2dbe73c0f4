import { directionOf } from 'qcc-alerts/decide/direction';
import { maskChange } from 'qcc-alerts/mask/mask-change';
import { createClickHouse } from 'qcc-clickhouse/create-clickhouse';
import { readColumnLists } from 'qcc-clickhouse/migrate/read-migrations';
import { includeColumns } from 'qcc-clickhouse/migrate/render-migration';
import { asDefaultUser } from 'qcc-clickhouse/testing/default-user';
import { changeRecord } from 'qcc-core/testing/change-record';
import { expect, inject, test } from 'vitest';

const TYPES = ['1', '2', '3', '4', '5', '6', '7', '8', '10', '11', '12', '14', '15', '99'];
const TEXTS = [
  null,
  '',
  '被列入经营异常名录',
  '被移出经营异常名录',
  '移除',
  '恢复正常记载状态',
  '恢复',
  '新增失信被执行人1条',
  '撤销失信',
  '屏蔽1条',
  '减少1条',
  '未公示2024年度报告',
  '企业名称由“乙有限公司”变更为“甲有限公司”',
  '企业名称由“王小明商店”变更为“甲有限公司”',
  '企业名称由"乙集团"变更为"甲有限公司"，另有',
  '法定代表人由“王小明”变更为“李四”',
  '其他',
];
const NAMES = [
  null,
  '',
  '甲有限公司',
  '甲（北京）合伙）',
  '乙集团',
  '王小明小吃店',
  '某某企业管理',
  ' 甲有限公司 ',
  '𠮷某',
  '王小明',
];
const CODES = [
  null,
  '',
  '-',
  '91110000600037341L',
  ' 91110000600037341l ',
  '92110105MA01234567',
  '110105199001011234',
  '91110000600037341M',
];

test('direction and masks of alerts are those of the views, for every combination of types, texts, names and codes', async () => {
  await using resources = new AsyncDisposableStack();
  const client = createClickHouse(asDefaultUser(inject('stack').CLICKHOUSE_URL));
  resources.defer(() => client.close());
  const literal = (text: string | null) =>
    text === null ? 'NULL' : `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const array = (texts: readonly (string | null)[]) =>
    `CAST([${texts.map(literal).join()}], 'Array(Nullable(String))')`;
  const query = includeColumns(
    `SELECT type, given_content AS given_text, given_name, given_code,
{{columns direction}} AS direction,
  is_sole_trader,
{{columns shown_content}} AS shown_content,
{{columns masked_content}} AS content,
  if(is_sole_trader, concat(leftUTF8(corp_name, 1), '※'), corp_name) AS company,
  if(is_sole_trader OR NOT is_credit_code, NULL, clean_code) AS code
FROM (
  SELECT *,
{{columns sole_trader}}
  FROM (
    SELECT
      arrayJoin(CAST(${array(TYPES)}, 'Array(String)')) AS type,
      arrayJoin(${array(TEXTS)}) AS given_content, given_content AS change_content,
      arrayJoin(${array(NAMES)}) AS given_name, given_name AS corp_name,
      arrayJoin(${array(CODES)}) AS given_code, given_code AS credit_code
  )
)`,
    readColumnLists(),
  );
  type Row = Record<
    'type' | 'direction' | 'content' | 'company' | 'code' | 'given_text' | 'given_name' | 'given_code',
    string | null
  > & {
    is_sole_trader: boolean;
  };
  const rows = await (await client.query({ query, format: 'JSONEachRow' })).json<Row>();
  expect(rows).toHaveLength(TYPES.length * TEXTS.length * NAMES.length * CODES.length);
  const different = rows.filter((row) => {
    const change = changeRecord({
      type: row.type!,
      changeContent: row.given_text,
      corpName: row.given_name,
      creditCode: row.given_code,
    });
    const masked = maskChange(change);
    return (
      directionOf(change) !== row.direction ||
      masked.isSoleTrader !== row.is_sole_trader ||
      masked.content !== row.content ||
      masked.company !== row.company ||
      masked.creditCode !== row.code
    );
  });
  expect(different.slice(0, 5)).toEqual([]);
});
