/** Functions that open transactions of their own, as parts of a larger one. */
import type { StateTransaction } from './database.ts';
import type { State } from './open.ts';

/** A state whose transactions are parts of `db`: all of them are kept, or none. */
export function insideOf(db: StateTransaction): State {
  const inside: State = new Proxy(db, {
    get(of, name) {
      if (name === 'transaction') return () => ({ execute: (work: (db: State) => unknown) => work(inside) });
      const value: unknown = Reflect.get(of, name, of);
      return typeof value === 'function' ? value.bind(of) : value;
    },
  });
  return inside;
}
