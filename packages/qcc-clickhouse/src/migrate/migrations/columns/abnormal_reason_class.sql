multiIf(
  match(reason, '责令'), '未按责令期限公示信息',
  match(reason, '年度报告'), '未按期公示年度报告',
  match(reason, '隐瞒|弄虚作假'), '公示信息隐瞒真实情况或弄虚作假',
  match(reason, '无法.{0,4}联系'), '登记的住所或经营场所无法联系',
  '其他'
)
