const PLAIN = /^[\w.:][\w.:-]*$/;

/**
 * A text as the last argument of a command that a person may paste into a shell. Order numbers come from callbacks and may hold any
 * printable character, so others than plain ones are quoted, and `--` keeps a text with a hyphen first from being an option.
 */
export function shellArgument(text: string): string {
  if (PLAIN.test(text)) return text;
  const quoted = `'${text.replaceAll("'", "'\\''")}'`;
  return text.startsWith('-') ? `-- ${quoted}` : quoted;
}
