import { readTopic } from '../../harness/read-topic.ts';
import { type HostileCallback, hostileCallbacks } from '../hostile-callbacks.ts';
import { inParallel, type RawResponse, sendRaw } from '../raw-request.ts';
import { createTally, type HostileRow } from '../row.ts';

const AT_ONCE = 16;

export const fuzzedCallbacks: HostileRow = {
  name: 'fuzzed-callbacks',
  title:
    'fuzzed callbacks: repeated, missing, huge and mis-encoded parameters, other methods, CRLF, NUL, a query of 1 MB, no HTTP',
  mustHold: 'no crash, no 5xx, no order published, every answer is JSON',
  async run({ target, random, short, say }) {
    const { gatewayPort, canaries, stack, prefix, damage, simulator } = await target.open();
    const tally = createTally();
    const callbacks = hostileCallbacks({
      key: canaries.get('QCC_KEY') ?? '',
      seed: random.int(0, 2 ** 31),
      count: short ? 250 : 10_000,
    });
    const statuses = new Map<number, number>();
    await inParallel(callbacks, AT_ONCE, async (callback) => {
      const answer = await sendRaw(gatewayPort, callback.bytes).catch(String);
      if (answer !== null && typeof answer !== 'string')
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      tally.count(callback.name, typeof answer === 'string' ? answer : judge(callback, answer));
    });
    say(`${callbacks.length} sent`);

    tally.count('the services afterwards', await damage());
    const known = new Set(simulator.orders().map(({ orderNo }) => orderNo));
    const keys = (await readTopic(stack.KAFKA_BROKERS, `${prefix}orders`)).map(({ key }) => String(key));
    const strangers = keys.filter((key) => !known.has(key));
    tally.count('the topic orders afterwards', strangers.length === 0 ? null : `holds ${strangers.slice(0, 5)}`);
    const answers = [...statuses].sort(([a], [b]) => a - b).map(([status, times]) => `${times} × ${status}`);
    return tally.figures([
      `${new Set(callbacks.map(({ name }) => name)).size} kinds of requests`,
      `answers: ${answers.join(', ')}`,
    ]);
  },
};

function judge({ name }: HostileCallback, answer: RawResponse | null): string | null {
  if (answer === null) return 'no answer';
  const { status, headers, body } = answer;
  if (status < 400 || status > 499) return `HTTP ${status}`;
  if (!headers['content-type']?.startsWith('application/json')) return `HTTP ${status}, ${headers['content-type']}`;
  if (name === 'the method HEAD' && body === '') return null;
  try {
    const said: unknown = JSON.parse(body);
    const isTold = typeof said === 'object' && said !== null && 'status' in said && said.status === String(status);
    return isTold ? null : `HTTP ${status} with ${body.slice(0, 100)}`;
  } catch {
    return `HTTP ${status}, no JSON: ${body.slice(0, 100)}`;
  }
}
