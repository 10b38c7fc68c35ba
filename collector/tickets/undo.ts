/** Changes in memory that can be undone when they could not be saved. */
export interface Undo<T extends object> {
  /** Changes an object in place, and remembers its former columns. */
  put(object: T, columns: Partial<T>): void;
  /** Remembers how to undo a change of any other kind. */
  change(back: () => unknown): void;
  /** Makes the changes permanent. */
  keep(): void;
  /** Undoes everything since `keep`, the last change first. */
  undo(): void;
}

/** @param restored called with each object that was put back */
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
