import type { z } from 'zod';

/** One endpoint of the document: its path below the base URL, what goes into the query, what comes out of a response. */
export type Endpoint<Input, Value> = {
  /** As the section's title has it; the document's hyperlinks point at stale hosts and paths. */
  name: string;
  /** Its responses hold secrets, whatever their shape: nothing of one may be quoted. */
  returnsSecrets?: true;
  /** The query beside `key`. */
  query(input: Input): Record<string, string>;
  /** Reads the fields of a response with status 200, names trimmed. */
  result(input: Input): z.ZodType<Value>;
};
