  ADD COLUMN IF NOT EXISTS is_credit_code Bool MATERIALIZED arrayMap(
    clean_code ->
{{columns is_credit_code}},
    [upper(trimBoth(ifNull(credit_code, '')))]
  )[1] COMMENT '信用代码的格式与校验位是否正确；SELECT * 不含此列',
  ADD COLUMN IF NOT EXISTS is_sole_trader Bool MATERIALIZED arrayMap(
    clean_code ->
{{columns is_sole_trader}},
    [upper(trimBoth(ifNull(credit_code, '')))]
  )[1] COMMENT '是否按个体工商户脱敏：信用代码以 92 开头，或无有效代码且名称不像企业；SELECT * 不含此列',
  ADD COLUMN IF NOT EXISTS shown_content LowCardinality(Nullable(String)) MATERIALIZED
{{columns shown_content}} COMMENT '脱敏后的监测内容：原文 表示与 change_content 相同；SELECT * 不含此列'
