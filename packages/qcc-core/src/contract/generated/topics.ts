// Generated from schemas/*.avsc by scripts/generate-types.ts; do not edit.

/** Internal, compacted, one partition: what the alerter has decided and what it has still to send. Keyed by account and kind: account|start|partition, account|event|["corpKeyNo","type","changeId"] (a JSON array), account|alert|target|alertId, account|message|target. A tombstone of an alert or a message means that it was sent, has a dead letter, or was erased. It names no person. */
export type AlertState = {
  account: string;
  /** START (the first start of the alerter in a partition: changes that were published there before make no alerts), EVENT (a change that rules have decided about), ALERT (an alert that waits for one target), or MESSAGE (the alerts of the message that is on its way to a target). */
  kind: string;
  /** When it was written. Of MESSAGE: also the time that stands in the message. Milliseconds since the epoch. */
  at: number;
  /** Of START: the partition of enriched-records. */
  partition: null | number;
  /** Of EVENT: 列入, 移出, 新增 or 变更; null where the text is not clear. */
  direction: null | string;
  /** Of EVENT: the date of the entry on the list. Days since 1970-01-01. */
  eventDate: null | number;
  /** Of EVENT: 0 for the first push of the change; each push with another direction or date of entry adds one. */
  episode: number;
  /** Of EVENT: the newest version that was read, 32 bytes. */
  version: null | Uint8Array;
  /** Of EVENT: the rules that have made an alert of this episode. */
  rules: string[];
  /** Of ALERT and MESSAGE: the target's name in the rules file. */
  target: null | string;
  /** Of ALERT: the alert as JSON, with allowed fields only and names of people masked. */
  alert: null | string;
  /** Of ALERT: it is not sent before. Milliseconds since the epoch. */
  dueAt: null | number;
  /** Of ALERT: it is sent in a digest, because of quiet hours or because its rule says so. */
  isHeld: boolean;
  /** Of MESSAGE: the id of the message. If it is sent again, it has the same id. */
  messageId: null | string;
  /** Of MESSAGE. */
  isDigest: boolean;
  /** Of MESSAGE: the keys of its alerts, in their order. */
  alerts: string[];
  /** Of EVENT and ALERT: the company, so that an erasure finds the entry. */
  corpKeyNo: null | string;
  /** Of EVENT and ALERT: the id of the change, so that an erasure finds the entry. */
  changeId: null | string;
};

export type CoveredOrder = {
  orderNo: string;
  /** Milliseconds since the epoch. */
  createDate: null | number;
};

/** Internal, compacted: what was asked of QCC's list of orders and what it showed, the source of the coverage. Facts of one key replace one another; nothing is ever counted up. */
export type CoverageFact = {
  account: string;
  /** CHECKED (a push window against the list), ACTIVATED (QCC was asked to activate a paused callback again), GAP (orders may have left the list unseen, or the list has an order without a usable number), GAP_CLOSED (a person has decided about a gap, or the list has the number). */
  kind: string;
  /** Milliseconds since the epoch. */
  at: number;
  /** CHECKED: the day in Shanghai. Days since 1970-01-01. */
  day: null | number;
  /** CHECKED: hours in Shanghai as 09-11; other for what was created outside the push windows. */
  pushWindow: null | string;
  /** Milliseconds since the epoch. */
  windowStart: null | number;
  /** Exclusive. Milliseconds since the epoch. */
  windowEnd: null | number;
  /** CHECKED: every order that this or an earlier check saw listed with a creation time in the window, the oldest first. */
  orders: CoveredOrder[];
  /** CHECKED: the list, with those of the checks before, reached back to the window's start. */
  covered: boolean;
  /** CHECKED: a check was made after the window's end and the grace. */
  closed: boolean;
  /** CHECKED: covered, closed, and every listed order is published whole and confirmed. */
  complete: boolean;
  /** CHECKED: the hours at which windows begin, as set when the check was made. */
  pushWindows: number[];
  /** GAP and GAP_CLOSED: which gap; the same whoever finds it. */
  gap: null | string;
  /** GAP: what may be missing was created after this time. Milliseconds since the epoch. */
  after: null | number;
  /** GAP: and not after this time. Milliseconds since the epoch. */
  before: null | number;
  /** ACTIVATED and GAP_CLOSED: why. GAP: the row of the list without a usable number, secrets masked; null for other gaps. */
  reason: null | string;
  /** ACTIVATED: QCC_<code>, another result of the call, or STARTED until the result is recorded. */
  result: null | string;
  /** GAP_CLOSED: who. Names a person, or callback-gateway if the list has the number. */
  decidedBy: null | string;
};

/** Internal, compacted, keyed by the dead letter: what was done about it. A replay is written in the same transaction as its note. */
export type DeadLetterAction = {
  /** TOPIC/PARTITION/OFFSET of the dead letter, the topic by its name in the cluster; the message key. */
  deadLetterId: string;
  /** As the dead letter says. */
  account: null | string;
  /** REPLAYED or DISCARDED. */
  action: string;
  /** Milliseconds since the epoch. */
  at: number;
  /** The order that was replayed for it; null where the message itself was produced again, and for DISCARDED. */
  orderNo: null | string;
  /** Who discarded it. */
  decidedBy: null | string;
  /** Why it was discarded. */
  reason: null | string;
};

/** Internal, compacted, one partition: whether detail calls may be made, for every instance alike. Keyed by account (CLOSED, OPEN or PROBE, the newest counts) and by account|consent (CONSENT). */
export type DetailGate = {
  account: string;
  /** CLOSED, OPEN, PROBE (a person asks that one call find out now whether it is over), or CONSENT: a person agreed to spend the default budget. */
  state: string;
  /** Of CLOSED: pause (a daily limit) or stop (a person has to see to it). */
  class: null | string;
  /** Of CLOSED: QCC_<code>. */
  reason: null | string;
  /** Of CLOSED, for people; secrets removed. */
  message: null | string;
  /** Of CLOSED: when one call may find out whether it is over. Milliseconds since the epoch. */
  until: null | number;
  /** Milliseconds since the epoch. */
  since: number;
  /** The instance, or the operator's tool, that says so. */
  by: string;
};

export type DetailCalls = {
  /** Of QCC; unknown for ANSWER_LOST. */
  endpoint: string;
  /** QCC_<code>, HTTP_<status>, TIMEOUT, UNREACHABLE, NOT_JSON, TOO_LARGE or UNEXPECTED_SHAPE. ANSWER_LOST: calls that an earlier owner of the partition had reserved and did not count. They may have been made, so they count as spent. */
  code: string;
  /** Pages and retries each count. */
  count: number;
};

/** Internal, compacted, keyed by account, day and partition of records: the detail calls charged to that partition's share of the daily budget. Absolute counts: reading one twice changes nothing. */
export type DetailSpend = {
  account: string;
  /** In Shanghai. Days since 1970-01-01. */
  day: number;
  /** Of records. */
  partition: number;
  /** Never less than the calls that have begun: written before they do. What it exceeds the counts by was under way when the writer was lost. */
  reserved: number;
  calls: DetailCalls[];
  /** Milliseconds since the epoch. */
  updatedAt: number;
};

/** One change of one company, as an order's archive carries it (document 6.2.6). Codes are strings: the lists of types and levels have grown before. */
export type ChangeRecord = {
  /** The QCC account the order belongs to. */
  account: string;
  /** QCC's id of the change. It may come again, on another day or within one archive: the greater version wins. */
  id: string;
  /** QCC's key of the company; the message key. */
  corpKeyNo: string;
  /** Name of the company. May name a person (个体工商户). */
  corpName: null | string;
  /** 监测类型: 1-8, 10-12, 14, 15 in v1.4; unknown codes pass through. */
  type: string;
  /** 监测类型名称, as delivered. */
  typeName: null | string;
  /** 监测级别: 1 高风险 (highest), 2 风险, 3 警示; unknown codes pass through. */
  category: null | string;
  /** 监测级别名称, as delivered. */
  categoryName: null | string;
  /** 监测内容, free text; the direction (列入 or 移出) stands only here. */
  changeContent: null | string;
  /** 监测内容附加信息: the JSON text as delivered. */
  changeExtend: null | string;
  /** The field date inside changeExtend, a day in Shanghai; null where it is absent or does not parse. Days since 1970-01-01. */
  eventDate: null | number;
  /** 更新日期, a day in Shanghai, not the day of the event; null where absent. A text that is no date stands in extra. Days since 1970-01-01. */
  changeDate: null | number;
  /** 校验ID for the detail endpoints; null where QCC sent none. */
  checkId: null | string;
  /** 统一社会信用代码; null where absent or empty. */
  creditCode: null | string;
  /** 工商注册号; null where absent or empty. */
  regNo: null | string;
  /** Fields that the document does not name, and known ones whose value does not fit, each as JSON text. */
  extra: Record<string, string>;
  /** The order that brought this occurrence; opaque. */
  orderNo: string;
  /** 0 is the first extraction of the order. A later extraction adds one if the order was published whole before, as before most replays, or if records from another plaintext of its archive were published before. */
  revision: number;
  /** Index in the archive's result array, from 0. */
  position: number;
  /** 推送时间 of the archive, read as +08:00. Milliseconds since the epoch. */
  pushDate: number;
  /** SHA-256 of the encrypted archive as delivered, lower-case hex. */
  archiveSha256: string;
  /** callback, reconcile or replay. */
  source: string;
  /** Version of the parser that read the archive. */
  parserVersion: number;
};

export type OperationException = {
  /** 列入经营异常名录原因 */
  addReason: null | string;
  /** 列入日期; null where QCC sends 0. Milliseconds since the epoch. */
  addDate: null | number;
  /** 移出经营异常名录原因 (romoveReason in the document). */
  removeReason: null | string;
  /** 移出日期; null where QCC sends 0. Milliseconds since the epoch. */
  removeDate: null | number;
  /** 作出决定机关 */
  decisionOffice: null | string;
  /** 移除决定机关 */
  removeDecisionOffice: null | string;
  /** addDate as delivered; null where QCC sent nothing or 0. */
  addDateRaw: null | string;
  /** removeDate as delivered; null where QCC sent nothing or 0. */
  removeDateRaw: null | string;
  /** Fields of the row that the document does not name, and values that do not fit their field, as one JSON object in the order in which they came. At most 8 KiB: its member _leftOut says how many fields did not fit. Null where there are none. */
  extra: null | string;
};

export type SeriousViolation = {
  /** 列入日期 Days since 1970-01-01. */
  addDate: null | number;
  /** 列入决定机关 */
  addOffice: null | string;
  /** 列入严重违法失信企业名单原因 */
  addReason: null | string;
  /** addDate as delivered; null where QCC sent nothing or 0. */
  addDateRaw: null | string;
  /** Fields of the row that the document does not name, and values that do not fit their field, as one JSON object in the order in which they came. At most 8 KiB: its member _leftOut says how many fields did not fit. Null where there are none. */
  extra: null | string;
};

export type DishonestDebtor = {
  /** 主键 id of the case; not the id of the change. */
  id: string;
  /** 案号 as delivered. */
  anno: null | string;
  /** 案号 without blanks, with half-width digits and （） for brackets of any kind: equal cases compare equal. */
  annoNormalized: null | string;
  /** 执行法院 */
  executeGov: null | string;
  /** 执行依据文号 */
  executeNo: null | string;
  /** 履行情况 */
  executeStatus: null | string;
  /** 失信行为 */
  actionTypeName: null | string;
  /** 立案日期 Days since 1970-01-01. */
  lianDate: null | number;
  /** 涉案金额 in yuan, as a plain decimal (at most 18 digits before and 2 after the point); null where the delivered text is no such number. */
  amount: null | string;
  /** 涉案金额（元） as delivered. */
  amountRaw: null | string;
  /** 发布日期 Days since 1970-01-01. */
  publicDate: null | number;
  /** 执行依据文号, normalized as annoNormalized is. */
  executeNoNormalized: null | string;
  /** lianDate as delivered; null where QCC sent nothing or 0. */
  lianDateRaw: null | string;
  /** publicDate as delivered; null where QCC sent nothing or 0. */
  publicDateRaw: null | string;
  /** Fields of the row that the document does not name, and values that do not fit their field, as one JSON object in the order in which they came. At most 8 KiB: its member _leftOut says how many fields did not fit. Null where there are none. */
  extra: null | string;
};

/** A change with its details. For each occurrence: exactly one settled version, and at most one PENDING version before it. */
export type EnrichedRecord = {
  /** The change, as on the topic records. */
  record: ChangeRecord;
  /** NOT_APPLICABLE (the type has no details), ENRICHED, NO_RESULT (QCC answered 201, or 200 with an empty list), NO_CHECK_ID, PENDING (the details come later, as a settled version), FAILED (they never will, see detailReason). */
  detailStatus: string;
  /** Why PENDING or FAILED: QCC_<code>, HTTP_<status>, TIMEOUT, UNREACHABLE, NOT_JSON, TOO_LARGE, UNEXPECTED_SHAPE, UNEXPECTED_ERROR, WAIT_EXCEEDED, GATE_CLOSED, BUDGET_SPENT, NOT_CONFIRMED, READ_ONLY, QUESTION_TOO_LONG (the company or the checkId has more than 1 KiB). */
  detailReason: null | string;
  /** When the request for these details was sent; of several pages, the request for the first one. The response is at least as new. Milliseconds since the epoch. */
  detailsFetchedAt: null | number;
  /** How many detail rows QCC has; more than the arrays hold where detailsTruncated. */
  detailsTotal: null | number;
  /** Whether the details are all that QCC has, as far as the pipeline can tell: true, false (see detailsIncompleteReason), or null where there is no answer of QCC, and in messages of versions that did not check it. It is about the list as QCC sent it, so it says nothing of detailsTruncated. */
  detailsComplete: null | boolean;
  /** Why detailsComplete is false: INCOMPLETE_TOTAL (QCC counts more rows than it sent), REPEATED_PAGE (a page brought nothing new before the end was reached), TOO_MANY_PAGES (more than 500), ODD_ROWS (rows that cannot be read were left out, and nothing else is missing). */
  detailsIncompleteReason: null | string;
  /** How many rows were left out because they cannot be read, such as a debtor without an id. detailsTotal counts them; the kept response has them as QCC sent them. */
  detailsOddRows: number;
  /** The details were too large for the topic and left it; detailsTotal says how many there are. */
  detailsTruncated: boolean;
  /** 经营异常 (type 2, document 6.2.7). */
  exceptions: OperationException[];
  /** 严重违法 (type 10, document 6.2.8). */
  seriousViolations: SeriousViolation[];
  /** 失信被执行人 (type 11, document 6.2.9), all pages. */
  dishonestDebtors: DishonestDebtor[];
  /** Unsigned 256-bit integer, big-endian: compare the bytes, greater wins, for (account, id). See the decision record on the version. */
  version: Uint8Array;
};

/** Compacted, keyed by account|corpKeyNo if all records of a company were erased, else by account|corpKeyNo|id: what a subscriber has to erase in its own stores, and must not store again. It names nobody. */
export type ErasedRecord = {
  account: string;
  /** QCC's key of the company. */
  corpKeyNo: string;
  /** The record of which the texts held an erased name. Null: all records of the company. */
  id: null | string;
  /** RECORD: delete what you hold of the company. NAME: the record stays, but its texts held the name of a person; take them from ClickHouse, which has them without it, or delete them. */
  extent: string;
  /** When it was erased, or when a later message of the record held the name again. Milliseconds since the epoch. */
  erasedAt: number;
};

/** Internal, compacted, keyed by account|id: a company or person that was erased and must not come back. Names and keys stand here only as HMAC-SHA256 with ERASURE_KEY. */
export type Erasure = {
  account: string;
  /** The same for the same subject: a keyed hash of company and name. */
  id: string;
  /** Keyed hash of corpKeyNo. Without a name the company's records go; with one, the name goes from its records. */
  companyHash: null | string;
  /** Keyed hash of a person's name, which goes wherever texts hold it. */
  nameHash: null | string;
  /** Characters of the name: how much of a text to hash. */
  nameLength: null | number;
  /** Which ERASURE_KEY made the hashes. */
  keyId: string;
  /** Milliseconds since the epoch. */
  at: number;
  /** Why, in the words of whoever decided; does not name the subject. */
  reason: string;
  /** Who decided. */
  decidedBy: string;
};

/** Internal, compacted, keyed by service, topic and partition: where a service goes on in its input. If a person sets an offset, it is written a second time under its own key, with the reason. Written in the same transaction as what the service published from the messages below it. Unlike the offsets of a consumer group, it does not expire. */
export type InputOffset = {
  /** With the account's name, unless that is the default. */
  service: string;
  /** Without TOPIC_PREFIX. */
  topic: string;
  partition: number;
  /** Messages below it are done. */
  nextOffset: number;
  /** Milliseconds since the epoch. */
  updatedAt: number;
  /** Only if a person has set it: where the service would have gone on, if that was known. */
  previousOffset: null | number;
  /** Why a person has set it; or where the log ended, if topicId is 'truncated'. */
  reason: null | string;
  /** Only if a person has set it: who. Names a person. */
  decidedBy: null | string;
  /** The id of the topic that the offset is of, in hexadecimal: another one if the topic was deleted and created again. Null from a version that did not record it. 'truncated' if the brokers lost messages below nextOffset: the service stops until a person sets the offset. */
  topicId: null | string;
  /** The leader epoch of the last message below nextOffset: it tells whether the brokers have lost that message. Null if it is not known, or if a person has set the offset. */
  leaderEpoch: null | number;
};

/** Internal, compacted, keyed by account, order and revision: a person has decided that an order which is FAILED or INCOMPLETE stays as it is. */
export type OrderClosure = {
  account: string;
  orderNo: string;
  /** The closure holds for this revision: a later one is judged again. */
  revision: number;
  /** Milliseconds since the epoch. */
  at: number;
  /** Who decided it. */
  decidedBy: string;
  /** Why. */
  reason: string;
};

export type PositionRange = {
  first: number;
  /** Inclusive. */
  last: number;
};

/** A fact about an order, as a set of positions and never as an increment: reading it twice changes nothing. */
export type OrderEvent = {
  account: string;
  /** The message key. */
  orderNo: string;
  revision: number;
  /** RECEIVED (gateway), FETCHING (once a minute until EXTRACTING: the extractor works on the order or waits for QCC), EXTRACTING (archive authenticated and parsed, publishing begins), PARSED (positions of one part), REJECTED (positions that became dead letters; extractor, enricher and sink write it, so a position may have other stages as well), EXTRACTED (all parts published), FAILED (the extraction ended without the whole order, see reason; parts that were published before stay), CONFIRMED (a signed fetch brought the text that an unconfirmed order was made from), DETAILS_PENDING and ENRICHED (positions, enricher), STORED (positions, sink; also of erased records). */
  stage: string;
  /** Milliseconds since the epoch. */
  at: number;
  /** The set, as ranges in ascending order. */
  positions: PositionRange[];
  /** callback, reconcile or replay. */
  source: null | string;
  /** Milliseconds since the epoch. */
  pushDate: null | number;
  /** totalSize, as the archive declares it. EXTRACTING and EXTRACTED have null where it declares none. */
  declared: null | number;
  archiveSha256: null | string;
  /** The archive came by the callback's link, and no signed fetch has brought the same text yet. */
  unconfirmed: boolean;
  /** A reason code, where stage is FAILED. */
  reason: null | string;
};

/** Internal, compacted, keyed by account and order: how far the extractor has published an order. Written in the same transaction as what it describes. */
export type OrderState = {
  account: string;
  orderNo: string;
  revision: number;
  /** PUBLISHING, EXTRACTED or FAILED. */
  outcome: string;
  /** Of the decrypted entry: a rebuilt archive has another salt, the same text has the same hash. */
  plaintextSha256: null | string;
  /** Positions below it are published. */
  nextPosition: number;
  /** Milliseconds since the epoch. */
  updatedAt: number;
  /** The archive came by a callback's link, and no signed fetch has brought the same text yet. */
  unconfirmed: boolean;
  /** How often in a row an order that QCC lists failed through its own fault; the gateway waits longer each time. */
  failures: number;
};

/** One order to fetch. The same order may stand here many times (callbacks are repeated, reconcile overlaps): the extractor publishes it once per revision. */
export type Order = {
  account: string;
  /** Opaque; the message key. */
  orderNo: string;
  /** callback, reconcile or replay. */
  source: string;
  /** Milliseconds since the epoch. */
  receivedAt: number;
  /** 创建时间 from listLatestOrderNo, where known. Milliseconds since the epoch. */
  createDate: null | number;
  /** The callback's link, sealed (compact JWE); used only if getDownloadUrl is refused or unavailable, and not for an order that QCC does not list. */
  sealedDownloadUrl: null | string;
  /** The callback's password, sealed (compact JWE). */
  sealedUnzipPassword: null | string;
  /** The earlier of the callback's downloadUrlExpiredTime and the link's own Expires. Milliseconds since the epoch. */
  downloadUrlExpiredTime: null | number;
};

/** Internal, compacted, keyed by occurrence: a record whose details have not been settled. A tombstone ends it, in the transaction that publishes the settled version. */
export type PendingDetail = {
  record: ChangeRecord;
  /** Milliseconds since the epoch. */
  admittedAt: number;
  /** Whether the PENDING version stands on enriched-records already. */
  published: boolean;
  attempts: number;
  /** Milliseconds since the epoch. */
  nextAttemptAt: number;
  reason: null | string;
};

/** Compacted, keyed by account|portfolio|member: a customer of the operator, as `npx qcc portfolio load` read it from a file. A customer that a later file does not have is removed. */
export type PortfolioMember = {
  account: string;
  /** Name of the portfolio, default by default. */
  portfolio: string;
  /** Identifies the customer in its portfolio: the credit code, else the registration number, else the normalized name. May be a person's. */
  member: string;
  /** Unified social credit code (统一社会信用代码), half-width, upper-case and without blanks. Its check character may be wrong. */
  creditCode: null | string;
  /** Registration number (工商注册号), normalized in the same way. */
  regNo: null | string;
  /** Name as it stands in the file. */
  name: null | string;
  /** All other columns of the file that are not empty: header → text. */
  attributes: Record<string, string>;
  /** When the file was loaded, the same for all its customers. The greatest one of a key counts. Milliseconds since the epoch. */
  loadedAt: number;
  /** The customer is no longer in the portfolio; everything but the key is empty then. */
  removed: boolean;
  /** corpKeyNo of the companies that the customer was matched to when it was loaded, also by former names; several if the match is ambiguous. Empty for a customer that was not in the feed then, and in messages of earlier versions. A load writes a customer again if its companies have changed. */
  companies: string[];
  /** How they were found: CREDIT_CODE, REG_NO, NAME or FORMER_NAME. Null if there are none. */
  matchedBy: null | string;
};

/** The topics (without prefix) whose values are Avro. */
export const AVRO_TOPICS = [
  'alert-state',
  'coverage',
  'dead-letter-actions',
  'detail-gate',
  'detail-spend',
  'enriched-records',
  'erased-records',
  'erasures',
  'input-offsets',
  'order-closures',
  'order-events',
  'order-state',
  'orders',
  'pending-details',
  'portfolio',
  'records',
] as const;

export type TopicValues = {
  'alert-state': AlertState;
  'coverage': CoverageFact;
  'dead-letter-actions': DeadLetterAction;
  'detail-gate': DetailGate;
  'detail-spend': DetailSpend;
  'enriched-records': EnrichedRecord;
  'erased-records': ErasedRecord;
  'erasures': Erasure;
  'input-offsets': InputOffset;
  'order-closures': OrderClosure;
  'order-events': OrderEvent;
  'order-state': OrderState;
  'orders': Order;
  'pending-details': PendingDetail;
  'portfolio': PortfolioMember;
  'records': ChangeRecord;
};
