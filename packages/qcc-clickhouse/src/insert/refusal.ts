import { ClickHouseError } from '@clickhouse/client';

/**
 * Errors that mean that ClickHouse cannot read or store a value. The row is at fault, and every attempt fails in the same way.
 * Every other code (too many parts, memory, a missing table or column, rights, read-only, …) and every error of the connection is a fault
 * of the environment: waiting loses nothing, but a dead letter would lose the row.
 * Names and numbers: https://github.com/ClickHouse/ClickHouse/blob/master/src/Common/ErrorCodes.cpp
 */
const ROW_ERRORS: ReadonlySet<string> = new Set([
  '6', // CANNOT_PARSE_TEXT
  '25', // CANNOT_PARSE_ESCAPE_SEQUENCE
  '26', // CANNOT_PARSE_QUOTED_STRING
  '27', // CANNOT_PARSE_INPUT_ASSERTION_FAILED
  '32', // ATTEMPT_TO_READ_AFTER_EOF, of an empty text that should be a number
  '33', // CANNOT_READ_ALL_DATA, also of a body cut in transit: insertRows tries a row again
  '38', // CANNOT_PARSE_DATE
  '41', // CANNOT_PARSE_DATETIME
  '53', // TYPE_MISMATCH
  '69', // ARGUMENT_OUT_OF_BOUND, a decimal with too many digits
  '70', // CANNOT_CONVERT_TYPE
  '72', // CANNOT_PARSE_NUMBER
  '117', // INCORRECT_DATA, also of a field that the table lacks: then every row is refused, see insertRows
  '130', // CANNOT_READ_ARRAY_FROM_TEXT
  '131', // TOO_LARGE_STRING_SIZE
  '321', // VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE
  '349', // CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
  '407', // DECIMAL_OVERFLOW
  '469', // VIOLATED_CONSTRAINT
]);

/** ClickHouse has no code for what its Avro reader throws, and its client makes a plain error of that. */
const AVRO_ERROR = /^std::exception\. Code: 1001, type: avro::Exception\b/;

/** Whether the rows themselves are what ClickHouse objects to. */
export const isRefusal = (error: unknown): error is Error =>
  (error instanceof ClickHouseError && ROW_ERRORS.has(error.code)) ||
  (error instanceof Error && AVRO_ERROR.test(error.message));
