-- title: 失信案件：各法院的案件数与金额
-- title-en: Dishonest judgment debtor cases by court
-- caveat: 每个案件只计一次，无论有多少条变更、涉及多少家企业。
-- caveat: “未全部履行”含部分履行的和未提供履行情况的案件；其金额是这些案件的涉案金额，不是尚欠的余额。
-- caveat: 金额未提供的案件计入案件数，不计入金额。没有详情的变更不在其中，见“失信变更中有多少没有案件详情”。
SELECT
  execute_gov AS `法院`, count() AS `案件数`, countIf(is_unpaid) AS `未全部履行`, sum(amount) AS `涉案金额（元）`,
  sumIf(amount, is_unpaid) AS `未全部履行案件金额（元）`, countIf(amount IS NULL) AS `金额未提供`
FROM {{db}}.debtor_cases{{masked}}
WHERE account = {{account}}
GROUP BY execute_gov
ORDER BY `涉案金额（元）` DESC, `法院`
