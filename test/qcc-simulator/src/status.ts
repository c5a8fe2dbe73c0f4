/** The endpoints of the document (6.2.1, 6.2.3 to 6.2.5, 6.2.7 to 6.2.9). */
export const ENDPOINTS = [
  'setApiPushSetting',
  'activeCallbackUrl',
  'listLatestOrderNo',
  'getDownloadUrl',
  'getExceptions',
  'getSeriousViolation',
  'getShiXinList',
] as const;
export type Endpoint = (typeof ENDPOINTS)[number];

/** Section 7 of the document, with the words it has for each. */
export const STATUS_MESSAGES: Readonly<Record<string, string>> = {
  200: '【有效请求】查询成功',
  201: '【有效请求】查询无结果',
  202: '【有效请求】查询参数错误，请检查',
  205: '【有效请求】等待处理中',
  207: '【有效请求】请求数据的条目数超过上限（5000）',
  208: '【有效请求】此接口不支持此公司类型查询',
  209: '【有效请求】企业数量超过上限',
  213: '【有效请求】参数长度不能小于2',
  215: '【有效请求】不支持的查询关键字',
  218: '【有效请求】该企业暂不支持空壳扫描',
  219: '【有效请求】该企业暂不支持准入尽调',
  101: '【无效请求】当前的KEY无效或者还未生效中',
  102: '【无效请求】当前KEY已欠费',
  103: '【无效请求】当前KEY被暂停使用',
  104: '【无效请求】请求KEY异常，请联系管理员',
  106: '【无效请求】非法请求过多，请联系管理员',
  107: '【无效请求】被禁止的IP或者签名错误',
  108: '【无效请求】异常请求过多，请联系管理员',
  109: '【无效请求】请求超过每日系统限制',
  111: '【无效请求】接口权限未开通，请联系管理员',
  112: '【无效请求】您的账号剩余使用量已不足或已过期',
  113: '【无效请求】当前接口已被删除，请重新申请',
  114: '【无效请求】当前接口已被禁用，请联系管理员',
  115: '【无效请求】身份验证错误或者已过期',
  116: '【无效请求】请求超过每日调用总量限制',
  117: '【无效请求】当前不支持的请求参数调用量过多',
  118: '【无效请求】当前接口不支持此方式的调用',
  119: '【无效请求】您的帐号出现异常，请联系管理员',
  199: '【无效请求】系统未知错误，请联系技术客服',
  203: '【无效请求】系统查询有异常，请联系技术人员',
  214: '【无效请求】您还未购买过该接口，请先购买',
  223: '【无效请求】当前接口的计费方式不支持此查询参数',
  500: '【无效请求】接口相关的逻辑错误',
};

/** What an endpoint answers: `status` and `msg` as the document spells them, then the endpoint's own fields. */
export type QccResponse = { status: string; msg: string } & Readonly<Record<string, unknown>>;

export const statusResponse = (status: string): QccResponse => ({ status, msg: STATUS_MESSAGES[status] ?? '未知状态' });
