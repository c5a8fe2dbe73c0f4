/**
 * JoinGroup on the wire, for tests that answer it in the broker's place. Buffers begin with the request's header, without the
 * length before it (https://kafka.apache.org/protocol#The_Messages_JoinGroup).
 */
export const JOIN_GROUP = 11;
const COORDINATOR_LOAD_IN_PROGRESS = 14;

/** The group that a JoinGroup request is for. @throws Error for versions from 6 on, whose strings are compact. */
export function groupOfJoin(request: Buffer): string {
  const version = request.readInt16BE(2);
  if (version > 5) throw new Error(`JoinGroup ${version} is not supported here: at most 5`);
  // api key, version, correlation id, client id; then the body begins with the group's id
  const clientIdLength = Math.max(0, request.readInt16BE(8));
  const at = 10 + clientIdLength;
  return request.toString('utf8', at + 2, at + 2 + request.readInt16BE(at));
}

/** The response COORDINATOR_LOAD_IN_PROGRESS to a JoinGroup request, of the request's version. */
export function answerLoading(request: Buffer): Buffer {
  const version = request.readInt16BE(2);
  const correlationId = request.readInt32BE(4);
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
