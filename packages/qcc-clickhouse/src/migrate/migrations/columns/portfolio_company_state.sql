  is_sole_trader Nullable(Bool) COMMENT '是否个体工商户，规则同 companies；没有匹配到企业时为空',
  risk_state Nullable(String) COMMENT '当前风险状态：吊销或注销、严重违法、失信被执行人、经营异常、假冒国企，依次取第一个成立者。未见在列信息：按已收到的数据，目前没有上述任何一种情形；曾列入而已移出的，以及失信变更没有案件详情的，也属此类，不等于没有风险；没有匹配到企业，或名单尚未整理完且尚未发现时为空',
  on_abnormal_list Nullable(Bool) COMMENT '目前是否列入经营异常名录；没有匹配到企业，或名单尚未整理完且尚未发现时为空',
  abnormal_since_day Nullable(Date32) COMMENT '本次在列经营异常的起始日期（北京时间），同 list_status 的 since_day；该日列入的条目可能已移出',
  on_violation_list Nullable(Bool) COMMENT '目前是否列入严重违法失信企业名单；没有匹配到企业，或名单尚未整理完且尚未发现时为空',
  violation_since_day Nullable(Date32) COMMENT '本次在列严重违法的起始日期（北京时间），同 list_status 的 since_day；该日列入的条目可能已移出',
  unpaid_debtor_cases Nullable(UInt64) COMMENT '未全部履行的失信案件数；没有匹配到企业，或名单尚未整理完且尚未发现时为空',
  revoked_day Nullable(Date32) COMMENT '吊销或注销日期（北京时间）；未推送时为空',
  last_seen_day Nullable(Date) COMMENT '最近推送日期（北京时间）；没有匹配到企业时为空'
