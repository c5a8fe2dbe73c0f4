-- title: 一家企业的来龙去脉
-- title-en: The story of one company
-- param company text -: 企业 KeyNo
-- caveat: 再次推送的同一记录只出现一次；名单与案件按其自身的日期列出。
-- caveat: 名单只列每次在列的开始与结束：在列期间又被列入、或只移出部分条目的，不另列；没有列入日期的移出也不在其中。这些都请查 changes（类型 2、10）。
-- caveat: 已补全的失信变更以其案件列出；详情中没有可读案件的，不在其中，请查 changes（类型 11）。
SELECT
  day AS `日期`, day_means AS `日期含义`, event AS `事件`, category AS `级别`, content AS `内容`, evidence AS `依据`, reference AS `记录或案件`
FROM {{db}}.company_timeline{{masked}}
WHERE account = {{account}} AND corp_key_no = {{company}}
ORDER BY `日期`, `事件`, `记录或案件`
