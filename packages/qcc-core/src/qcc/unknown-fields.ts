import { isRecord } from './response.ts';

/** What the document names around the rows of a list (6.2.1 to 6.2.9): flat by its tables, nested by its examples. */
const RESULT_FIELDS = [
  'callbackUrl',
  'orderNo',
  'createDate',
  'downloadUrl',
  'downloadUrlExpiredTime',
  'unzipPassword',
];
const PAGING_FIELDS = ['pageSize', 'pageIndex', 'totalRecords'];
const FIELDS = ['status', 'msg', 'result', 'resultList', 'paging', ...RESULT_FIELDS, ...PAGING_FIELDS];

const PLAIN = /^[\p{L}\p{N}_.-]{1,64}$/u;
/** Passwords and signatures have digits. */
const LETTERS = /^\p{L}{1,64}$/u;
/** Replaces a name that may be anything. */
export const OTHER_NAME = '(not a plain name)';

/** Returns the names that are not known. Names that must not be shown become `OTHER_NAME`, possibly more than one. */
export const unknownNames = (names: Iterable<string>, known: readonly string[], told = PLAIN): string[] =>
  [...names].filter((name) => !known.includes(name)).map((name) => (told.test(name) ? name : OTHER_NAME));

/**
 * Names of envelope fields that the document does not know, such as `traceNo` or `result.fileSize`, each once. Never a value. If a
 * response contains secrets, only names that consist of letters are shown.
 */
export function unknownFields(fields: Record<string, unknown>, { hasSecrets }: { hasSecrets: boolean }): string[] {
  const unknownOf = (object: unknown, known: readonly string[], prefix = ''): string[] =>
    isRecord(object)
      ? unknownNames(Object.keys(object), known, hasSecrets ? LETTERS : PLAIN).map((name) =>
          name === OTHER_NAME ? name : `${prefix}${name}`,
        )
      : [];
  return [
    ...new Set([
      ...unknownOf(fields, FIELDS),
      ...unknownOf(fields.result, RESULT_FIELDS, 'result.'),
      ...unknownOf(fields.paging, PAGING_FIELDS, 'paging.'),
    ]),
  ];
}
