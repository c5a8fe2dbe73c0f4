import type { DetailEndpoint } from './details.ts';
import type { Faults, ListOddity } from './faults.ts';
import type { Feed } from './feed.ts';
import type { Link } from './links.ts';
import { type DetailOddity, odditiesOf, oddRows } from './odd-details.ts';
import type { Order } from './orders.ts';
import type { PushAccount } from './push-setting.ts';
import { randomOf } from './random.ts';
import { parseTime, shanghaiTime } from './shanghai.ts';
import { type Endpoint, type QccResponse, statusResponse } from './status.ts';

/** What the responses are made of. `listed` has the orders whose archives are ready, the oldest first. */
export type ResponseDeps = {
  seed: string;
  feed: Feed;
  account: PushAccount;
  faults: { readonly current: Faults };
  listed: () => readonly Order[];
  linkTo: (order: Order) => Link;
  /** How often each checkId was asked for while it answers 205. */
  asks: Map<string, number>;
};

/** A query's parameters; one that is missing is empty. */
export type Query = (name: string) => string;

const LISTED_ORDERS = 30;
const MAX_PAGE_SIZE = 20;

/** One function for each endpoint, as the document's examples answer, for a caller who has proven who he is. */
export const RESPONSES: Readonly<Record<Endpoint, (deps: ResponseDeps, query: Query) => QccResponse>> = {
  setApiPushSetting: ({ account }, query) => {
    const [enablePush, callbackUrl, pushPeriodTime] = ['enablePush', 'callbackUrl', 'pushPeriodTime'].map(query);
    try {
      account.set({ enablePush, callbackUrl, ...(pushPeriodTime === '' ? {} : { pushPeriodTime }) });
    } catch {
      return statusResponse('202');
    }
    return { status: '200', msg: '查询成功', result: { callbackUrl } };
  },

  activeCallbackUrl: ({ account }) => {
    account.activate();
    return { status: '200', msg: '激活成功', result: null };
  },

  listLatestOrderNo: ({ listed, faults }) => {
    const { listOddities, nullResult } = faults.current;
    const latest = listed().slice(-LISTED_ORDERS).reverse();
    if (latest.length === 0) return nullResult ? { ...statusResponse('200'), result: null } : statusResponse('201');
    return {
      status: '200',
      msg: '查询成功',
      // The blank is the document's.
      ' resultList': latest.map((order, index) => listRow(order, listOddities[index])),
    };
  },

  getDownloadUrl: ({ listed, linkTo, faults }, query) => {
    if (query('orderNo') === '') return statusResponse('202');
    const order = listed().find(({ orderNo }) => orderNo === query('orderNo'));
    if (!order) return statusResponse('201');
    const { url, expiresAt } = linkTo(order);
    return {
      status: '200',
      msg: '查询成功',
      result: {
        orderNo: order.orderNo,
        downloadUrl: url,
        downloadUrlExpiredTime: shanghaiTime(expiresAt + faults.current.linkTimeLagMs),
        unzipPassword: order.password,
      },
    };
  },

  getExceptions: (deps, query) =>
    detailResponse(deps, 'getExceptions', query, (resultList) => ({ status: '200', msg: '查询成功', resultList })),

  getSeriousViolation: (deps, query) =>
    detailResponse(deps, 'getSeriousViolation', query, (resultList) => ({ ...statusResponse('200'), resultList })),

  getShiXinList: (deps, query) => {
    const pageIndex = pageNumber(query('pageIndex'), 1);
    const pageSize = pageNumber(query('pageSize'), 10);
    if (pageIndex === undefined || pageSize === undefined || pageSize > MAX_PAGE_SIZE) return statusResponse('202');
    return detailResponse(deps, 'getShiXinList', query, (rows, oddities) => {
      const page = oddities.has('repeatedPage') ? 1 : pageIndex;
      const isTwice = oddities.has('twice') && rows.length > pageSize;
      const listed = isTwice ? rows.toSpliced(pageSize, 0, rows[pageSize - 1]!) : rows;
      const resultList = listed.slice((page - 1) * pageSize, page * pageSize);
      // A client asks for another page only where there seems to be one.
      const hidden =
        (oddities.has('total') ? 3 : 0) + (oddities.has('repeatedPage') && rows.length <= pageSize ? 1 : 0);
      return {
        ...statusResponse(resultList.length > 0 ? '200' : '201'),
        resultList,
        // The document's example was asked for ten and echoes 1.
        paging: { pageSize: 1, pageIndex, totalRecords: rows.length + hidden },
      };
    });
  },
};

function listRow({ orderNo, createDate }: Order, oddity: ListOddity | undefined): unknown {
  switch (oddity) {
    case 'no-number':
      return { createDate };
    case 'null-number':
      return { orderNo: null, createDate };
    case 'not-a-row':
      return null;
    case 'no-date':
      return { orderNo };
    case 'chinese-date':
    case 'slashed-date':
    case 'milliseconds-date':
    case 'unreadable-date':
      return { orderNo, createDate: DATE_FORMS[oddity](createDate) };
    case undefined:
      return { orderNo, createDate };
  }
}

const DATE_FORMS = {
  'chinese-date': (time: string) =>
    time.replace(/(\d+)-0?(\d+)-0?(\d+) (\d+):(\d+):(\d+)/, '$1年$2月$3日 $4时$5分$6秒'),
  'slashed-date': (time: string) => time.replaceAll('-', '/'),
  'milliseconds-date': parseTime,
  'unreadable-date': () => '不详',
} satisfies Partial<Record<ListOddity, (time: string) => string | number>>;

function detailResponse(
  { seed, feed, faults, asks }: ResponseDeps,
  endpoint: DetailEndpoint,
  query: Query,
  found: (rows: readonly object[], oddities: ReadonlySet<DetailOddity>) => QccResponse,
): QccResponse {
  const [corpKeyNo, checkId] = [query('corpKeyNo'), query('checkId')];
  if (corpKeyNo === '' || checkId === '') return statusResponse('202');
  const known = feed.lookUp(checkId);
  if (known?.corpKeyNo !== corpKeyNo || known.details.endpoint !== endpoint) return statusResponse('201');
  const { processingShare, processingAsks } = faults.current;
  if (randomOf(seed, 'processing', checkId).chance(processingShare)) {
    const asked = asks.get(checkId) ?? 0;
    asks.set(checkId, asked + 1);
    if (asked < processingAsks) return statusResponse('205');
  }
  const oddities = odditiesOf(seed, checkId, faults.current.oddDetails);
  const rows = oddRows(known.details.rows, oddities, randomOf(seed, 'odd', checkId));
  if (rows.length > 0) return found(rows, oddities);
  return oddities.has('emptyList')
    ? { ...statusResponse('200'), resultList: [] }
    : emptyResponse(randomOf(seed, 'empty', checkId).int(0, 2));
}

/** The document does not say what a 201 carries, so it comes without a list, with null and with an empty one. */
function emptyResponse(kind: number): QccResponse {
  if (kind === 0) return statusResponse('201');
  return { ...statusResponse('201'), resultList: kind === 1 ? null : [] };
}

function pageNumber(text: string, fallback: number): number | undefined {
  if (text === '') return fallback;
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;
}
