import type { Progress, Received, TopicPartition } from '../client.ts';

/** Gathers what a client hands out until the suite asks for it. */
export type Inbox = {
  add(message: Received): void;
  /** @param offset The next one of that partition. */
  moveTo(place: TopicPartition, offset: bigint): void;
  complain(problem: unknown): void;
  take(): Progress;
};

export function createInbox(): Inbox {
  let messages: Received[] = [];
  let problems: string[] = [];
  const positions = new Map<string, TopicPartition & { offset: bigint }>();
  return {
    add: (message) => void messages.push(message),
    moveTo: ({ topic, partition }, offset) => void positions.set(`${topic}/${partition}`, { topic, partition, offset }),
    complain: (problem) => void problems.push(innermost(problem)),
    take() {
      const taken = { messages, problems, positions: [...positions.values()] };
      messages = [];
      problems = [];
      return taken;
    },
  };
}

/** Clients wrap the last failure; the first cause says why. */
export function innermost(problem: unknown): string {
  if (!(problem instanceof Error)) return String(problem);
  if (problem instanceof AggregateError && problem.errors.length > 0) return innermost(problem.errors.at(-1));
  return problem.cause instanceof Error ? innermost(problem.cause) : problem.message;
}
