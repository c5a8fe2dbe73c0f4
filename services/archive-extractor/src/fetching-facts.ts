import type { AvroCodec } from 'qcc-core/avro/codec';
import type { Log } from 'qcc-core/base/logs';
import type { Order } from 'qcc-core/contract/domain';
import { orderEvent } from 'qcc-core/kafka/messages/order-event';
import type { Outgoing } from 'qcc-core/kafka/wire/outgoing';

/** Half of the two minutes after which the sink calls an order without new facts stalled. */
const EVERY_MS = 60_000;
const CHECK_MS = 5_000;

/** Ends with the attempt. */
export type Fetching = Disposable & {
  /** The order is fetched or given up: it needs no further attempt. */
  done(): void;
};

/**
 * Publishes FETCHING once a minute, from the first attempt at an order until it is done. A large archive, an outage of QCC
 * and an exhausted quota may each take longer than two minutes; without this fact the ledger would show no progress.
 */
export type ReportFetching = (order: Pick<Order, 'account' | 'orderNo'>, revision: number) => Fetching;

/**
 * Facts are sent outside the lane and nothing waits for them: an unavailable broker must not break the lane, and a late fact
 * changes nothing.
 */
export function createReportFetching(deps: {
  codec: Pick<AvroCodec, 'encode'>;
  publish: (messages: Outgoing[]) => Promise<void>;
  log: Pick<Log, 'warn'>;
  now: () => number;
}): ReportFetching {
  const { codec, publish, log, now } = deps;
  /** By order: when its first attempt began, or when FETCHING was last published. */
  const statedAt = new Map<string, number>();
  return ({ account, orderNo }, revision) => {
    const stateIfDue = (): void => {
      const at = now();
      const last = statedAt.get(orderNo) ?? at;
      const isDue = at - last >= EVERY_MS;
      statedAt.set(orderNo, isDue ? at : last);
      if (!isDue) return;
      publish([orderEvent(codec, { account, orderNo, revision, stage: 'FETCHING', at })]).catch((error: unknown) =>
        log.warn({ err: error, orderNo }, 'the fact FETCHING could not be sent'),
      );
    };
    stateIfDue();
    const timer = setInterval(stateIfDue, CHECK_MS);
    const end = () => clearInterval(timer);
    return {
      done() {
        end();
        statedAt.delete(orderNo);
      },
      [Symbol.dispose]: end,
    };
  };
}
