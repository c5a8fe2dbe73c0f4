-- title: 各省的风险企业
-- title-en: Companies at risk by province
-- caveat: 省份取自信用代码或注册号中的区划代码；两者从未推送过的企业归入“未知”。
SELECT
  ifNull(province, '未知') AS `省份`, count() AS `企业数`, countIf(on_abnormal_list) AS `经营异常`, countIf(on_violation_list) AS `严重违法`,
  countIf(unpaid_debtor_cases > 0) AS `失信未履行`, countIf(revoked_day IS NOT NULL) AS `吊销或注销`
FROM {{db}}.companies{{masked}}
WHERE account = {{account}}
GROUP BY `省份`
ORDER BY `企业数` DESC, `省份`
