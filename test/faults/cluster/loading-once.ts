import type { Intercept } from '../../harness/broker-proxy.ts';

const JOIN_GROUP = 11;
const COORDINATOR_LOAD_IN_PROGRESS = 14;

export type LoadingOnce = {
  intercept: Intercept;
  /** @param passBy How many JoinGroups of groups whose names contain `group` go to the broker first. */
  arm(input: { group: string; passBy: number }): void;
  /** Whether the one that was armed has been answered. */
  done(): boolean;
};

/** Answers one JoinGroup in the broker's place with COORDINATOR_LOAD_IN_PROGRESS. */
export function loadingOnce(): LoadingOnce {
  let armed: { group: string; passBy: number } | null = null;
  return {
    intercept(request) {
      if (!armed || request.readInt16BE(0) !== JOIN_GROUP) return null;
      const version = request.readInt16BE(2);
      const { group, correlationId } = readHeader(request);
      if (!group.includes(armed.group)) return null;
      armed.passBy -= 1;
      if (armed.passBy >= 0) return null;
      armed = null;
      return refusal({ version, correlationId });
    },
    arm(input) {
      armed = { ...input };
    },
    done: () => armed === null,
  };
}

/** Request header 1: api key, version, correlation id, client id; then JoinGroup begins with the group's id. */
function readHeader(request: Buffer): { group: string; correlationId: number } {
  const version = request.readInt16BE(2);
  if (version > 5) throw new Error(`JoinGroup ${version} is not supported here: at most 5`);
  const clientIdLength = Math.max(0, request.readInt16BE(8));
  const at = 10 + clientIdLength;
  const groupLength = request.readInt16BE(at);
  return { correlationId: request.readInt32BE(4), group: request.toString('utf8', at + 2, at + 2 + groupLength) };
}

/** A JoinGroup response of versions 0 to 5 that holds nothing but the error. */
function refusal({ version, correlationId }: { version: number; correlationId: number }): Buffer {
  const header = Buffer.alloc(4);
  header.writeInt32BE(correlationId);
  const throttleTime = version >= 2 ? Buffer.alloc(4) : Buffer.alloc(0);
  // error code, generation -1, protocol '', leader '', member '', no members
  const body = Buffer.alloc(2 + 4 + 2 + 2 + 2 + 4);
  body.writeInt16BE(COORDINATOR_LOAD_IN_PROGRESS, 0);
  body.writeInt32BE(-1, 2);
  return Buffer.concat([header, throttleTime, body]);
}
