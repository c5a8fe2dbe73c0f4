import { TOPICS } from 'qcc-core/contract/topics';
import { Cluster, nameOf, type TopicPartition } from './cluster/cluster.ts';
import { plainBatch } from './cluster/partition-log.ts';
import { type Fault, inject } from './faults.ts';
import {
  COPIES,
  GROUP,
  INPUT,
  type Instance,
  OUTPUT,
  READER_GROUP,
  RECREATED,
  startReader,
  startTable,
  startWorker,
  WORK,
} from './instance.ts';
import { Network } from './network.ts';
import { VirtualTime } from './virtual-time.ts';

/** What fast-check chooses: all that happens in a run follows from it. */
export type Script = {
  /** Decides how long each message and each write takes, and what kafkajs draws. */
  seed: number;
  faults: readonly { atMs: number; fault: Fault }[];
};

/** Before the first fault, so that the groups have been joined. */
const WARM_UP_MS = 3_000;
/** Until a table has joined its group and read its topic. */
export const FOLLOWER_READS_MS = 5_000;
const INPUT_EVERY_MS = 350;
/** Input goes on for so long, faults or not. */
const INPUT_MS = 12_000;
/**
 * For everything to be done after the faults: transactions that are left open time out after a minute, a consumer that has not
 * joined is replaced after 90 s, and lanes that do not open after 90 s.
 */
const SETTLE_LIMIT_MS = 300_000;
const CHECK_EVERY_MS = 250;
/** Time after everything is done in which a reader would see a repeated message, and in which no lane may break. */
const AFTERWARDS_MS = 5_000;
/** A service says this if it cannot know where to resume. */
const LOSS = /lost messages|does not read it/;
const LANE_LOST = /lane broken|lane not opened|batch not done/;

/** A simulated cluster with two instances of a worker, a reader of its output, and a reader of its table. */
export class Run {
  readonly time: VirtualTime;
  readonly cluster: Cluster;
  readonly network: Network;
  /** Workers that run, by their place in the script. */
  readonly workers: Instance[] = [];
  readonly reader: Instance;
  readonly table: Instance;
  /** Everything that was started, also what has ended. */
  readonly all: Instance[] = [];
  /** What happened, for whoever has to understand a run that failed. */
  readonly story: string[] = [];
  hasLostBroker = false;
  /** Partitions whose input was lost, see `loseInput`. */
  readonly truncated = new Set<number>();
  /** Workers that a lasting fault keeps from working. */
  readonly excused = new Set<Instance>();
  readonly #keys = new Map<number, string[]>();
  readonly #read = new Map<number, Set<string>>();
  readonly #lost = new Set<string>();
  readonly #lostOutput = new Set<string>();
  readonly #misread: string[] = [];
  readonly #followed = new Set<string>();
  /** Keys of the table that was created again. */
  #recreated: string[] = [];
  #inputs = 0;
  #starts = 0;
  /** Until when the faults last that have an end. */
  faultsUntil = 0;

  /** @param time Installed already: instances set timers as soon as they start. */
  constructor(time: VirtualTime, random: () => number) {
    this.time = time;
    this.cluster = new Cluster({ time: this.time, random });
    this.network = new Network(this.cluster);
    for (const topic of [INPUT, OUTPUT, WORK, COPIES, TOPICS.inputOffsets]) {
      this.cluster.createTopic(topic.name, topic.partitions);
    }
    this.reader = this.#note(
      startReader(this.cluster, 'reader', ({ partition, offset, key }) => {
        this.#read.set(partition, (this.#read.get(partition) ?? new Set()).add(key));
        const topicPartition = { topic: OUTPUT.name, partition };
        const isAborted = this.cluster
          .log(topicPartition)
          .aborted()
          .some((each) => each.offset === offset && String(each.key) === key);
        if (isAborted)
          this.#misread.push(`the reader of ${nameOf(topicPartition)} has read ${key} of an aborted transaction`);
      }),
    );
    const newest = new Map<string, number>();
    this.table = this.#note(
      startTable(this.cluster, {
        name: 'table',
        topic: TOPICS.inputOffsets,
        onValue: (key, value) => {
          const { nextOffset } = JSON.parse(value) as { nextOffset: number };
          const before = newest.get(key) ?? -1;
          if (nextOffset < before) this.#misread.push(`the table delivered ${key} at ${nextOffset} after ${before}`);
          newest.set(key, nextOffset);
        },
      }),
    );
    for (let at = 0; at < 2; at += 1) this.startWorker(at);
  }

  #note(instance: Instance): Instance {
    this.all.push(instance);
    return instance;
  }
  say(text: string): void {
    this.story.push(`${(this.time.now / 1_000).toFixed(3)} ${text}`);
  }

  startWorker(at: number): void {
    this.#starts += 1;
    this.workers[at] = this.#note(startWorker(this.cluster, `worker-${this.#starts}`));
  }

  put(partition: number, count = 1): void {
    const keys = this.#keys.get(partition) ?? [];
    this.#keys.set(partition, keys);
    const messages = Array.from({ length: count }, () => ({ key: `${this.#inputs++}`, value: Buffer.from('message') }));
    keys.push(...messages.map(({ key }) => key));
    this.cluster.log({ topic: INPUT.name, partition }).append(plainBatch(messages));
  }

  /** The input topic loses its end. What was there may have been processed, or not. */
  loseInput(partition: number, count: number): void {
    const log = this.cluster.log({ topic: INPUT.name, partition });
    for (const { key } of log.truncate(Math.max(0, log.end - count))) this.#lost.add(String(key));
    this.truncated.add(partition);
    this.say(`${INPUT.name}/${partition} ends at ${log.end} now`);
  }

  /** The output topic loses its end: those messages are not there any more, and their copies are. */
  loseOutput(partition: number, count: number): void {
    const log = this.cluster.log({ topic: OUTPUT.name, partition });
    for (const { key } of log.truncate(Math.max(0, log.end - count))) this.#lostOutput.add(String(key));
    this.say(`${OUTPUT.name}/${partition} ends at ${log.end} now`);
  }

  /** Starts a table whose process stands still for a while. Meanwhile its topic is created again, with more messages than it had. */
  createAgain({ before, more, ms }: { before: number; more: number; ms: number }): void {
    const create = (generation: string, count: number) => {
      this.cluster.createTopic(RECREATED.name, RECREATED.partitions);
      this.#recreated = Array.from({ length: count }, (_, at) => `${generation} ${at}`);
      const messages = this.#recreated.map((key) => ({ key, value: Buffer.from('value') }));
      this.cluster.log({ topic: RECREATED.name, partition: 0 }).append(plainBatch(messages));
    };
    create('former', before);
    const follower = startTable(this.cluster, {
      name: 'follower',
      topic: RECREATED,
      onValue: (key) => void this.#followed.add(key),
    });
    this.all.push(follower);
    this.time.schedule(FOLLOWER_READS_MS, () => {
      follower.process.frozenUntil = this.time.now + ms;
      create('new', before + more);
      this.say(`${RECREATED.name} is created again`);
    });
  }

  /** Sends input, with the faults of the script next to it, until both are over. */
  async play(script: Script): Promise<void> {
    const { time, cluster } = this;
    await time.pass(WARM_UP_MS);
    for (const { atMs, fault } of script.faults) time.schedule(atMs, () => inject(this, fault));
    const lastAt = script.faults.map(({ atMs }) => atMs).reduce((a, b) => Math.max(a, b), 0);
    for (let at = 0; at < Math.max(INPUT_MS, lastAt + 1); at += INPUT_EVERY_MS) {
      this.put(cluster.upTo(INPUT.partitions - 1), cluster.random() < 0.2 ? 4 : 1);
      await time.pass(INPUT_EVERY_MS);
    }
    await time.passUntil(() => time.now >= this.faultsUntil, SETTLE_LIMIT_MS);
    this.network.heal();
    this.say('the faults are over');
  }

  /** Waits until everything is done, twice: the second time with input that came after the faults. @returns what is wrong. */
  async settle(limitMs: number): Promise<string[]> {
    for (const what of ['came during the faults', 'came after them']) {
      if (!(await this.#untilDone(limitMs))) break;
      this.say(`everything is done that ${what}`);
      if (what === 'came after them') break;
      for (const partition of this.#partitions()) this.put(partition, 2);
    }
    const before = this.#working().map(({ lines }) => ({ lines, count: lines.length }));
    await this.time.pass(AFTERWARDS_MS);
    const disturbed = before
      .flatMap(({ lines, count }) => lines.slice(count))
      .filter((line) => LANE_LOST.test(line) && !LOSS.test(line))
      .map((line) => `afterwards: ${line.trim()}`);
    await this.#untilDone(limitMs);
    return [...this.#unsettled(), ...this.#wrong(), ...disturbed];
  }

  async #untilDone(limitMs: number): Promise<boolean> {
    const until = this.time.now + limitMs;
    while (this.#unsettled().length > 0) {
      if (this.time.now >= until) return false;
      await this.time.pass(CHECK_EVERY_MS);
    }
    return true;
  }

  #partitions(): number[] {
    return Array.from({ length: INPUT.partitions }, (_, partition) => partition);
  }
  #working(): Instance[] {
    return this.workers.filter((worker) => !this.excused.has(worker));
  }

  /** A service that cannot know where to go on says so. */
  #isWithheld(partition: number): boolean {
    if (!this.truncated.has(partition)) return false;
    return this.#working().some(({ health }) =>
      Object.entries(health.problems()).some(
        ([part, problem]) => part === `lane ${nameOf({ topic: INPUT.name, partition })}` && LOSS.test(problem),
      ),
    );
  }

  /** What has not been done yet. */
  #unsettled(): string[] {
    const problems: string[] = [];
    for (const partition of this.#partitions()) {
      if (this.#isWithheld(partition)) continue;
      const expected = (this.#keys.get(partition) ?? []).filter((key) => !this.#lost.has(key));
      for (const { name } of [OUTPUT, COPIES]) {
        const there = new Set(keysOf(this.cluster, { topic: name, partition }));
        const isExcused = (key: string) => name === OUTPUT.name && this.#lostOutput.has(key);
        const missing = expected.filter((key) => !there.has(key) && !isExcused(key));
        if (missing.length > 0) problems.push(`${name}/${partition} lacks ${missing.join(', ')}`);
      }
    }
    if (problems.length > 0) return problems;
    for (let partition = 0; partition < OUTPUT.partitions; partition += 1) {
      const topicPartition = { topic: OUTPUT.name, partition };
      const read = this.#read.get(partition) ?? new Set();
      const missing = keysOf(this.cluster, topicPartition).filter((key) => !read.has(key));
      if (missing.length > 0)
        problems.push(`the reader of ${nameOf(topicPartition)} has not read ${missing.join(', ')}`);
      const { end } = this.cluster.log(topicPartition);
      const committed = this.cluster.groups.committed(READER_GROUP, topicPartition).offset;
      // Behind the last message there may be markers only, which the reader passes without a commit.
      if (missing.length === 0 && end > 0 && committed < lastOffset(this.cluster, topicPartition)) {
        problems.push(`the reader has committed ${nameOf(topicPartition)} up to ${committed} of ${end}`);
      }
    }
    const undelivered = this.#recreated.filter((key) => !this.#followed.has(key));
    if (undelivered.length > 0)
      problems.push(`the table of ${RECREATED.name} has not delivered ${undelivered.join(', ')}`);
    if (problems.length > 0) return problems;
    for (const { process, health } of [...this.#working(), this.reader, this.table]) {
      for (const [part, problem] of Object.entries(health.problems())) {
        if (this.truncated.size === 0 || !LOSS.test(problem)) {
          problems.push(`${process.name} is not ready: ${part}: ${problem}`);
        }
      }
    }
    if (this.cluster.groups.members(GROUP) !== this.#working().length) {
      problems.push(`the group has ${this.cluster.groups.members(GROUP)} members`);
    }
    return problems;
  }

  /** What can never be right again. */
  #wrong(): string[] {
    const problems = [...this.#misread];
    for (const { process } of this.all) {
      if (process.isHung) problems.push(`${process.name} hangs: it asks again and again, and lets no time pass`);
    }
    for (const partition of this.#partitions()) {
      const expected = this.#keys.get(partition) ?? [];
      for (const { name } of [OUTPUT, COPIES]) {
        const keys = keysOf(this.cluster, { topic: name, partition });
        const twice = keys.filter((key, at) => keys.indexOf(key) !== at);
        if (twice.length > 0) problems.push(`${name}/${partition} has ${twice.join(', ')} twice`);
        const order = [...new Set(keys)];
        if (twice.length === 0 && order.join() !== expected.filter((key) => order.includes(key)).join()) {
          problems.push(`${name}/${partition} is not in the order of its input: ${keys.join(', ')}`);
        }
      }
    }
    return problems;
  }

  /** Ends everything at once. */
  end(): void {
    for (const { process } of this.all) process.isKilled = true;
  }
}

const keysOf = (cluster: Cluster, topicPartition: TopicPartition): string[] =>
  cluster
    .log(topicPartition)
    .committed()
    .map(({ key }) => String(key));

/** Behind the last message that a reader sees. */
const lastOffset = (cluster: Cluster, topicPartition: TopicPartition): number =>
  Number(cluster.log(topicPartition).committed().at(-1)?.offset ?? -1) + 1;

export type Outcome = { problems: string[]; story: string[]; lines: string[] };

/** Plays a script. @returns what is wrong after it, as sentences: nothing if the property holds. */
export async function runScript(
  script: Script,
  { settleLimitMs = SETTLE_LIMIT_MS }: { settleLimitMs?: number } = {},
): Promise<Outcome> {
  const random = randomOf(script.seed);
  const realRandom = Math.random;
  Math.random = random;
  const time = new VirtualTime();
  using _time = time.install();
  const run = new Run(time, random);
  using _network = run.network.install();
  try {
    await run.play(script);
    const problems = await run.settle(settleLimitMs);
    return { problems, story: run.story, lines: run.all.flatMap(({ lines }) => lines) };
  } finally {
    run.end();
    Math.random = realRandom;
  }
}

/** For whoever has to understand a run that failed. */
export const describeOutcome = ({ problems, story, lines }: Outcome): string =>
  [...problems, 'What happened:', ...story, 'The last lines of the logs:', ...lines.slice(-30)].join('\n');

/** Mulberry32: the same numbers for the same seed. */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
