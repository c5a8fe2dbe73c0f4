/** Key of an order on `order-state`; its partition is the one of `orders`, where `orderNo` alone is the key. */
export const orderStateKey = (account: string, orderNo: string): string => `${account}|${orderNo}`;
