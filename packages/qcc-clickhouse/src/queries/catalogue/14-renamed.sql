-- title: 谁改了名
-- title-en: Whose name changed
-- param from date today_beijing() - 30: 首次推送日期自（含）
-- narrow-by: from
-- caveat: “推送时名称”是该次更名时的名称，此后可能又更名；当前名称见 company_profiles。
-- caveat: 脱敏视图只显示企业的更名；涉及个体工商户，或名称不像企业（如厂、中心、事务所）的，原名称为空。
SELECT
  first_pushed_day AS `首次推送`, corp_name AS `推送时名称`, extract(ifNull(change_content, ''), '由[“"](.+?)[”"]变更为') AS `原名称`,
  change_date AS `更新日期`, corp_key_no AS `KeyNo`, id AS `记录`
FROM {{db}}.changes{{masked}}
WHERE account = {{account}} AND type = '5' AND NOT is_repeat AND push_day >= {{from}} AND first_pushed_day >= {{from}}
ORDER BY `首次推送` DESC, `KeyNo`, `记录`
