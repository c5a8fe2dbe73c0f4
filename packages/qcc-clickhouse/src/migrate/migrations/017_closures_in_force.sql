-- A closure says that an order stays as it is. If the order is extracted after all, or more of its records are rejected, a person
-- has to look at it again.
ALTER TABLE {{database}}.order_ledger {{on_cluster}}
  ADD COLUMN IF NOT EXISTS rejected_at SimpleAggregateFunction(max, Nullable(DateTime64(3, 'Asia/Shanghai')))
    COMMENT '最近有记录被拒的时间（北京时间）；迁移 017 之前的为空'
;

CREATE MATERIALIZED VIEW IF NOT EXISTS {{database}}.order_ledger_from_rejections {{on_cluster}}
TO {{database}}.order_ledger (
  account LowCardinality(String) COMMENT '企查查账号标识',
  order_no String COMMENT '推送订单号',
  revision UInt32 COMMENT '解析轮次',
  rejected_at Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT '最近有记录被拒的时间（北京时间）'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
  account,
  order_no,
  revision,
  toNullable(max(at)) AS rejected_at
FROM {{database}}.order_events
WHERE stage = 'REJECTED'
GROUP BY account, order_no, revision
COMMENT '内部：由 order_events 写入 order_ledger'
;

-- The one definition of a closure that holds. Only orders that are FAILED or INCOMPLETE need one, which readers have to check.
CREATE VIEW IF NOT EXISTS {{database}}.order_closures_in_force {{on_cluster}} (
  account LowCardinality(String) COMMENT '企查查账号标识',
  order_no String COMMENT '推送订单号',
  revision UInt32 COMMENT '结案的解析轮次',
  closed_at DateTime64(3, 'Asia/Shanghai') COMMENT '结案时间（北京时间）',
  closed_day Date COMMENT '结案日期（北京时间）',
  closed_by String COMMENT '【个人信息】结案人',
  reason String COMMENT '【个人信息】结案理由，人工填写'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
  c.account AS account,
  c.order_no AS order_no,
  c.revision AS revision,
  c.closed_at AS closed_at,
  c.closed_day AS closed_day,
  c.closed_by AS closed_by,
  c.reason AS reason
FROM (SELECT * FROM {{database}}.order_closures FINAL) AS c
LEFT JOIN (
  SELECT account, order_no, revision, max(l.extracted_at) AS extracted_at, max(l.rejected_at) AS rejected_at
  FROM {{database}}.order_ledger AS l
  WHERE (account, order_no) IN (SELECT account, order_no FROM {{database}}.order_closures)
  GROUP BY account, order_no, revision
) AS outcome ON outcome.account = c.account AND outcome.order_no = c.order_no AND outcome.revision = c.revision
WHERE ifNull(c.closed_at >= outcome.extracted_at, true) AND ifNull(c.closed_at >= outcome.rejected_at, true)
COMMENT '仍然有效的人工结案：结案之后该解析轮次未再解析完成，也没有新的被拒记录'
;

-- A closure settles the letters of its revision for as long as it is in force, those of later attempts that failed too.
CREATE OR REPLACE VIEW {{database}}.dead_letters_open {{on_cluster}} (
{{columns dead_letter}}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS
WITH concat(l.source_topic, '/', toString(l.source_partition), '/', toString(l.source_offset)) AS letter_id
SELECT
  letter_id AS id, ifNull(l.rejected_at, l.source_time) AS rejected_at,
  toDate(ifNull(l.rejected_at, l.source_time)) AS rejected_day,
  l.stage AS stage, l.reason AS reason, l.message AS message, l.origin_topic AS origin_topic,
  l.origin_partition AS origin_partition, l.origin_offset AS origin_offset, l.account AS account, l.order_no AS order_no,
  l.revision AS revision, l.position AS position, l.key AS key, l.value AS value, l.value_encoding AS value_encoding,
  l.bytes AS bytes
FROM (SELECT * FROM {{database}}.dead_letters FINAL) AS l
LEFT JOIN (
  SELECT account, order_no, max(extracted_at) AS extracted_at, max(revision) AS newest_revision
  FROM {{database}}.order_ledger
  GROUP BY account, order_no
) AS extracted ON extracted.account = ifNull(l.account, '') AND extracted.order_no = ifNull(l.order_no, '')
LEFT JOIN (
  SELECT account, order_no, toNullable(max(revision)) AS closed_revision
  FROM {{database}}.order_closures_in_force
  GROUP BY account, order_no
) AS closure ON closure.account = ifNull(l.account, '') AND closure.order_no = ifNull(l.order_no, '')
WHERE letter_id NOT IN (SELECT dead_letter_id FROM {{database}}.dead_letter_actions)
  AND (ifNull(l.account, ''), ifNull(l.order_no, ''), ifNull(l.revision, 0), ifNull(toInt64(l.position), -1)) NOT IN (
    SELECT account, order_no, revision, toInt64(position) FROM {{database}}.order_discards
  )
  AND NOT ifNull(
    l.stage = 'archive-extractor' AND l.position IS NULL AND extracted.extracted_at > ifNull(l.rejected_at, l.source_time),
    false
  )
  AND NOT ifNull(ifNull(l.revision, extracted.newest_revision) <= closure.closed_revision, false)
COMMENT '待处理的死信：尚未重放，也未被人工放弃，且其订单此后未成功解析、也未被人工结案'
;

-- A closed order does not keep its window from being settled: the certificate names who closed it, and why.
CREATE OR REPLACE VIEW {{database}}.coverage {{on_cluster}} (
{{columns coverage}}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS
{{columns coverage_of_windows}}
{{columns closed_to_filters}}
COMMENT '订单覆盖情况：每个账号、日期（北京时间）与推送时段一行，说明是否已向企查查核对、所列订单是否完整'
;
