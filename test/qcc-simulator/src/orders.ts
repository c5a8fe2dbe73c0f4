import { ALL_TYPES } from './changes.ts';
import { type Checks, flag, InputError, listOf, oneOf, share, text, wholeNumber } from './check-input.ts';
import type { Clock } from './clock.ts';
import { type Layout, layoutOf } from './layout.ts';
import type { SeasonOrder, SeasonSlice } from './lives/season.ts';
import { ALPHANUMERIC, randomOf } from './random.ts';
import { parseTime, shanghaiTime } from './shanghai.ts';

export const CORRUPTIONS = ['byte', 'password', 'total-size', 'truncated', 'not-a-zip'] as const;
export type Corruption = (typeof CORRUPTIONS)[number];

/** How an order is asked for. Everything has a default. */
export type OrderRequest = {
  /** Elements of the archive, 20 unless said. */
  records?: number;
  /** Makes `result` null instead of an empty list; only without records. */
  nullResult?: boolean;
  /** 监测类型 dealt in turn; all thirteen unless said. Unknown codes are allowed. */
  types?: readonly string[];
  /** How many of the records bring an id of one of the three orders before again, with changed content. */
  repeat?: number;
  /** How many of the records bring an id that stands elsewhere in this archive. */
  repeatWithin?: number;
  /** Whether a repeated id has a checkId of its own, or the first one, which then answers with the newest details. */
  repeatCheckId?: 'new' | 'same';
  /** How many elements are no usable record: null, a number, a record without id … */
  broken?: number;
  /** Share of records of types 2, 10 and 11 whose checkId is empty; 0.1 unless said. */
  withoutCheckId?: number;
  /** `false`: no callback; the order is known from listLatestOrderNo only. */
  callback?: boolean;
  /** Shanghai time or ISO instant; now unless said. An earlier one makes an older order arrive late. */
  pushDate?: string;
  /** Name in the archive; `dd_corp.json` and `corp.json` in turn unless said. */
  entryName?: string;
  /** Whether pushDate stands after result; in turn unless said. */
  pushDateLast?: boolean;
  /** WinZip's AE-1 (with a CRC) or AE-2, which is the default. */
  aeVersion?: 1 | 2;
  /** Gives each record a field the document does not know. */
  unknownField?: boolean;
  /** Gives the archive a field around its records that the document does not know. */
  unknownEnvelopeField?: boolean;
  /** Makes type and category numbers instead of strings. */
  numericCodes?: boolean;
  /** Puts a blank before type and category: `" 2"`. */
  blankCodes?: boolean;
  /** What is wrong with the archive. */
  corrupt?: Corruption;
  /**
   * Makes the order one of a season, which decides its records and, unless this request says otherwise, its pushDate, its
   * callback and its damage.
   */
  slice?: SeasonSlice;
};

export const ORDER_CHECKS: Checks<OrderRequest> = {
  records: wholeNumber(0, 20_000_000),
  nullResult: flag,
  types: listOf(text),
  repeat: wholeNumber(0),
  repeatWithin: wholeNumber(0),
  repeatCheckId: oneOf(['new', 'same']),
  broken: wholeNumber(0),
  withoutCheckId: share,
  callback: flag,
  pushDate: text,
  entryName: text,
  pushDateLast: flag,
  aeVersion: oneOf([1, 2]),
  unknownField: flag,
  unknownEnvelopeField: flag,
  numericCodes: flag,
  blankCodes: flag,
  corrupt: oneOf(CORRUPTIONS),
  slice: {
    accepts: (value): value is SeasonSlice => typeof value === 'object' && value !== null,
    expected: 'an object with season and order',
  },
};

/** Settings of random records. A season decides these itself. */
const RANDOM_RECORDS_ONLY = [
  'records',
  'nullResult',
  'types',
  'repeat',
  'repeatWithin',
  'repeatCheckId',
  'broken',
  'withoutCheckId',
] as const satisfies readonly (keyof OrderRequest)[];

/** An order with every choice made; with the seed it determines every record. */
export type Order = {
  /** 0, 1, 2 … in the order of making. */
  readonly sequence: number;
  readonly orderNo: string;
  readonly createDate: string;
  readonly pushedAt: number;
  readonly pushDate: string;
  readonly records: number;
  readonly nullResult: boolean;
  /** What totalSize says. */
  readonly declared: number;
  readonly types: readonly string[];
  readonly layout: Layout;
  readonly repeat: number;
  /** The orders whose ids come again here, the latest first. */
  readonly earlier: readonly Order[];
  readonly repeatCheckId: 'new' | 'same';
  readonly withoutCheckId: number;
  /** The password QCC tells. */
  readonly password: string;
  /** The one that opens the archive. */
  readonly archivePassword: string;
  readonly entryName: string;
  readonly pushDateLast: boolean;
  readonly aeVersion: 1 | 2;
  readonly unknownField: boolean;
  readonly unknownEnvelopeField: boolean;
  readonly numericCodes: boolean;
  readonly blankCodes: boolean;
  readonly corrupt: Corruption | null;
  readonly callback: boolean;
  /** The season's order that this one is; null for random records. */
  readonly slice: SeasonOrder | null;
  /** Path on the file host. */
  readonly filePath: string;
};

const LOOK_BACK = 3;

/**
 * Fixes all choices of the next order.
 * @param slice the order of a season that `request.slice` names
 * @throws InputError when the parts of the request exceed the whole or the pushDate is no time.
 */
export function nextOrder(
  deps: { seed: string; clock: Clock; before: readonly Order[] },
  request: OrderRequest,
  slice: SeasonOrder | null = null,
): Order {
  const { seed, before } = deps;
  const sequence = before.length;
  const foreign = slice && RANDOM_RECORDS_ONLY.find((name) => request[name] !== undefined);
  if (foreign) throw new InputError(`order: '${foreign}' is not for an order of a season`);
  const { records = slice?.records ?? 20, broken = 0, repeatWithin = 0, corrupt = slice?.corrupt ?? null } = request;
  const earlier = before
    .filter((order) => order.slice === null && order.layout.fresh > 0)
    .slice(-LOOK_BACK)
    .reverse();
  const repeat = earlier.length > 0 ? (request.repeat ?? 0) : 0;
  if (broken + repeat + repeatWithin > records || (repeatWithin > 0 && broken + repeat + repeatWithin === records)) {
    throw new InputError(
      `order: ${broken} broken, ${repeat} repeated and ${repeatWithin} repeated within do not fit into ${records} records`,
    );
  }
  if (request.nullResult && records > 0) throw new InputError('order: nullResult is for an order without records');
  const random = randomOf(seed, 'order', sequence);
  const givenTime = request.pushDate ?? slice?.pushDate;
  const pushedAt = givenTime === undefined ? deps.clock.now() : orderTime(givenTime);
  const pushDate = shanghaiTime(pushedAt);
  const password = random.text(20, ALPHANUMERIC);
  return {
    sequence,
    orderNo: orderNumber(pushDate, random.int(0, 9_999), sequence),
    // The document's example has the list's createDate 21 s before the time inside the number.
    createDate: shanghaiTime(pushedAt - 21_000),
    pushedAt,
    pushDate,
    records,
    nullResult: request.nullResult ?? false,
    declared: corrupt === 'total-size' ? records + 3 : records,
    types: request.types ?? ALL_TYPES,
    layout: layoutOf({ records, broken, repeat, repeatWithin }),
    repeat,
    earlier,
    repeatCheckId: request.repeatCheckId ?? 'new',
    withoutCheckId: request.withoutCheckId ?? 0.1,
    password,
    archivePassword: corrupt === 'password' ? random.text(20, ALPHANUMERIC) : password,
    entryName: request.entryName ?? (sequence % 2 === 0 ? 'dd_corp.json' : 'corp.json'),
    pushDateLast: request.pushDateLast ?? sequence % 3 === 2,
    aeVersion: request.aeVersion ?? 2,
    unknownField: request.unknownField ?? false,
    unknownEnvelopeField: request.unknownEnvelopeField ?? false,
    numericCodes: request.numericCodes ?? false,
    blankCodes: request.blankCodes ?? false,
    corrupt,
    callback: request.callback ?? slice?.callback ?? true,
    slice,
    filePath: `/DdMonitor/${pushDate.slice(0, 10).replaceAll('-', '')}${random.hex(32)}.zip`,
  };
}

/** Whose records are newer: the greater pushDate's, in one second the greater orderNo's. */
export function isLater(a: Order, b: Order): boolean {
  return a.pushDate === b.pushDate ? a.orderNo > b.orderNo : a.pushDate > b.pushDate;
}

/** `DDMON`, the time to the second and eight digits; the last four count, so that no number comes twice. */
function orderNumber(pushDate: string, lead: number, sequence: number): string {
  const digits = (value: number) => String(value % 10_000).padStart(4, '0');
  return `DDMON${pushDate.replaceAll(/\D/g, '')}${digits(lead)}${digits(sequence)}`;
}

function orderTime(pushDate: string): number {
  try {
    return parseTime(pushDate);
  } catch (error) {
    throw new InputError(`order: pushDate ${error instanceof Error ? error.message : ''}`, { cause: error });
  }
}
