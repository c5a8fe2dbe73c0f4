-- The laws have other texts for companies, 个体工商户 and 农民专业合作社, such as 年度报告隐瞒真实情况.
multiIf(
  match(reason, '责令'), '未按责令期限公示信息',
  match(reason, '隐瞒|弄虚作假'), '公示信息隐瞒真实情况或弄虚作假',
  match(reason, '无法.{0,20}联系|查无下落'), '登记的住所或经营场所无法联系',
  match(reason, '年度报告|年报'), '未按期公示年度报告',
  '其他'
)
