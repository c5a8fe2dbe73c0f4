import {
  type Checks,
  checkInput,
  flag,
  InputError,
  listOf,
  mapOf,
  oneOf,
  share,
  text,
  wholeNumber,
} from './check-input.ts';
import { DETAIL_ODDITIES, type OddDetails } from './odd-details.ts';
import { type Random, randomOf } from './random.ts';
import { ENDPOINTS, type Endpoint } from './status.ts';

/** Endpoints that fail alike. */
export const FAULT_CLASSES = ['settings', 'orders', 'details', 'download'] as const;
export type FaultClass = (typeof FAULT_CLASSES)[number];

export const CLASS_OF: Readonly<Record<Endpoint, FaultClass>> = {
  setApiPushSetting: 'settings',
  activeCallbackUrl: 'settings',
  listLatestOrderNo: 'orders',
  getDownloadUrl: 'orders',
  getExceptions: 'details',
  getSeriousViolation: 'details',
  getShiXinList: 'details',
};

/** Each a share of the calls; together at most 1. */
export type FaultRates = { serverError?: number; timeout?: number; reset?: number };
export type TransportFault = keyof FaultRates;

/** What may be odd about a row of listLatestOrderNo. The first three name no order, the others have no createDate or another form of it. */
export const LIST_ODDITIES = [
  'no-number',
  'null-number',
  'not-a-row',
  'no-date',
  'chinese-date',
  'slashed-date',
  'milliseconds-date',
  'unreadable-date',
] as const;
export type ListOddity = (typeof LIST_ODDITIES)[number];

/** How the simulator behaves, and misbehaves. All of it can be changed while it runs. */
export type Faults = {
  /** Before each response and each download. */
  latencyMs: number;
  /** 5xx, silence and resets, by class of endpoints. A reset download breaks off half-way. */
  rates: Partial<Record<FaultClass, FaultRates>>;
  /** How long a call that times out is held, unless the caller goes first. */
  hangMs: number;
  /** Share of the checkIds that answer 205 … */
  processingShare: number;
  /** … and how often before the response. */
  processingAsks: number;
  /** Calls answered per Shanghai day, by endpoint (then 109), and for the three detail endpoints together (then 116). */
  quota: Partial<Record<Endpoint | 'details', number>>;
  /** A code that an endpoint answers whatever is asked. */
  codes: Partial<Record<Endpoint, string>>;
  /** What an endpoint answers with HTTP 200 instead; `{request}` becomes a JSON string of the request, headers included. */
  bodies: Partial<Record<Endpoint, string>>;
  /** The same with HTTP 500. */
  pages: Partial<Record<Endpoint, string>>;
  /** How long a download link is good for. */
  linkLifetimeMs: number;
  /**
   * When an order gets the same link again: `while-it-lives` (the document shows one link in the callback and in the response),
   * `always`, also when it has expired, or `never`.
   */
  sameLink: 'while-it-lives' | 'always' | 'never';
  /** Oddities of the rows of listLatestOrderNo, the newest order's first. */
  listOddities: readonly ListOddity[];
  /** Gives the envelope of every response a field that the document does not know. */
  unknownFields: boolean;
  /** An empty list of orders is 200 with `result: null`, not 201. */
  nullResult: boolean;
  /** How far Timespan may be from the machine's clock. */
  maxSkewMs: number;
  /**
   * By how much the callback's downloadUrlExpiredTime is later than the link's Expires: 3:29:02 in the document. Below 0 it is
   * earlier, and may have passed while the link lives.
   */
  expiredTimeLagMs: number;
  /** The same of getDownloadUrl's, which is 0 in the document. */
  linkTimeLagMs: number;
  /** How long a callback's answer is waited for. */
  callbackTimeoutMs: number;
  /** How long after it is listed an order is called for: in the document's examples it may be five minutes. */
  callbackDelayMs: number;
  /** How often one callback is tried before the next order's. */
  callbackAttempts: number;
  /** Status as a number, as the document's tables have it, instead of a string, as its examples have it. */
  numericStatus: boolean;
  /** What is odd about details, see `DETAIL_ODDITIES`. The truth has the rows as they would be without it. */
  oddDetails: OddDetails;
};

export const NO_FAULTS: Faults = {
  latencyMs: 0,
  rates: {},
  hangMs: 60_000,
  processingShare: 0,
  processingAsks: 1,
  quota: {},
  codes: {},
  bodies: {},
  pages: {},
  linkLifetimeMs: 30 * 60_000,
  sameLink: 'while-it-lives',
  listOddities: [],
  unknownFields: false,
  nullResult: false,
  maxSkewMs: 300_000,
  expiredTimeLagMs: 12_542_000,
  linkTimeLagMs: 0,
  callbackTimeoutMs: 5_000,
  callbackDelayMs: 0,
  callbackAttempts: 1,
  numericStatus: false,
  oddDetails: {},
};

/** A year. */
const MOST_LAG_MS = 365 * 86_400_000;

const FAULT_CHECKS: Checks<Faults> = {
  latencyMs: wholeNumber(0),
  rates: mapOf(FAULT_CLASSES, mapOf(['serverError', 'timeout', 'reset'], share)),
  hangMs: wholeNumber(0),
  processingShare: share,
  processingAsks: wholeNumber(0),
  quota: mapOf([...ENDPOINTS, 'details'], wholeNumber(0)),
  codes: mapOf(ENDPOINTS, text),
  bodies: mapOf(ENDPOINTS, text),
  pages: mapOf(ENDPOINTS, text),
  linkLifetimeMs: wholeNumber(0),
  sameLink: oneOf(['while-it-lives', 'always', 'never']),
  listOddities: listOf(oneOf(LIST_ODDITIES), { least: 0 }),
  unknownFields: flag,
  nullResult: flag,
  maxSkewMs: wholeNumber(0),
  expiredTimeLagMs: wholeNumber(-MOST_LAG_MS, MOST_LAG_MS),
  linkTimeLagMs: wholeNumber(-MOST_LAG_MS, MOST_LAG_MS),
  callbackTimeoutMs: wholeNumber(1),
  callbackDelayMs: wholeNumber(0),
  callbackAttempts: wholeNumber(1, 100),
  numericStatus: flag,
  oddDetails: mapOf(DETAIL_ODDITIES, share),
};

export type FaultControl = {
  readonly current: Faults;
  /** Replaces the named settings and leaves the others. @throws InputError */
  set(patch: unknown): Faults;
  reset(): Faults;
  /** What happens to the next call of a class; by seed and count of calls, not by time. */
  draw(faultClass: FaultClass): TransportFault | undefined;
};

export function createFaults(seed: string, initial: unknown): FaultControl {
  const randoms = new Map<FaultClass, Random>(
    FAULT_CLASSES.map((faultClass) => [faultClass, randomOf(seed, 'faults', faultClass)]),
  );
  let current = NO_FAULTS;
  const control: FaultControl = {
    get current() {
      return current;
    },
    set: (patch) => {
      const changes = checkInput<Faults>('faults', FAULT_CHECKS, patch);
      const overfull = Object.entries(changes.rates ?? {}).find(([, rates]) => sum(rates) > 1);
      if (overfull) throw new InputError(`faults: the rates of '${overfull[0]}' are more than 1 together`);
      current = { ...current, ...changes };
      return current;
    },
    reset: () => {
      current = NO_FAULTS;
      return current;
    },
    draw: (faultClass) => {
      const rates = current.rates[faultClass];
      if (!rates) return undefined;
      let drawn = randoms.get(faultClass)!.fraction();
      for (const fault of ['serverError', 'timeout', 'reset'] as const) {
        drawn -= rates[fault] ?? 0;
        if (drawn < 0) return fault;
      }
      return undefined;
    },
  };
  control.set(initial);
  return control;
}

function sum({ serverError = 0, timeout = 0, reset = 0 }: FaultRates): number {
  return serverError + timeout + reset;
}
