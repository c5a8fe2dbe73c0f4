CREATE VIEW IF NOT EXISTS {{database}}.dictionary {{on_cluster}} (
  kind String COMMENT '类别：change_type 监测类型、risk_category 监测级别、direction 方向、detail_status 详情状态、detail_reason 详情原因、order_status 订单状态、completeness 齐全结论',
  code String COMMENT '代码',
  name_zh String COMMENT '中文名称',
  name_en String COMMENT '英文名称',
  meaning String COMMENT '含义',
  details_endpoint Nullable(String) COMMENT '提供详情的接口；没有时为空',
  event_date_means Nullable(String) COMMENT 'event_date 在该监测类型下的含义；不适用时为空',
  since_version Nullable(String) COMMENT '自接口文档的哪个版本起；本系统自己的代码为空'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
  kind, code, name_zh, name_en, meaning, nullIf(endpoint, '') AS details_endpoint, nullIf(event_date, '') AS event_date_means,
  nullIf(version, '') AS since_version
FROM values(
  'kind String, code String, name_zh String, name_en String, meaning String, endpoint String, event_date String, version String',
{{columns dictionary}}
)
COMMENT '代码表：监测类型、级别、方向、详情状态与原因、订单状态、齐全结论（接口文档 v1.4）'
;

-- Returns today's date in Beijing, regardless of the time zones of server and client. In a session in UTC, today() returns yesterday's date
-- until 08:00 in Beijing.
CREATE FUNCTION IF NOT EXISTS today_beijing {{on_cluster}} AS () -> toDate(now('Asia/Shanghai'))
;
