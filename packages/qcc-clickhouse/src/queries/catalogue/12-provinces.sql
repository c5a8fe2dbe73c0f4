-- title: 各省的企业与风险
-- title-en: Companies and risks by province
-- caveat: 省份取自信用代码或注册号中的区划代码；信用代码与注册号都没有推送过有效值的企业，以及在市场监管总局登记等没有省级区划代码的企业，归入“未知”。迁址后代码不变，省份也不变。
-- caveat: 各列都是企业数，一家可计入多列；失信只计有案件详情的企业，见“失信变更中有多少没有案件详情”。
SELECT
  ifNull(province, '未知') AS `省份`, count() AS `有推送的企业数`, countIf(on_abnormal_list) AS `经营异常`, countIf(on_violation_list) AS `严重违法`,
  countIf(unpaid_debtor_cases > 0) AS `失信未全部履行`, countIf(revoked_day IS NOT NULL) AS `吊销或注销`
FROM {{db}}.companies{{masked}}
WHERE account = {{account}}
GROUP BY `省份`
ORDER BY `有推送的企业数` DESC, `省份`
