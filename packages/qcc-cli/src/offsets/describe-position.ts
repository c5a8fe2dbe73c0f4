import { decideInputOffset, type InputPosition } from 'qcc-core/kafka/exactly-once/decide-input-offset';

export type PositionVerdict = { canGoOn: boolean; lag: bigint | undefined; text: string };

/** Says what a service does in this partition at its next start. `hasPublished` matters only if no offset is known. */
export function describePosition(position: InputPosition, hasPublished: boolean): PositionVerdict {
  const decision = decideInputOffset(position);
  const { start, end } = position.log;
  switch (decision.kind) {
    case 'resume': {
      const lost =
        decision.unread > 0n ? `, but retention deleted ${decision.unread} messages before they were read` : '';
      return {
        canGoOn: true,
        lag: end - decision.nextOffset,
        text: `resumes at ${decision.nextOffset}${lost}`,
      };
    }
    case 'unknown':
      return hasPublished
        ? stops('no offset is known, and it has published before')
        : { canGoOn: true, lag: end - start, text: 'starts at the beginning: it has not published yet' };
    case 'reset':
      return stops('nothing is recorded, and a client has reset the offset of the group');
    case 'recreated':
      return stops(`the topic was created again after ${decision.nextOffset} was recorded`);
    case 'logTruncated':
      return stops(`the log changed from offset ${decision.end} on, and was read up to ${decision.nextOffset}`);
    case 'truncated':
      return stops(`the brokers lost messages: ${decision.reason}`);
    default:
      return decision satisfies never;
  }
}

const stops = (why: string): PositionVerdict => ({ canGoOn: false, lag: undefined, text: `stops: ${why}` });

/** The offset of a consumer group as people read it. */
export function describeCommitted(committed: bigint): string {
  if (committed === -1n) return 'none';
  return committed < 0n ? 'reset' : String(committed);
}
