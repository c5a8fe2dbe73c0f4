import type { z } from 'zod';
import type { Endpoint } from './endpoints/endpoint.ts';
import type { QccFailure, QccOutcome } from './outcome.ts';
import type { RawResponse } from './raw-response.ts';
import { parseResponse } from './response.ts';
import { classifyStatus, QCC_STATUSES } from './status.ts';
import { unknownFields } from './unknown-fields.ts';

/**
 * The longest list of the document has pages of 20 rows, so a larger response is not QCC's. JSON of nothing but brackets takes thirty
 * times its bytes when it is parsed, and time in proportion.
 */
export const MAX_RESPONSE_BYTES = 2 * 1_048_576;
/** More than is shown, so that enough remains after masking. */
const QUOTED_CHARACTERS = 1_000;
/** HTTP statuses that say "not now". */
const PASSING = (status: number) => status === 408 || status === 429 || status >= 500;

/**
 * Interprets a response. Invalid UTF-8 is replaced, and a byte order mark is dropped. A failure's
 * message may quote the response, unless the endpoint's responses contain secrets. Remove the account's secrets before you show it.
 */
export function readResponse<Input, Value>(
  endpoint: Endpoint<Input, Value>,
  input: Input,
  { status, body, sentAt: fetchedAt }: Pick<RawResponse, 'status' | 'body' | 'sentAt'>,
  onUnknownFields?: (names: string[]) => void,
): QccOutcome<Value> {
  const fail = (kind: QccFailure['kind'], code: string | null, reason: string, message: string): QccFailure => ({
    kind,
    code,
    reason,
    message,
  });
  if (status !== 200) return fail(PASSING(status) ? 'retry' : 'unknown', null, `HTTP_${status}`, `HTTP ${status}`);
  if (body === null) return fail('unknown', null, 'TOO_LARGE', `the response exceeds ${MAX_RESPONSE_BYTES} bytes`);
  const text = new TextDecoder().decode(body);
  const response = parseResponse(text);
  const quoted = (said: string) => (endpoint.returnsSecrets ? '' : `: ${said.slice(0, QUOTED_CHARACTERS)}`);
  if (response.kind === 'not-json') return fail('unknown', null, 'NOT_JSON', `${response.message}${quoted(text)}`);
  if (response.kind === 'no-status') return fail('unknown', null, 'UNEXPECTED_SHAPE', response.message);

  const { code, fields } = response;
  const names = onUnknownFields ? unknownFields(fields, { hasSecrets: endpoint.returnsSecrets === true }) : [];
  if (names.length > 0) onUnknownFields?.(names);
  const statusClass = classifyStatus(code);
  switch (statusClass) {
    case 'success': {
      const result = endpoint.result(input).safeParse(fields);
      if (!result.success) return fail('unknown', code, 'UNEXPECTED_SHAPE', describeIssues(result.error));
      return { kind: 'success', value: result.data, fetchedAt };
    }
    case 'empty':
      return { kind: 'empty', fetchedAt };
    default:
      return fail(
        statusClass,
        code,
        `QCC_${code}`,
        QCC_STATUSES[code]?.message ??
          `unknown status ${code}${quoted(typeof fields.msg === 'string' ? fields.msg : 'without a message')}`,
      );
  }
}

/** Which field, and what about it; never its value. */
const describeIssues = (error: z.ZodError): string =>
  error.issues.map(({ path, message }) => `${path.join('.')} ${message}`.trim()).join('; ');
