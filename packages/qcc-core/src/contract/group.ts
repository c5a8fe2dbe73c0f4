/** The consumer group of the sink: one for all accounts, as its tables are. */
export const sinkGroup = (prefix: string): string => `${prefix}qcc.sink`;
