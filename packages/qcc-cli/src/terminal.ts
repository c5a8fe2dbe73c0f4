import type { Probe } from 'qcc-core/base/watch-probe';

/** Ends the work if this part of the environment stops answering. */
export type Watch = (probe: Probe) => void;

/** What a command sees of the world around it. */
export type Terminal = {
  /** The value of --account. Commands that show all accounts then show only this one. */
  account?: string | undefined;
  env: Readonly<Record<string, string | undefined>>;
  /** One line to standard output. */
  print: (line: string) => void;
  /** Writes text to standard error: usage errors and warnings. A command throws all other failures. */
  complain: (text: string) => void;
  /** Columns of the terminal; undefined if standard output is not a terminal. Tables then have their natural width. */
  columns?: number | undefined;
  /** Null if nobody can answer, because standard input is not a terminal. */
  ask: ((question: string) => Promise<string>) | null;
  /** Ends the command if this part stops answering. Commands call it for everything that they connect to. */
  watch: Watch;
  /** Starts a bar on standard error; absent if that is not a terminal. */
  progress?: (total: number) => ProgressBar;
};

/** What a command needs to connect to something. */
export type Environment = Pick<Terminal, 'env' | 'watch'>;

export type ProgressBar = Disposable & { advance(count: number): void };

/** The command did its work and the answer is no, or could not do it: exit code 1, the message on standard error. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
}
