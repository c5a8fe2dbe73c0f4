-- title: 我的客户现在怎样
-- title-en: The state of each of my customers
-- param portfolio text default: 客户名单名称
-- caveat: “未见在列信息”不等于没有风险：只表示按已收到的数据，目前没有吊销或注销，不在任何名单上，也没有未全部履行的案件；曾列入而已移出的、失信变更没有详情的，也显示为此。
-- caveat: “推送情况”为 NEVER_IN_FEED 的客户没有匹配到推送中的企业，同样不等于没有风险。“尚未整理完”为真的，名单刚导入，未列出的风险不等于没有，请稍后再查。
-- caveat: “风险状态”依次取第一个成立者：吊销或注销、严重违法、失信被执行人、经营异常、假冒国企。
SELECT
  customer_name AS `客户`, customer_credit_code AS `名单中的信用代码`, feed_state AS `推送情况`, corp_name AS `企业`,
  risk_state AS `风险状态`, abnormal_since_day AS `经营异常自`, violation_since_day AS `严重违法自`,
  unpaid_debtor_cases AS `未全部履行案件`, last_seen_day AS `最近推送`, matched_by AS `匹配依据`,
  is_ambiguous OR has_other_credit_code AS `须核对`, NOT is_ready AS `尚未整理完`, corp_key_no AS `KeyNo`
FROM {{db}}.portfolio_status{{masked}}
WHERE account = {{account}} AND portfolio = {{portfolio}}
ORDER BY `客户`, `企业`, `KeyNo`
