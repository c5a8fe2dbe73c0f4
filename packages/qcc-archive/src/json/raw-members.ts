/**
 * The members of a JSON object with the text of each value as it stands there: big numbers keep their digits, and no
 * nesting is too deep for a stack. Of equal keys the last wins, as in JSON.parse.
 * @param json an object that JSON.parse accepts; anything else gives nonsense.
 * @param maxDepth levels of brackets inside a value.
 * @returns null where a value is nested deeper.
 */
export function rawMembers(json: string, maxDepth: number): Map<string, string> | null {
  const members = new Map<string, string>();
  let at = json.indexOf('{') + 1;
  for (;;) {
    const keyFrom = json.indexOf('"', at);
    if (keyFrom === -1) return members;
    at = endOfString(json, keyFrom);
    const key: string = JSON.parse(json.slice(keyFrom, at));
    const valueFrom = json.indexOf(':', at) + 1;
    at = valueFrom;
    for (let depth = 0; depth > 0 || !',}'.includes(json[at]!); ) {
      const character = json[at]!;
      if (character === '{' || character === '[') depth++;
      else if (character === '}' || character === ']') depth--;
      if (depth > maxDepth) return null;
      at = character === '"' ? endOfString(json, at) : at + 1;
    }
    members.set(key, json.slice(valueFrom, at).trim());
  }
}

/** Index behind the string that begins at `from`. */
function endOfString(json: string, from: number): number {
  let at = from + 1;
  while (json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
  return at + 1;
}
