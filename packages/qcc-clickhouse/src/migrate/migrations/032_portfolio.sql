-- FINAL hides removed customers, because `removed` is the is_deleted column of the engine.
CREATE TABLE IF NOT EXISTS {{database}}.portfolio_members {{on_cluster}} (
  account LowCardinality(String) COMMENT '企查查账号标识',
  portfolio LowCardinality(String) COMMENT '客户名单名称，默认 default',
  member String COMMENT '【个人信息】客户标识：统一社会信用代码，缺失时为注册号，再缺失时为规范化名称',
  credit_code Nullable(String) COMMENT '【个人信息】统一社会信用代码：已统一为半角大写并去除空白，校验位可能不符',
  reg_no Nullable(String) COMMENT '【个人信息】工商注册号：已统一为半角并去除空白',
  name Nullable(String) COMMENT '【个人信息】客户名称，名单原文',
  attributes Map(String, String) COMMENT '【个人信息】名单中的其他列：列名 → 内容，空值不保留',
  loaded_at DateTime64(3, 'Asia/Shanghai') COMMENT '名单的导入时间（北京时间），同一次导入的各行相同；同一客户以最新的为准',
  loaded_day Date DEFAULT toDate(loaded_at) COMMENT '名单的导入日期（北京时间）',
  removed UInt8 COMMENT '1 表示已不在名单中；以 FINAL 查询时不出现',
  source_topic LowCardinality(String) COMMENT '来源 Kafka 主题',
  source_partition UInt32 COMMENT '来源 Kafka 分区',
  source_offset UInt64 COMMENT '来源 Kafka 位点',
  source_time DateTime64(3, 'Asia/Shanghai') COMMENT '消息写入 Kafka 的时间（北京时间）',
  source_day Date DEFAULT toDate(source_time) COMMENT '消息写入 Kafka 的日期（北京时间）',
  ingested_at DateTime64(3, 'Asia/Shanghai') DEFAULT now64(3, 'Asia/Shanghai') COMMENT '写入 ClickHouse 的时间（北京时间）',
  ingested_day Date DEFAULT toDate(ingested_at) COMMENT '写入 ClickHouse 的日期（北京时间）',
  -- These two columns are stored for the same reason as those of migration 034.
  is_credit_code Bool MATERIALIZED arrayMap(
    clean_code ->
{{columns is_credit_code}},
    [upper(trimBoth(ifNull(credit_code, '')))]
  )[1] COMMENT '信用代码的格式与校验位是否正确；SELECT * 不含此列',
  is_sole_trader Bool MATERIALIZED arrayMap(
    (clean_code, corp_name) ->
{{columns is_sole_trader}},
    [upper(trimBoth(ifNull(credit_code, '')))], [name]
  )[1] COMMENT '是否按个体工商户脱敏：信用代码以 92 开头，或无有效代码且名称不像企业；SELECT * 不含此列'
)
ENGINE = {{engine ReplacingMergeTree(loaded_at, removed)}}
ORDER BY (account, portfolio, member)
SETTINGS fsync_after_insert = {{fsync}}, fsync_part_directory = {{fsync}}
COMMENT '客户名单，每个账号、名单与客户一行，由 portfolio 主题写入；查询时请加 FINAL'
;

CREATE VIEW IF NOT EXISTS {{database}}.portfolio_matches {{on_cluster}} (
  account LowCardinality(String) COMMENT '企查查账号标识',
  portfolio LowCardinality(String) COMMENT '客户名单名称',
  member String COMMENT '【个人信息】客户标识，见 portfolio_members',
  corp_key_no String COMMENT '企业 KeyNo；没有匹配到推送的客户没有行，这不代表其没有风险',
  matched_by LowCardinality(String) COMMENT '匹配依据：CREDIT_CODE 统一社会信用代码、REG_NO 注册号、NAME 现用名称、FORMER_NAME 曾用名称；依次尝试，取最先匹配到的一种',
  is_ambiguous Bool COMMENT '同一客户匹配到多家企业，每家一行，需人工核对',
  has_other_credit_code Bool COMMENT '客户有信用代码，而该企业在推送中的信用代码与之不同，可能是同名的另一家企业，需人工核对'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT account, portfolio, member, corp_key_no, matched_by, is_ambiguous, has_other_credit_code
FROM (
{{columns members_matched}}
)
COMMENT '客户与推送中企业的匹配，每个客户与企业一行；按信用代码、注册号、现用名称、曾用名称依次匹配'
;

CREATE VIEW IF NOT EXISTS {{database}}.portfolio_members_masked {{on_cluster}} (
  account LowCardinality(String) COMMENT '企查查账号标识',
  portfolio LowCardinality(String) COMMENT '客户名单名称',
  corp_name Nullable(String) COMMENT '客户名称；个体工商户与自然人仅保留首字，其余以 ※ 与所匹配企业的假名代替，没有匹配到或匹配到多家企业时没有假名',
  is_sole_trader Bool COMMENT '是否按个体工商户脱敏：信用代码以 92 开头，或无有效代码且名称不像企业',
  credit_code Nullable(String) COMMENT '统一社会信用代码；缺失、校验位不符或为个体工商户时为空',
  reg_no Nullable(String) COMMENT '工商注册号；缺失、不是 13 或 15 位数字、按个体工商户脱敏时为空',
  loaded_at DateTime64(3, 'Asia/Shanghai') COMMENT '名单的导入时间（北京时间）',
  loaded_day Date COMMENT '名单的导入日期（北京时间）'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
  account, portfolio,
{{columns masked_owner_name}},
  is_sole_trader,
  if(is_sole_trader, NULL,
{{columns company_reg_no}}
  ) AS reg_no,
  loaded_at, loaded_day
FROM (
  SELECT
    p.account AS account, p.portfolio AS portfolio, p.name AS corp_name, p.credit_code AS credit_code, p.reg_no AS reg_no,
    p.is_credit_code AS is_credit_code, p.is_sole_trader AS is_sole_trader, p.loaded_at AS loaded_at, p.loaded_day AS loaded_day,
    m.customer_pseudonym AS owner_pseudonym
  FROM (SELECT *, is_credit_code, is_sole_trader FROM {{database}}.portfolio_members FINAL) AS p
  LEFT JOIN (
    SELECT * FROM (
{{columns members_matched}}
    )
    WHERE NOT is_ambiguous
  ) AS m ON m.account = p.account AND m.portfolio = p.portfolio AND m.member = p.member
)
{{columns view_settings}}
COMMENT '客户名单（已脱敏，供分析师使用），不含名单中的其他列'
;

CREATE VIEW IF NOT EXISTS {{database}}.portfolio_matches_masked {{on_cluster}} (
  account LowCardinality(String) COMMENT '企查查账号标识',
  portfolio LowCardinality(String) COMMENT '客户名单名称',
  corp_name Nullable(String) COMMENT '客户名称；个体工商户与自然人仅保留首字，其余以 ※ 与所匹配企业的假名代替，没有匹配到或匹配到多家企业时没有假名',
  is_sole_trader Bool COMMENT '是否按个体工商户脱敏：规则同 portfolio_members_masked；不是按信用代码匹配而名称不像企业的，也脱敏',
  credit_code Nullable(String) COMMENT '统一社会信用代码；缺失、校验位不符、按个体工商户脱敏时为空',
  reg_no Nullable(String) COMMENT '工商注册号；缺失、不是 13 或 15 位数字、按个体工商户脱敏时为空',
  corp_key_no String COMMENT '企业 KeyNo，可与 records_masked 等视图关联；没有匹配到推送的客户没有行，这不代表其没有风险',
  matched_by LowCardinality(String) COMMENT '匹配依据：CREDIT_CODE 统一社会信用代码、REG_NO 注册号、NAME 现用名称、FORMER_NAME 曾用名称',
  is_ambiguous Bool COMMENT '同一客户匹配到多家企业，每家一行，需人工核对',
  has_other_credit_code Bool COMMENT '客户的信用代码与该企业在推送中的不同，需人工核对'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
  account, portfolio,
{{columns masked_owner_name}},
  is_sole_trader,
  if(is_sole_trader, NULL,
{{columns company_reg_no}}
  ) AS reg_no,
  corp_key_no, matched_by, is_ambiguous, has_other_credit_code
FROM (
  SELECT
    m.account AS account, m.portfolio AS portfolio, p.name AS corp_name, p.credit_code AS credit_code, p.reg_no AS reg_no,
    p.is_credit_code AS is_credit_code,
    -- If the code did not find the company, it proves nothing about it. The company may be a sole trader with the same name.
    p.is_sole_trader OR (
      m.matched_by != 'CREDIT_CODE' AND NOT ifNull({{columns named_as_company}}, false)
    ) AS is_sole_trader,
    m.corp_key_no AS corp_key_no,
    m.matched_by AS matched_by, m.is_ambiguous AS is_ambiguous, m.has_other_credit_code AS has_other_credit_code,
    m.customer_pseudonym AS owner_pseudonym
  FROM (
{{columns members_matched}}
  ) AS m
  INNER JOIN (SELECT *, is_credit_code, is_sole_trader FROM {{database}}.portfolio_members FINAL) AS p
    ON p.account = m.account AND p.portfolio = m.portfolio AND p.member = m.member
)
{{columns view_settings}}
COMMENT '客户与推送中企业的匹配（已脱敏，供分析师使用），每个客户与企业一行'
;
