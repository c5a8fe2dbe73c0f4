-- title: 失信案件：各企业的案件数与金额
-- title-en: Dishonest judgment debtor cases by company
-- caveat: 共同被执行人的案件在每家企业下各计一次，因此各企业合计可能大于总额；总额请用“各法院的案件数与金额”。
-- caveat: “未全部履行”含部分履行的和未提供履行情况的案件。金额未提供的案件计入案件数，不计入金额。没有详情的变更不在其中，见“失信变更中有多少没有案件详情”。
-- caveat: 按 KeyNo 汇总：没有假名的个体工商户脱敏后名称可能相同。
SELECT
  d.corp_key_no AS `KeyNo`, any(c.corp_name) AS `企业`, count() AS `案件数`, countIf(d.is_unpaid) AS `未全部履行`,
  sum(d.amount) AS `涉案金额（元）`, max(d.public_date) AS `最新发布`
FROM {{db}}.debtor_case_companies{{masked}} AS d
LEFT JOIN {{db}}.company_profiles{{masked}} AS c ON c.account = d.account AND c.corp_key_no = d.corp_key_no
WHERE d.account = {{account}}
GROUP BY d.corp_key_no
ORDER BY `涉案金额（元）` DESC, `KeyNo`
