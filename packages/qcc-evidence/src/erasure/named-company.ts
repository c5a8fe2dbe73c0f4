const CORP_KEY_NO = /"\s*corpKeyNo\s*"\s*:\s*"([^"\\]+)"/;

/** The company that a text names where it is JSON, whole or not; null where it names none. */
export const namedCompany = (text: string): string | null => CORP_KEY_NO.exec(text)?.[1] ?? null;
