import type { AvroCodec } from '../../avro/codec.ts';
import type { AlertState } from '../../contract/domain.ts';
import { TOPICS } from '../../contract/topics.ts';
import type { Outgoing } from '../wire/outgoing.ts';

export const ALERT_STATE_KINDS = ['START', 'EVENT', 'ALERT', 'MESSAGE'] as const;
export type AlertStateKind = (typeof ALERT_STATE_KINDS)[number];

/** Keys of `alert-state`. Names of rules, targets and accounts hold no `|`, and what QCC names stands last. */
export const alertStateKey = {
  start: (account: string, partition: number): string => `${account}|start|${partition}`,
  event: (account: string, { corpKeyNo, type, id }: { corpKeyNo: string; type: string; id: string }): string =>
    `${account}|event|${JSON.stringify([corpKeyNo, type, id])}`,
  alert: (account: string, target: string, alert: string): string => `${account}|alert|${target}|${alert}`,
  message: (account: string, target: string): string => `${account}|message|${target}`,
};

/** Whether the key is of an account. */
export const isAlertStateOf =
  (account: string) =>
  (key: string): boolean =>
    key.startsWith(`${account}|`);

const EMPTY = {
  partition: null,
  direction: null,
  eventDate: null,
  episode: 0,
  version: null,
  rules: [],
  target: null,
  alert: null,
  dueAt: null,
  isHeld: false,
  messageId: null,
  isDigest: false,
  alerts: [],
  corpKeyNo: null,
  changeId: null,
} satisfies Partial<AlertState>;

/** An entry of `alert-state`. Fields that are left out are empty. */
export const alertStateMessage = (
  codec: Pick<AvroCodec, 'encode'>,
  key: string,
  entry: Partial<AlertState> & { account: string; kind: AlertStateKind; at: number },
): Outgoing => ({
  topic: TOPICS.alertState,
  key,
  value: codec.encode('alert-state', { ...EMPTY, ...entry }),
  partition: 0,
});

/** Removes an entry: the alert or the message is done, or its record was erased. */
export const noAlertStateMessage = (key: string): Outgoing => ({
  topic: TOPICS.alertState,
  key,
  value: null,
  partition: 0,
});
