  matched_by LowCardinality(Nullable(String)) COMMENT '匹配依据：CREDIT_CODE 统一社会信用代码、REG_NO 注册号、NAME 现用名称、FORMER_NAME 曾用名称；没有匹配到企业时为空',
  is_ambiguous Bool COMMENT '同一客户匹配到多家企业，每家一行，需人工核对',
  has_other_credit_code Bool COMMENT '客户的信用代码与该企业在推送中的不同，可能是同名的另一家企业，需人工核对',
  feed_state String COMMENT '客户与推送的关系：MATCHED 匹配到一家企业；AMBIGUOUS 匹配到多家企业，需人工核对；NEVER_IN_FEED 自开始接收推送以来没有匹配到推送，不等于没有风险：可能未被监测、风险早于监测，或推送中没有与名单相同的代码或名称；NOT_READY 名单刚导入，尚未整理完，请稍后再查',
  feed_state_text String COMMENT 'feed_state 的中文说明，含开始接收推送的日期',
  is_ready Bool COMMENT '名单已与以往的推送整理完；为假时名单刚导入，未列出的风险不等于没有，请稍后再查',
  covered_since_day Nullable(Date) COMMENT '该账号开始接收推送的日期（北京时间）：最早的对账或订单，不是该企业开始被监测的日期；此前发生的事，只有后来的推送或详情提到的才在数据中',
  corp_key_no Nullable(String) COMMENT '企业 KeyNo；没有匹配到企业时为空'
