/** Callbacks a second, each answered after acks=all, against a bare server with a bare producer. */
import { join } from 'node:path';
import { TOPICS, topicName } from 'qcc-core/contract/topics';
import { runChild } from '../../../stack/child.ts';
import { ROOT } from '../../../stack/places.ts';
import { openFleet } from '../../harness/instances.ts';
import { PATIENCE } from '../../harness/patience.ts';
import type { TestBed } from '../../harness/pipeline.ts';
import { openKafkaView } from '../kafka-view.ts';
import { startPeer } from '../peers/start-peer.ts';
import { type Bar, inTurns, median, type RowFigures, type RowInput } from '../row.ts';

const AT_LEAST = 0.9;
const BARE = 'a bare server';
const CONNECTIONS = 64;
/** autocannon puts an id of its own here, another one for each request. */
const EACH_ITS_OWN = '[<id>]';
const SUCCESS = '{"status":"200","msg":"成功"}';

/** What autocannon has to say with `--json`, as far as it is read here. */
type Load = {
  '2xx': number;
  non2xx: number;
  errors: number;
  mismatches: number;
  duration: number;
  latency: { p99: number };
};

type Side = { name: string; port: number; prefix: string; p99: number[]; accepted: number; found: number };

export async function benchGateway({ bed, rounds, short, say, within }: RowInput): Promise<RowFigures> {
  const amount = short ? 2_000 : 20_000;
  await using kafka = await openKafkaView(bed);
  await using fleet = openFleet(bed);
  const gateway = await fleet.start('callback-gateway');
  await gateway.ready();
  const barePrefix = `${bed.prefix}bare.`;
  await using bare = await within({ side: BARE, what: 'it listens', limitMs: PATIENCE.timeout }, (signal) =>
    startPeer<number>('bare-gateway.ts', { env: { ...bed.env, TOPIC_PREFIX: barePrefix }, signal }),
  );
  const side = (name: string, port: number, prefix: string): Side => {
    return { name, port, prefix, p99: [], accepted: 0, found: 0 };
  };
  const ours = side('the gateway', Number(bed.env.GATEWAY_PORT), bed.prefix);
  const peer = side(BARE, bare.message, barePrefix);

  /** Each offset of the topic is an order: nothing writes to it by transactions here. */
  const ordersOf = ({ prefix }: Side) => kafka.written(topicName(prefix, TOPICS.orders));
  const turn = (one: Side) => async (round: number, signal: AbortSignal) => {
    const before = await ordersOf(one);
    const load = await fire(bed, one.port, amount, signal);
    const accepted = load['2xx'];
    const found = (await ordersOf(one)) - before;
    if (load.non2xx + load.errors + load.mismatches > 0)
      throw new Error(
        `${one.name} gave ${load.non2xx} other answers, ${load.errors} errors, ${load.mismatches} other bodies`,
      );
    one.accepted += accepted;
    one.found += found;
    if (round > 0) one.p99.push(load.latency.p99);
    say(`${one.name}: ${accepted} answered 200, ${found} on the topic, p99 ${load.latency.p99} ms`);
    return accepted / load.duration;
  };
  const runs = await inTurns(rounds, { ours: turn(ours), [BARE]: turn(peer) }, { within });

  const ratio = median(runs.ours) / median(runs[BARE]);
  const whole = ({ name, accepted, found }: Side): Bar => ({
    what: `orders on the topic for each 200 of ${name}`,
    peer: 'the 200s counted by the load generator',
    bar: 'all',
    measured: `${found} of ${accepted}`,
    kept: found === accepted,
  });
  return {
    bars: [
      {
        what: 'callbacks a second, acks=all',
        peer: 'node:http and one kafkajs send for each',
        bar: `at least ${AT_LEAST} times as many`,
        measured: `${ratio.toFixed(2)} times`,
        kept: ratio >= AT_LEAST,
      },
      whole(ours),
      whole(peer),
    ],
    series: [
      { side: 'the gateway', unit: 'per second', runs: runs.ours },
      { side: 'a bare server with a kafkajs producer', unit: 'per second', runs: runs[BARE] },
      { side: 'the gateway, 99 of 100 answered within', unit: 'ms', runs: ours.p99 },
      { side: 'a bare server, 99 of 100 answered within', unit: 'ms', runs: peer.p99 },
    ],
    notes: [
      `autocannon in a process of its own, ${CONNECTIONS} connections kept alive, ${amount.toLocaleString('en')} callbacks a turn, each with an order number of its own and all that a callback brings.`,
      'The gateway also seals link and password, publishes a RECEIVED fact for each order, counts, and writes a log line; the bare server does none of it.',
    ],
  };
}

/** So many callbacks as QCC's document has them (6.2.2), the next on each connection once the last is answered. */
async function fire(bed: TestBed, port: number, amount: number, signal: AbortSignal): Promise<Load> {
  const link =
    'https://pro-files.qichacha.com/dd-corp-monitor/20261124/archive.zip?Expires=4102416000&OSSAccessKeyId=LTAI5tBenchmark&Signature=k3JQm1Yw8b%2FZp0vN7c2hR5tXs9E%3D';
  const others = new URLSearchParams({
    key: bed.simulator.key,
    downloadUrl: link,
    downloadUrlExpiredTime: '2100-01-01 00:00:00',
    unzipPassword: 'kD83nfPq0LmZ',
  });
  const url = `http://127.0.0.1:${port}/qcc/callback?orderNo=${EACH_ITS_OWN}&${others}`;
  // It ends at a sample, and what it calls the duration would be whole seconds.
  const options = { connections: CONNECTIONS, amount, sampleInt: 20, expectBody: SUCCESS };
  const { stdout } = await runChild(
    process.execPath,
    [
      join(ROOT, 'node_modules', 'autocannon', 'autocannon.js'),
      ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]),
      '--idReplacement',
      '--json',
      url,
    ],
    { signal },
  );
  return JSON.parse(stdout);
}
