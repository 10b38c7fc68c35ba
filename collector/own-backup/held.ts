/** What a restored collector holds back: all messages, until a person lets them go. */
import type { RestoredView } from '../../shared/own-backup.ts';
import type { State } from '../state/open.ts';
import { endHold, type OldMessages, readRestored } from './restored.ts';

export interface HeldMessages {
  /** When it was restored, where messages are held since; null: they are sent. */
  since(): number | null;
  view(): Promise<RestoredView['restored']>;
  end(old: OldMessages): Promise<void>;
}

/** @param onEnd messages may go now */
export async function createHeld(state: State, onEnd: () => void): Promise<HeldMessages> {
  let restored = await readRestored(state);
  const waiting = async (before: number) => {
    const { n } = await state
      .selectFrom('deliveries')
      .select((of) => of.fn.countAll<number>().as('n'))
      .where('state', '=', 'queued')
      .where('created_at', '<', before)
      .executeTakeFirstOrThrow();
    return Number(n);
  };
  return {
    since: () => (restored?.isHeld ? restored.at : null),
    async view() {
      if (!restored) return null;
      const { at, isHeld } = restored;
      const [all, old] = isHeld ? [await waiting(Number.MAX_SAFE_INTEGER), await waiting(at)] : [0, 0];
      return { ...restored, waiting: all, old };
    },
    async end(old) {
      await endHold(state, old);
      restored = await readRestored(state);
      onEnd();
    },
  };
}
