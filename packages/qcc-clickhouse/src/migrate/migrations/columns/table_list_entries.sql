  account LowCardinality(String) COMMENT '企查查账号标识',
  corp_key_no String COMMENT '企业 KeyNo',
  list LowCardinality(String) COMMENT '名单：2 经营异常、10 严重违法',
  change_id String COMMENT '变更记录 ID；详情中的条目为空字符串',
  since_day Date32 COMMENT '详情中条目的列入日期（北京时间），1900-01-01 表示未知；变更记录为 1900-01-01',
  pushes SimpleAggregateFunction(groupUniqArrayArray, Array(Tuple(version UInt256, pushed_at DateTime64(3, 'Asia/Shanghai'), is_listing Bool, day Date32, is_guess Bool, reported_day Date32, has_details Bool))) COMMENT '变更记录每次推送所述：版本、推送时间、列入还是移出、列入日期（1900-01-01 表示未知）、列入日期是否取自更新日期或推送日期、更新日期（没有时为推送日期）、是否附有详情',
  details SimpleAggregateFunction(max, Tuple(version UInt256, remove_day Date32)) COMMENT '最新详情的版本与移出日期（北京时间），未移出时为 2299-12-31；没有详情时版本为 0',
  reasons SimpleAggregateFunction(max, {{columns entry_reasons_type}}) COMMENT '【个人信息】最新详情的原因与机关，以其版本开头',
  responses SimpleAggregateFunction(groupUniqArrayArray, Array(Tuple(day Date32, version UInt256, removed_day Date32, pushed_at DateTime64(3, 'Asia/Shanghai')))) COMMENT '严重违法的完整详情应答，含移出后查无结果的：取得日期、版本、移出类变更的更新日期（没有时为推送日期；其他变更或当日未取得详情的为 2299-12-31）、推送时间（均为北京时间）'
