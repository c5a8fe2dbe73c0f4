{{columns detail}},
  add_reason Nullable(String) COMMENT '【个人信息】列入经营异常名录原因',
  add_date Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT '列入时间（北京时间）；未提供时为空',
  add_day Nullable(Date32) COMMENT '列入日期（北京时间）',
  remove_reason Nullable(String) COMMENT '【个人信息】移出经营异常名录原因；未移出时为空',
  remove_date Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT '移出时间（北京时间）；未移出时为空',
  remove_day Nullable(Date32) COMMENT '移出日期（北京时间）',
  decision_office Nullable(String) COMMENT '作出决定机关',
  remove_decision_office Nullable(String) COMMENT '移除决定机关'
