-- A list that names an order says nothing of the archive that a callback's link brought: anybody who has the key can pair a real
-- order number with a link to something else. Only a signed fetch of the same text confirms it (the stage CONFIRMED). The column
-- keeps its name, and the view `orders` its meaning: an order is unconfirmed as long as there is no such time.
ALTER TABLE {{database}}.order_ledger_from_events {{on_cluster}} MODIFY QUERY
WITH
  CAST(arrayFlatten(arrayMap(r -> range(r.first, r.last + 1), positions)) AS Array(UInt32)) AS expanded,
  CAST([] AS Array(UInt32)) AS none
SELECT
  account,
  order_no,
  revision,
  groupBitmapMergeState(bitmapBuild(if(stage = 'PARSED', expanded, none))) AS parsed,
  groupBitmapMergeState(bitmapBuild(if(stage = 'REJECTED', expanded, none))) AS rejected,
  argMaxState(e.declared, at) AS declared,
  argMaxState(e.push_date, at) AS push_date,
  argMaxState(e.archive_sha256, at) AS archive_sha256,
  argMinState(CAST(e.source AS Nullable(String)), at) AS source,
  argMaxState(if(stage IN ('EXTRACTING', 'EXTRACTED'), e.unconfirmed, NULL), at) AS unconfirmed,
  argMaxState(if(stage = 'FAILED', CAST(e.reason AS Nullable(String)), NULL), at) AS reason,
  min(if(stage = 'RECEIVED', at, NULL)) AS received_at,
  min(if(stage = 'CONFIRMED', at, NULL)) AS listed_at,
  max(if(stage = 'EXTRACTING', at, NULL)) AS extracting_at,
  max(if(stage = 'EXTRACTED', at, NULL)) AS extracted_at,
  max(if(stage = 'FAILED', at, NULL)) AS failed_at
FROM {{database}}.order_events AS e
GROUP BY account, order_no, revision
;

ALTER TABLE {{database}}.order_ledger {{on_cluster}}
  COMMENT COLUMN listed_at '最早经签名下载核对一致的时间（北京时间）；早期版本为由对账在订单列表中发现的时间'
;

-- Some versions of ClickHouse take the view's columns from the query anew, without their comments.
ALTER TABLE {{database}}.order_ledger_from_events {{on_cluster}}
  COMMENT COLUMN account '企查查账号标识',
  COMMENT COLUMN order_no '推送订单号',
  COMMENT COLUMN revision '解析轮次',
  COMMENT COLUMN parsed '解析成功的位置集合',
  COMMENT COLUMN rejected '被拒的位置集合',
  COMMENT COLUMN declared '声明的记录总数',
  COMMENT COLUMN push_date '推送时间',
  COMMENT COLUMN archive_sha256 '压缩包 SHA-256',
  COMMENT COLUMN source '最早的订单来源',
  COMMENT COLUMN unconfirmed '是否未确认',
  COMMENT COLUMN reason '失败原因代码',
  COMMENT COLUMN received_at '最早收到的时间（北京时间）',
  COMMENT COLUMN listed_at '最早经签名下载核对一致的时间（北京时间）',
  COMMENT COLUMN extracting_at '最近开始发布的时间（北京时间）',
  COMMENT COLUMN extracted_at '全部发布的时间（北京时间）',
  COMMENT COLUMN failed_at '最近失败的时间（北京时间）'
;

ALTER TABLE {{database}}.orders {{on_cluster}}
  COMMENT COLUMN unconfirmed '压缩包来自回调链接，且尚未经签名下载核对一致'
;
