import { acceptCallback } from 'callback-gateway/accept-callback';
import { getRequest, inParallel, type RawResponse, sendRaw } from '../raw-request.ts';
import { createTally, type HostileRow } from '../row.ts';
import type { Target } from '../target.ts';

/** The default of WRONG_KEYS_PER_MINUTE. */
const ALLOWED = 10;
const AT_ONCE = 8;

export const guessedKey: HostileRow = {
  name: 'guessed-key',
  title: 'guessing the key, also behind made-up addresses',
  mustHold:
    'gets 429 after ten attempts a minute for each client address that a trusted proxy names; the right key is still accepted, and the metric counts',
  async run({ target, short }) {
    const attacked = await target.open();
    const tally = createTally();
    const before = await countLimited(attacked);
    const guesses = short ? 100 : 2_000;
    let limited = 0;

    const guess = async (key: string, forwardedFor: string) =>
      sendRaw(
        attacked.gatewayPort,
        getRequest(`/qcc/callback?key=${key}&orderNo=A`, { 'X-Forwarded-For': forwardedFor }),
      );
    const note = (what: string, answer: RawResponse | null, expected: number) => {
      if (answer?.status === 429) limited += 1;
      const isTold = answer?.status !== 429 || Number(answer.headers['retry-after']) > 0;
      tally.count(what, answer?.status === expected && isTold ? null : `HTTP ${answer?.status}`);
    };

    for (let nth = 0; nth < ALLOWED; nth += 1) note('a first guess', await guess(`guess${nth}`, '198.51.100.1'), 403);
    await inParallel(Array.from({ length: guesses }).keys(), AT_ONCE, async (nth) => {
      // What stands to the left of the address that the proxy adds is the attacker's own invention.
      note('a guess too many', await guess(`more${nth}`, `203.0.113.${nth % 250}, 198.51.100.1`), 429);
    });
    note('a guess of somebody else', await guess('other', '198.51.100.77'), 403);

    const { orderNo } = await attacked.simulator.createOrder({ records: 5, callback: false });
    const good = `/qcc/callback?key=${attacked.canaries.get('QCC_KEY')}&orderNo=${orderNo}`;
    await inParallel(Array.from({ length: short ? 10 : 100 }), AT_ONCE, async () =>
      note(
        'the right key from the same address',
        await sendRaw(attacked.gatewayPort, getRequest(good, { 'X-Forwarded-For': '198.51.100.1' })),
        200,
      ),
    );
    const counted = (await countLimited(attacked)) - before;
    tally.count('the metric', counted === limited ? null : `says ${counted} of ${limited}`);
    return tally.figures([timing()]);
  },
};

async function countLimited({ adminPorts }: Target): Promise<number> {
  const page = await fetch(`http://127.0.0.1:${adminPorts['callback-gateway']}/metrics`);
  const line = /^qcc_callbacks_total\{outcome="too_many_wrong_keys".*\} (\d+)$/m.exec(await page.text());
  return Number(line?.[1] ?? 0);
}

/** By construction the time is the same, as digests are compared; this shows it, as far as a shared machine can. */
function timing(): string {
  const key = 'k'.repeat(32);
  const wrongs = {
    'the first character': `x${key.slice(1)}`,
    'the last character': `${key.slice(0, -1)}x`,
    length: 'k',
  };
  const medians = Object.entries(wrongs).map(([where, wrong]) => {
    const times = Array.from({ length: 5_000 }, () => {
      const began = process.hrtime.bigint();
      acceptCallback({ query: `key=${wrong}&orderNo=A`, key, account: 'main', now: 0 });
      return Number(process.hrtime.bigint() - began);
    });
    return `${where} ${(times.sort((a, b) => a - b)[2_500]! / 1_000).toFixed(1)} µs`;
  });
  return `median time of a refusal by where the key differs: ${medians.join(', ')}`;
}
