import { AsyncLocalStorage } from 'node:async_hooks';

/** A process of the simulation. What it does, it does in its timers and in the events of its sockets. */
export class SimulatedProcess {
  readonly name: string;
  /** Nothing of it runs any more. */
  isKilled = false;
  /** It works without end, and lets no time pass. */
  isHung = false;
  /** Stopped (SIGSTOP) until then. */
  frozenUntil = 0;
  constructor(name: string) {
    this.name = name;
  }
  /** To be called by code that would go on without end: its process does nothing else any more. */
  hang(): void {
    this.isHung = true;
    this.isKilled = true;
  }
}

const processes = new AsyncLocalStorage<SimulatedProcess | undefined>();

/** The process whose code runs now. */
export const currentProcess = (): SimulatedProcess | undefined => processes.getStore();

type Timer = {
  at: number;
  /** Timers of the same millisecond run in the order in which they were set. */
  number: number;
  run: () => void;
  process: SimulatedProcess | undefined;
  isCancelled: boolean;
};

/** Microtasks and `process.nextTick` are done when this comes back. Nothing here waits for a file or a socket. */
const untilPromisesSettled = globalThis.setImmediate;
/** Node waits for at least a millisecond. */
const SHORTEST_MS = 1;
/**
 * kafkajs computes a negative delay for looking whether requests wait that brokers have throttled. Node takes it for a
 * millisecond, again and again on each connection. Nothing is throttled here, and nearly all events would be these.
 */
const NEGATIVE_MS = 10_000;
const delayOf = (ms: number | undefined): number =>
  ms !== undefined && ms < 0 ? NEGATIVE_MS : Math.max(SHORTEST_MS, Number(ms) || 0);
/** Any moment will do. */
const STARTS_AT = Date.UTC(2026, 0, 1);

/**
 * A clock that stands still while code runs, and then moves to the next timer. It replaces timers and clocks of the process, so a
 * run takes no longer than its computations, and two runs with the same choices do the same.
 *
 * Each timer belongs to the simulated process that set it. So a process can be killed or frozen as the operating system does it,
 * without asking the code in it.
 */
export class VirtualTime {
  #now = 0;
  #count = 0;
  readonly #timers: Timer[] = [];

  /** Milliseconds since the start. */
  get now(): number {
    return this.#now;
  }

  /** The process whose code runs now. */
  get process(): SimulatedProcess | undefined {
    return currentProcess();
  }

  /** Runs code as a process, or as the simulation itself. */
  as<Result>(process: SimulatedProcess | undefined, run: () => Result): Result {
    return processes.run(process, run);
  }

  /** Runs `run` after a delay. @returns a function that cancels it. */
  schedule(delayMs: number, run: () => void, process?: SimulatedProcess): () => void {
    return this.scheduleAt(this.#now + Math.max(0, delayMs), run, process);
  }
  scheduleAt(at: number, run: () => void, process?: SimulatedProcess): () => void {
    const timer = { at, number: this.#count++, run, process, isCancelled: false };
    push(this.#timers, timer);
    return () => {
      timer.isCancelled = true;
    };
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.schedule(ms, resolve, this.process));
  }

  /** Lets time pass until the condition holds, but no longer than the limit. @returns whether it holds. */
  async passUntil(holds: () => boolean, limitMs: number): Promise<boolean> {
    const end = this.#now + limitMs;
    while (true) {
      await new Promise<void>((resolve) => untilPromisesSettled(resolve));
      if (holds()) return true;
      const next = this.#timers[0];
      if (!next || next.at > end) {
        this.#now = end;
        return holds();
      }
      this.#runNext();
    }
  }

  pass(ms: number): Promise<boolean> {
    return this.passUntil(() => false, ms);
  }

  #runNext(): void {
    const timer = pop(this.#timers)!;
    const { process, run } = timer;
    if (timer.isCancelled || process?.isKilled) return;
    if (process && process.frozenUntil > timer.at) {
      // All that was due meanwhile is done when the process goes on, in its order.
      timer.at = process.frozenUntil;
      push(this.#timers, timer);
      return;
    }
    this.#now = Math.max(this.#now, timer.at);
    processes.run(process, run);
  }

  /** Puts this clock in the place of the real one until it is disposed. */
  install(): Disposable {
    const restores: (() => void)[] = [];
    const replace = (holder: object, name: string, by: unknown): void => {
      const real = Object.getOwnPropertyDescriptor(holder, name);
      Object.defineProperty(holder, name, { value: by, configurable: true, writable: true });
      restores.push(() => {
        if (real) Object.defineProperty(holder, name, real);
        else Reflect.deleteProperty(holder, name);
      });
    };
    type Run = (...given: unknown[]) => void;
    const set = (ms: number, repeats: boolean, run: Run, given: unknown[]) =>
      new Handle(this, () => run(...given), ms, repeats);
    replace(globalThis, 'setTimeout', (run: Run, ms?: number, ...given: unknown[]) =>
      set(delayOf(ms), false, run, given),
    );
    replace(globalThis, 'setInterval', (run: Run, ms?: number, ...given: unknown[]) =>
      set(delayOf(ms), true, run, given),
    );
    replace(globalThis, 'setImmediate', (run: Run, ...given: unknown[]) => set(0, false, run, given));
    for (const name of ['clearTimeout', 'clearInterval', 'clearImmediate']) {
      replace(globalThis, name, (handle: unknown) => handle instanceof Handle && handle.cancel());
    }
    replace(Date, 'now', () => STARTS_AT + Math.floor(this.#now));
    replace(performance, 'now', () => this.#now);
    return {
      [Symbol.dispose]() {
        for (const restore of restores) restore();
      },
    };
  }
}

/** What `setTimeout` and `setInterval` return. */
class Handle {
  readonly #time: VirtualTime;
  readonly #run: () => void;
  readonly #ms: number;
  readonly #repeats: boolean;
  readonly #process: SimulatedProcess | undefined;
  #cancel: () => void = () => {};

  constructor(time: VirtualTime, run: () => void, ms: number, repeats: boolean) {
    this.#time = time;
    this.#run = run;
    this.#ms = ms;
    this.#repeats = repeats;
    this.#process = time.process;
    this.refresh();
  }
  refresh(): this {
    this.#cancel();
    const fire = () => {
      if (this.#repeats) this.refresh();
      this.#run();
    };
    this.#cancel = this.#time.schedule(this.#ms, fire, this.#process);
    return this;
  }
  cancel(): void {
    this.#cancel();
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
  hasRef(): boolean {
    return true;
  }
  [Symbol.dispose](): void {
    this.cancel();
  }
}

const isBefore = (a: Timer, b: Timer): boolean => a.at < b.at || (a.at === b.at && a.number < b.number);

/** Into a binary heap whose first element is the earliest. */
function push(heap: Timer[], timer: Timer): void {
  let at = heap.push(timer) - 1;
  while (at > 0) {
    const above = (at - 1) >> 1;
    if (!isBefore(timer, heap[above]!)) break;
    heap[at] = heap[above]!;
    at = above;
  }
  heap[at] = timer;
}

function pop(heap: Timer[]): Timer | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (!last || heap.length === 0) return first;
  let at = 0;
  for (let below = 1; below < heap.length; below = 2 * at + 1) {
    if (below + 1 < heap.length && isBefore(heap[below + 1]!, heap[below]!)) below += 1;
    if (!isBefore(heap[below]!, last)) break;
    heap[at] = heap[below]!;
    at = below;
  }
  heap[at] = last;
  return first;
}
