  matched_by, is_ambiguous, has_other_credit_code,
  multiIf(corp_key_no IS NULL AND NOT is_ready, 'NOT_READY', corp_key_no IS NULL, 'NEVER_IN_FEED', is_ambiguous, 'AMBIGUOUS', 'MATCHED') AS feed_state,
  concat(multiIf(
    feed_state = 'NOT_READY', '名单刚导入，尚未整理完，请稍后再查',
    feed_state = 'NEVER_IN_FEED', concat(
      '自', ifNull(formatDateTime(covered_since_day, '%Y年%m月%d日'), '开始接收'), '（开始接收推送）以来没有匹配到该客户的推送；不等于没有风险：可能未被监测、风险早于监测，或推送中没有与名单相同的代码或名称'
    ),
    feed_state = 'AMBIGUOUS', '匹配到多家企业，需人工核对',
    has_other_credit_code, '已匹配，但企业在推送中的信用代码与名单不同，需人工核对',
    '已匹配'
  ), if(is_ready OR feed_state = 'NOT_READY', '', '；名单尚未整理完，未列出的风险不等于没有')) AS feed_state_text,
  is_ready, covered_since_day, corp_key_no
