-- title: 数据齐不齐，能不能信
-- title-en: Is the data complete
-- param from date today_beijing() - 30: 日期自（含）
-- caveat: 结论代码为 COMPLETE 的日子，记录齐全（由人工结案的订单、放弃的记录除外），能查询的详情也都已有结论；没有校验 ID（NO_CHECK_ID）或查无结果（NO_RESULT）的记录仍没有详情，不影响该结论，因此“已有详情”可能少于“应有详情”，条数见 data_quality 的 details_no_check_id 与 details_no_result。
-- caveat: 失败的订单没有推送时间，按订单号中的日期归入当天。
-- caveat: “声明条数”与“已入库”是各订单的合计，两者之差不是缺少的记录数：有的订单没有声明总数，被拒而人工放弃的记录不入库。是否齐全以“结论”为准。
SELECT
  day AS `日期`, verdict_text AS `结论`, orders AS `订单`, orders_failed AS `失败`, orders_incomplete AS `尚不完整`, declared AS `声明条数`,
  stored AS `已入库`, details_due AS `应有详情`, details_enriched AS `已有详情`, details_not_approved AS `详情未批准`,
  details_pending AS `详情待补全`, details_failed AS `详情失败`, windows AS `时段`, windows_checked AS `已核对时段`, verdict AS `结论代码`
FROM {{db}}.data_completeness
WHERE account = {{account}} AND day >= {{from}}
ORDER BY `日期`
