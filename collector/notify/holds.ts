/** Receivers that have asked for a pause: nothing goes to them before it is over, also after a restart. */
import type { Clock } from '../../shared/clock.ts';
import type { State } from '../state/open.ts';

const keyOf = (channel: string) => `outbox.held.${channel}`;

export function createHolds({ state, clock }: { state: State; clock: Clock }) {
  /** By channel: until when, ms UTC; what is stored was read once. */
  const untils = new Map<string, number>();
  const isHeld = (channel: string) => clock.now() < (untils.get(channel) ?? 0);

  return {
    isHeld,
    /** As `isHeld`, also of what a collector before this one was asked. */
    async isHeldNow(channel: string): Promise<boolean> {
      if (!untils.has(channel)) {
        const found = state.selectFrom('settings').select('value').where('key', '=', keyOf(channel));
        const row = await found.executeTakeFirst();
        untils.set(channel, row ? Number(JSON.parse(row.value)) : 0);
      }
      return isHeld(channel);
    },
    async hold(channel: string, until: number): Promise<void> {
      const longest = Math.max(untils.get(channel) ?? 0, until);
      untils.set(channel, longest);
      const row = { key: keyOf(channel), value: JSON.stringify(longest) };
      await state
        .insertInto('settings')
        .values(row)
        .onConflict((clash) => clash.column('key').doUpdateSet({ value: row.value }))
        .execute();
    },
  };
}
