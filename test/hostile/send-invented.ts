import { PASSWORD } from 'qcc-archive/testing/archives';
import type { TestBed } from '../harness/pipeline.ts';
import { getRequest, inParallel, sendRaw } from './raw-request.ts';
import type { Tally } from './row.ts';

const AT_A_TIME = 20;
/** How the order numbers begin that QCC has never given. */
export const INVENTED = 'INVENTED';

/**
 * Calls the gateway back as somebody who has the key does, once for each of `count` invented orders from number `from` on.
 * @param linkOf The link of an order; undefined for a callback without one.
 */
export async function sendInvented(
  bed: TestBed,
  tally: Tally,
  { from, count, linkOf }: { from: number; count: number; linkOf: (nth: number) => string | undefined },
): Promise<void> {
  const numbers = Array.from({ length: count }, (_, index) => from + index);
  await inParallel(numbers, AT_A_TIME, async (nth) => {
    const orderNo = `${INVENTED}${nth.toString().padStart(12, '0')}`;
    const downloadUrl = linkOf(nth);
    const parameters = {
      key: bed.simulator.key,
      orderNo,
      unzipPassword: PASSWORD,
      ...(downloadUrl && { downloadUrl }),
    };
    const answer = await sendRaw(
      Number(bed.env.GATEWAY_PORT),
      getRequest(`/qcc/callback?${new URLSearchParams(parameters)}`),
    );
    if (answer?.status !== 200) tally.count(`the callback for ${orderNo}`, `HTTP ${answer?.status}`);
  });
}
