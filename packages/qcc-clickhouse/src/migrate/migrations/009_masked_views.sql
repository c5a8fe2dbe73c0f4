-- What analysts read: the same rows without what may name or identify a person. Free text goes; companies keep their
-- names, a 个体工商户 is its owner and keeps one character.
CREATE VIEW IF NOT EXISTS {{database}}.records_masked {{on_cluster}} (
{{columns masked_record}}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS {{columns masked_change}}
FROM (
  SELECT *,
{{columns sole_trader}}
  FROM {{database}}.record_current FINAL
)
{{columns closed_to_filters}}
COMMENT '变更记录当前状态（已脱敏，供分析师使用）：每个账号与记录 ID 一行'
;

CREATE VIEW IF NOT EXISTS {{database}}.record_history_masked {{on_cluster}} (
{{columns masked_record}}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS {{columns masked_change}}
FROM (
  SELECT *,
{{columns sole_trader}}
  FROM {{database}}.record_history FINAL
)
{{columns closed_to_filters}}
COMMENT '变更记录全部历史（已脱敏，供分析师使用）：每次推送中的每条记录一行'
;

CREATE VIEW IF NOT EXISTS {{database}}.exceptions_masked {{on_cluster}} (
{{columns masked_detail}},
  add_reason_class Nullable(String) COMMENT '列入经营异常名录原因的归类，原文不提供',
  add_date Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT '列入时间（北京时间）；未提供时为空',
  add_day Nullable(Date32) COMMENT '列入日期（北京时间）',
  remove_date Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT '移出时间（北京时间）；未移出时为空',
  remove_day Nullable(Date32) COMMENT '移出日期（北京时间）',
  decision_office Nullable(String) COMMENT '作出决定机关',
  remove_decision_office Nullable(String) COMMENT '移除决定机关'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
{{columns masked_owner}},
  -- The causes that the law knows (企业信息公示暂行条例).
  multiIf(
    add_reason IS NULL, NULL,
    match(add_reason, '责令'), '未按责令期限公示信息',
    match(add_reason, '年度报告'), '未按期公示年度报告',
    match(add_reason, '隐瞒|弄虚作假'), '公示信息隐瞒真实情况或弄虚作假',
    match(add_reason, '无法.{0,4}联系'), '登记的住所或经营场所无法联系',
    '其他'
  ) AS add_reason_class,
  add_date, add_day, remove_date, remove_day, decision_office, remove_decision_office
FROM (
  SELECT *,
{{columns sole_trader}}
  FROM {{database}}.exceptions
)
{{columns closed_to_filters}}
COMMENT '经营异常详情（已脱敏，供分析师使用），取各记录的当前版本，每条详情一行'
;

CREATE VIEW IF NOT EXISTS {{database}}.serious_violations_masked {{on_cluster}} (
{{columns masked_detail}},
  add_date Nullable(Date32) COMMENT '列入日期（北京时间）',
  add_office Nullable(String) COMMENT '列入决定机关'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
{{columns masked_owner}},
  add_date, add_office
FROM (
  SELECT *,
{{columns sole_trader}}
  FROM {{database}}.serious_violations
)
{{columns closed_to_filters}}
COMMENT '严重违法详情（已脱敏，供分析师使用），取各记录的当前版本，每条详情一行'
;

CREATE VIEW IF NOT EXISTS {{database}}.dishonest_debtors_masked {{on_cluster}} (
{{columns masked_detail}},
  id String COMMENT '失信案件主键，并非变更记录 ID',
  execute_gov Nullable(String) COMMENT '执行法院',
  execute_status Nullable(String) COMMENT '履行情况',
  lian_date Nullable(Date32) COMMENT '立案日期（北京时间）',
  amount Nullable(Decimal(20, 2)) COMMENT '涉案金额（元）；原文不是数字时为空',
  public_date Nullable(Date32) COMMENT '发布日期（北京时间）'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
{{columns masked_owner}},
  id, execute_gov, execute_status, lian_date, amount, public_date
FROM (
  SELECT *,
{{columns sole_trader}}
  FROM {{database}}.dishonest_debtors
)
{{columns closed_to_filters}}
COMMENT '失信被执行人详情（已脱敏，供分析师使用），取各记录的当前版本，每个案件一行'
;
