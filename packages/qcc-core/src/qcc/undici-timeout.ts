import { errors } from 'undici';

/** Whether a request ended by one of undici's own limits. */
export const isUndiciTimeout = (error: unknown): boolean =>
  error instanceof errors.ConnectTimeoutError ||
  error instanceof errors.HeadersTimeoutError ||
  error instanceof errors.BodyTimeoutError;
