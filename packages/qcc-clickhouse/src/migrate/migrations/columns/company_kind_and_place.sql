  is_sole_trader Bool COMMENT '是否个体工商户：信用代码以 92 开头，或没有有效代码且名称不像企业',
  kind String COMMENT '主体类别：企业、个体工商户',
  province Nullable(String) COMMENT '省级行政区，取自信用代码或注册号的区划代码（GB/T 2260）；都没有时为空',
  city Nullable(String) COMMENT '地级行政区，取自信用代码或注册号的区划代码；无法确定时为空',
  first_seen_at DateTime64(3, 'Asia/Shanghai') COMMENT '首次推送时间（北京时间）',
  first_seen_day Date COMMENT '首次推送日期（北京时间）',
  last_seen_at DateTime64(3, 'Asia/Shanghai') COMMENT '最近推送时间（北京时间）',
  last_seen_day Date COMMENT '最近推送日期（北京时间）'
