-- The first match counts: a text about refusing a penalty, or about advertising, may also name food.
multiIf(
  match(reason, '异常名录'), '列入经营异常名录届满未改正',
  match(reason, '拒不履行|拒不执行'), '拒不履行行政处罚决定',
  match(reason, '传销'), '传销',
  match(reason, '虚假广告'), '虚假广告',
  match(reason, '药品|假药|劣药|疫苗|医疗器械|化妆品'), '药品、医疗器械或化妆品安全违法',
  match(reason, '食品'), '食品安全违法',
  match(reason, '质量|强制性(产品)?认证|认证标志|认证证书|特种设备'), '产品质量安全违法',
  match(reason, '欺诈手段|虚假材料|取得.{0,15}登记|虚假登记|冒用.{0,12}登记'), '以欺诈手段取得登记',
  match(reason, '不正当竞争|商业秘密|商业诋毁|虚假交易|垄断'), '破坏公平竞争',
  '其他'
)
