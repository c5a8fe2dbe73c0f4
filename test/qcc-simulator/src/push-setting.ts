import { type Checks, checkInput, oneOf } from './check-input.ts';

/** Hours at which a push window opens, Shanghai time; each lasts two hours (document 6.2.1). */
export const PUSH_WINDOWS = [9, 11, 13, 15, 17, 19] as const;

/** What setApiPushSetting sets: where callbacks go and whether they do. */
export type PushSetting = {
  enablePush: 'A' | 'I';
  callbackUrl: string | null;
  pushPeriodTime: string | null;
};

export type PushAccount = {
  readonly setting: PushSetting;
  /** Callbacks that failed since the last good one or the last activation. */
  readonly failures: number;
  /** @throws InputError */
  set(patch: unknown): void;
  activate(): void;
  noteCallback(delivered: boolean): void;
};

const PUSH_CHECKS: Checks<PushSetting> = {
  enablePush: oneOf(['A', 'I']),
  callbackUrl: {
    accepts: (value): value is string => typeof value === 'string' && isHttpUrl(value),
    expected: 'an http or https URL',
  },
  pushPeriodTime: oneOf(PUSH_WINDOWS.map(String)),
};

export function createPushAccount(callbackUrl: string | null): PushAccount {
  let setting: PushSetting = { enablePush: 'A', callbackUrl: null, pushPeriodTime: null };
  let failures = 0;
  const account: PushAccount = {
    get setting() {
      return setting;
    },
    get failures() {
      return failures;
    },
    set: (patch) => {
      setting = { ...setting, ...checkInput<PushSetting>('push setting', PUSH_CHECKS, patch) };
    },
    activate: () => {
      failures = 0;
    },
    noteCallback: (delivered) => {
      failures = delivered ? 0 : failures + 1;
    },
  };
  if (callbackUrl !== null) account.set({ callbackUrl });
  return account;
}

function isHttpUrl(value: string): boolean {
  return URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}
