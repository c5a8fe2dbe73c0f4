import type { Intercept } from '../harness/broker-proxy.ts';

/** Responses that the suite sends instead of the brokers. */
export type Injection = {
  readonly intercept: Intercept;
  /** The next JoinGroup request, of any client, is answered COORDINATOR_LOAD_IN_PROGRESS. */
  failNextJoin(): void;
  /** How many requests are still to be answered so. */
  readonly waiting: number;
  /** Disarms the requests that never came. */
  reset(): void;
};

const JOIN_GROUP = 11;
const COORDINATOR_LOAD_IN_PROGRESS = 14;

export function createInjection(): Injection {
  let waiting = 0;
  return {
    intercept(request) {
      if (waiting === 0 || request.readInt16BE(0) !== JOIN_GROUP) return null;
      waiting -= 1;
      return refuseJoin(request.readInt16BE(2), request.readInt32BE(4));
    },
    failNextJoin() {
      waiting += 1;
    },
    get waiting() {
      return waiting;
    },
    reset() {
      waiting = 0;
    },
  };
}

/** A JoinGroup response without a group, of the request's version (https://kafka.apache.org/protocol#The_Messages_JoinGroup). */
function refuseJoin(version: number, correlationId: number): Buffer {
  const isFlexible = version >= 6;
  const int16 = (value: number): Buffer => {
    const bytes = Buffer.alloc(2);
    bytes.writeInt16BE(value);
    return bytes;
  };
  const int32 = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(value);
    return bytes;
  };
  const noTags = isFlexible ? Buffer.from([0]) : Buffer.alloc(0);
  /** A compact string begins with its length plus one; so does a compact list. */
  const emptyString = isFlexible ? Buffer.from([1]) : int16(0);
  const emptyList = isFlexible ? Buffer.from([1]) : int32(0);
  return Buffer.concat([
    int32(correlationId),
    noTags,
    ...(version >= 2 ? [int32(0)] : []), // throttle time
    int16(COORDINATOR_LOAD_IN_PROGRESS),
    int32(-1), // generation
    ...(version >= 7 ? [emptyString] : []), // protocol type
    emptyString, // protocol name
    emptyString, // leader
    ...(version >= 9 ? [Buffer.from([0])] : []), // skip assignment
    emptyString, // member id
    emptyList,
    noTags,
  ]);
}
