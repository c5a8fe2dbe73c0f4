/** The lane was lost or broken before or during a transaction, which has not been committed or whose outcome is unknown. */
export class LaneLostError extends Error {
  override readonly name = 'LaneLostError';
}
