/**
 * The worker's copy of the manifest. A query holds on to the list that it began with; a file that has left the list is
 * removed from the disk when no query can still open it.
 */
import type { Segment } from './plan.ts';

interface ManifestVersion {
  segments: readonly Segment[];
  readers: number;
  /** Files that the next version does not have any more. */
  garbage: readonly Segment[];
}

export interface Manifest {
  readonly segments: readonly Segment[];
  replace(added: readonly Segment[], removed: readonly Segment[]): void;
  /** Forgets the segments without removing their files: they were moved aside. */
  forget(segments: readonly Segment[]): void;
  /** Runs `read` with a list whose files stay until it has ended. */
  reading<T>(read: (segments: readonly Segment[]) => Promise<T>): Promise<T>;
}

export function createManifest(segments: readonly Segment[], remove: (segments: readonly Segment[]) => void): Manifest {
  let current: ManifestVersion = { segments, readers: 0, garbage: [] };
  /** Oldest first, the current one last: garbage of one may be read through any older one. */
  const versions = [current];

  const next = (added: readonly Segment[], removed: readonly Segment[], garbage: readonly Segment[]) => {
    const gone = new Set(removed.map(({ id }) => id));
    current.garbage = garbage;
    current = {
      segments: [...current.segments.filter(({ id }) => !gone.has(id)), ...added],
      readers: 0,
      garbage: [],
    };
    versions.push(current);
    sweep();
  };
  const sweep = () => {
    for (let first = versions[0]; first && first !== current && first.readers === 0; first = versions[0]) {
      remove(first.garbage);
      versions.shift();
    }
  };

  return {
    get segments() {
      return current.segments;
    },
    replace: (added, removed) => next(added, removed, removed),
    forget: (segments) => next([], segments, []),
    async reading(read) {
      const version = current;
      version.readers += 1;
      try {
        return await read(version.segments);
      } finally {
        version.readers -= 1;
        sweep();
      }
    },
  };
}

/** One hold at a time: while it is on, files that the manifest names now, or later, stay. */
export function createHold(manifest: Manifest): (ask: { on: boolean }) => Promise<null> {
  let letGo: (() => void) | null = null;
  return async ({ on }) => {
    letGo?.();
    letGo = null;
    if (on)
      void manifest.reading(() => {
        const { promise, resolve } = Promise.withResolvers<void>();
        letGo = resolve;
        return promise;
      });
    return null;
  };
}
