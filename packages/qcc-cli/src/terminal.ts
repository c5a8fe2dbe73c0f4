import type { Probe } from 'qcc-core/base/watch-probe';

/** Has the work end as soon as this part does not answer. */
export type Watch = (probe: Probe) => void;

/** What a command sees of the world around it. */
export type Terminal = {
  /** The value of --account. Commands that show all accounts then show only this one. */
  account?: string | undefined;
  env: Readonly<Record<string, string | undefined>>;
  /** One line to standard output. */
  print: (line: string) => void;
  /** One line to standard error, for usage errors; what else goes wrong is thrown. */
  complain: (text: string) => void;
  /** Columns of the terminal that shows standard output; undefined where that is none: tables may be as wide as they are. */
  columns?: number | undefined;
  /** Null where nobody can answer: standard input is no terminal. */
  ask: ((question: string) => Promise<string>) | null;
  /** Ends the command where this part of the environment does not answer: of whatever a command connects to. */
  watch: Watch;
  /** Starts a bar on standard error; absent where that is no terminal. */
  progress?: (total: number) => ProgressBar;
};

/** What a command needs to connect to something. */
export type Environment = Pick<Terminal, 'env' | 'watch'>;

export type ProgressBar = Disposable & { advance(count: number): void };

/** The command did its work and the answer is no, or could not do it: exit code 1, the message on standard error. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
}
