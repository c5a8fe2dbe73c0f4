/**
 * Records come order by order. What this returns gives the text that it was given before, where that is the same: one string
 * for all of an order is less to keep, and its hash is computed once.
 */
export function lastText(): (text: string) => string {
  let last = '';
  return (text) => {
    if (text !== last) last = text;
    return last;
  };
}
