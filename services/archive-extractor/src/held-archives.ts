import type { InspectedArchive } from 'qcc-archive/obtain/steps';

/** Archives that are kept in the spool between two tries to publish an order, by the name of its message. */
export type HeldArchives = AsyncDisposable & {
  hold(name: string, archive: InspectedArchive): void;
  /** Whoever takes it disposes of it. */
  take(name: string): InspectedArchive | undefined;
};

/** Another instance may own the partition by the next try, so an archive is held for `ms` at most. */
export function createHeldArchives({ ms }: { ms: number }): HeldArchives {
  const held = new Map<string, { archive: InspectedArchive; end: NodeJS.Timeout }>();
  const take = (name: string): InspectedArchive | undefined => {
    const each = held.get(name);
    clearTimeout(each?.end);
    held.delete(name);
    return each?.archive;
  };
  return {
    hold(name, archive) {
      void take(name)?.[Symbol.asyncDispose]();
      const end = setTimeout(() => void take(name)?.[Symbol.asyncDispose](), ms);
      held.set(name, { archive, end });
    },
    take,
    async [Symbol.asyncDispose]() {
      await Promise.all([...held.keys()].map((name) => take(name)?.[Symbol.asyncDispose]()));
    },
  };
}
