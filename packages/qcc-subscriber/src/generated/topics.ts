// Generated from schemas/*.avsc by scripts/generate-subscriber.ts; do not edit.

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

/** The topics (without prefix) whose values are Avro. */
export const AVRO_TOPICS = [
  'enriched-records',
  'records',
  'portfolio',
  'erased-records',
] as const;

export type TopicValues = {
  'enriched-records': EnrichedRecord;
  'records': ChangeRecord;
  'portfolio': PortfolioMember;
  'erased-records': ErasedRecord;
};
