/** Changes in memory that can be taken back: what could not be saved has not happened. */
export interface Undo<T extends object> {
  /** Changes an object in place, and remembers how it was. */
  put(object: T, columns: Partial<T>): void;
  /** Remembers how to take back a change of any other kind. */
  change(back: () => unknown): void;
  /** Forgets how it was. */
  keep(): void;
  /** Takes everything back since `keep`, the last change first. */
  undo(): void;
}

/** @param restored told of each object that was put back */
export function createUndo<T extends object>(restored: (object: T) => void): Undo<T> {
  let backs: (() => unknown)[] = [];
  return {
    put(object, columns) {
      const before = { ...object };
      backs.push(() => {
        Object.assign(object, before);
        restored(object);
      });
      Object.assign(object, columns);
    },
    change: (back) => void backs.push(back),
    keep() {
      backs = [];
    },
    undo() {
      const all = backs;
      backs = [];
      for (const back of all.reverse()) back();
    },
  };
}
