/** What came from outside and cannot be used: a control request, an option. The message names the field. */
export class InputError extends Error {
  override readonly name = 'InputError';
}

/** How one field is checked, and what to tell whoever got it wrong. */
export type Check<Value> = { accepts(value: unknown): value is Value; expected: string };

export const wholeNumber = (min: number, max = Number.MAX_SAFE_INTEGER): Check<number> => ({
  accepts: (value): value is number => Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max,
  expected: `a whole number from ${min}${max === Number.MAX_SAFE_INTEGER ? '' : ` to ${max}`}`,
});

export const share: Check<number> = {
  accepts: (value): value is number => typeof value === 'number' && value >= 0 && value <= 1,
  expected: 'a share from 0 to 1',
};

export const text: Check<string> = {
  accepts: (value): value is string => typeof value === 'string' && value !== '',
  expected: 'a text',
};

export const flag: Check<boolean> = {
  accepts: (value): value is boolean => typeof value === 'boolean',
  expected: 'true or false',
};

export const oneOf = <const Value extends string | number>(values: readonly Value[]): Check<Value> => ({
  accepts: (value): value is Value => values.some((known) => known === value),
  expected: `one of ${values.join(', ')}`,
});

export const listOf = <Value>(item: Check<Value>, { least = 1 } = {}): Check<readonly Value[]> => ({
  accepts: (value): value is readonly Value[] =>
    Array.isArray(value) && value.length >= least && value.every(item.accepts),
  expected: `a list, each ${item.expected}`,
});

export const mapOf = <const Key extends string, Value>(
  keys: readonly Key[],
  item: Check<Value>,
): Check<Partial<Record<Key, Value>>> => ({
  accepts: (value): value is Partial<Record<Key, Value>> =>
    isObject(value) &&
    Object.entries(value).every(([key, member]) => keys.some((known) => known === key) && item.accepts(member)),
  expected: `an object with any of ${keys.join(', ')}, each ${item.expected}`,
});

export type Checks<Shape> = { readonly [Key in keyof Shape]-?: Check<NonNullable<Shape[Key]>> };

/**
 * The input itself, once every field of it is known and fits.
 * @throws InputError that names the first field that does not, and what belongs there.
 */
export function checkInput<Shape extends object>(what: string, checks: Checks<Shape>, input: unknown): Partial<Shape> {
  if (!isObject(input)) throw new InputError(`${what}: a JSON object is expected`);
  const known: Readonly<Record<string, Check<unknown> | undefined>> = checks;
  for (const [name, value] of Object.entries(input)) {
    const check = Object.hasOwn(known, name) ? known[name] : undefined;
    if (!check) throw new InputError(`${what}: '${name}' is not known; known are ${Object.keys(checks).join(', ')}`);
    if (!check.accepts(value)) throw new InputError(`${what}: '${name}' must be ${check.expected}`);
  }
  return input as Partial<Shape>;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
