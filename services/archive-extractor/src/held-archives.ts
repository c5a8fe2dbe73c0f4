import type { SpooledArchive } from 'qcc-archive/obtain/fetch-archive';

/** Archives that are kept in the spool between two tries to publish an order, by the name of its message. */
export type HeldArchives = AsyncDisposable & {
  hold(name: string, archive: SpooledArchive): void;
  /** Whoever takes it disposes of it. */
  take(name: string): SpooledArchive | undefined;
};

/** Another instance may own the partition by the next try, so an archive is held for `ms` at most. */
export function createHeldArchives({ ms }: { ms: number }): HeldArchives {
  const held = new Map<string, { archive: SpooledArchive; end: NodeJS.Timeout }>();
  const take = (name: string): SpooledArchive | undefined => {
    const each = held.get(name);
    clearTimeout(each?.end);
    held.delete(name);
    return each?.archive;
  };
  return {
    hold(name, archive) {
      const end = setTimeout(() => void take(name)?.[Symbol.asyncDispose](), ms);
      held.set(name, { archive, end });
    },
    take,
    async [Symbol.asyncDispose]() {
      await Promise.all([...held.keys()].map((name) => take(name)?.[Symbol.asyncDispose]()));
    },
  };
}
