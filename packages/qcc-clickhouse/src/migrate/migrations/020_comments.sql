-- Comments only, on what earlier migrations made.
ALTER TABLE {{database}}.record_history {{on_cluster}}
  COMMENT COLUMN dishonest_debtors_execute_no_normalized '【个人信息】失信被执行人详情，与 dishonest_debtors 逐条对应：规范化执行依据文号，规则与 anno_normalized 相同'
;

ALTER TABLE {{database}}.record_current {{on_cluster}}
  COMMENT COLUMN dishonest_debtors_execute_no_normalized '【个人信息】失信被执行人详情，与 dishonest_debtors 逐条对应：规范化执行依据文号，规则与 anno_normalized 相同'
;

ALTER TABLE {{database}}.records {{on_cluster}}
  COMMENT COLUMN dishonest_debtors_execute_no_normalized '【个人信息】失信被执行人详情，与 dishonest_debtors 逐条对应：规范化执行依据文号，规则与 anno_normalized 相同'
;

ALTER TABLE {{database}}.record_current_feed {{on_cluster}}
  COMMENT COLUMN event_date '事件日期（北京时间），取自附加信息的 date 字段：经营异常、严重违法为最近一次列入的日期，失信被执行人为最近一次发布的日期，吊销或注销为吊销、注销的日期；移出类变更仍为列入日期，而非移出日期；其他类型未作约定，缺失或无法解析时为空',
  COMMENT COLUMN dishonest_debtors_execute_no_normalized '【个人信息】失信被执行人详情，与 dishonest_debtors 逐条对应：规范化执行依据文号，规则与 anno_normalized 相同'
;

-- The text of an amount may be any JSON that QCC sends.
ALTER TABLE {{database}}.dishonest_debtors {{on_cluster}}
  COMMENT COLUMN anno_normalized '【个人信息】规范化案号：去空白，括号统一为全角，数字统一为半角，便于比对',
  COMMENT COLUMN amount_raw '【个人信息】涉案金额（元），原文',
  COMMENT COLUMN execute_no_normalized '【个人信息】规范化执行依据文号，规则与 anno_normalized 相同'
;

-- A gap of an order without a usable number ends by itself once QCC's list has the number.
ALTER TABLE {{database}}.coverage_facts {{on_cluster}}
  COMMENT COLUMN kind '类型：CHECKED 已对账、ACTIVATED 已重新激活回调、GAP 发现缺口、GAP_CLOSED 缺口已结案（人工或自动）',
  COMMENT COLUMN gap '缺口标识：缺口前最后与缺口后最早的已知订单号；以 ..? 加 12 位十六进制结尾的，为企查查列表中缺少可用订单号的一笔订单',
  COMMENT COLUMN decided_by '【个人信息】结案人；callback-gateway 表示企查查此后列出了全部订单号、自动结案'
;

ALTER TABLE {{database}}.coverage_gaps {{on_cluster}}
  COMMENT COLUMN is_open '尚未结案'
;

ALTER TABLE {{database}}.coverage_gaps {{on_cluster}}
  MODIFY COMMENT '订单列表的缺口：其间可能有订单未被看到便已移出最近 30 笔（数量未知，仅能由人工结案），或列表中有一笔订单缺少可用的订单号（企查查列出后自动结案，也可人工结案）'
;
