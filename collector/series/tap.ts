/** Somebody beside the backend who gets every block that is durable in the journal, such as mirrors. */
import type { BackendParts, ErasedSeries, OpenBackend } from './backend.ts';
import type { Sealed } from './journal/journal.ts';

export interface BlockTap {
  /** Before any block. */
  open(parts: Pick<BackendParts, 'dictionary'> & { lastBlock: number }): void;
  /** May come again after a start; its bytes are the backend's afterwards. */
  write(block: Sealed): void;
  /** The journal is about to let go of blocks: what is to be kept is kept now. Must not throw. */
  keep(): void;
  erase(endpoints: readonly ErasedSeries[]): void;
  close(): Promise<void>;
}

/** No block leaves the journal before the tap has kept it; the backend works as without. */
export function tapped(open: OpenBackend, tap: BlockTap | null | undefined): OpenBackend {
  if (!tap) return open;
  return (parts) => {
    const { journal, dictionary } = parts;
    tap.open({ dictionary, lastBlock: journal.lastBlock });
    const backend = open({
      ...parts,
      journal: {
        database: journal.database,
        get lastBlock() {
          return journal.lastBlock;
        },
        blocks: journal.blocks,
        advance(through, record) {
          if (through !== null) tap.keep();
          return journal.advance(through, record);
        },
      },
    });
    return {
      ...backend,
      write(block) {
        tap.write(block);
        backend.write(block);
      },
      async erase(endpoints) {
        tap.erase(endpoints);
        await backend.erase(endpoints);
      },
      async close() {
        await tap.close();
        await backend.close();
      },
    };
  };
}
