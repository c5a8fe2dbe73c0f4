-- title: 失信变更中有多少没有案件详情
-- title-en: How many dishonest debtor changes have no cases
-- caveat: 除“查无结果”外，没有详情不等于没有案件：原因见详情状态。移出类变更一并计入，其“查无结果”属正常。
-- caveat: “已补全”含详情过大未能入库的（data_quality 的 details_truncated）和全部案件都无法读取的，它们也没有案件。
SELECT
  detail_status AS `详情状态`, any(d.name_zh) AS `含义`, count() AS `变更数`, round(100 * count() / sum(count()) OVER (), 1) AS `占比（%）`
FROM {{db}}.records{{masked}} AS r
LEFT JOIN {{db}}.dictionary AS d ON d.kind = 'detail_status' AND d.code = r.detail_status
WHERE r.account = {{account}} AND r.type = '11'
GROUP BY detail_status
ORDER BY `变更数` DESC
