/** What the REST interface answers about who and what can be notified: the choices of routes, policies and schedules. */
import { type Static, Type } from 'typebox';

const names = Type.Array(Type.String());
export const ReceiverChoices = Type.Object({
  /** Who can log in. */
  people: names,
  schedules: names,
  policies: names,
  channels: Type.Array(Type.Object({ name: Type.String(), kind: Type.String() })),
});
export type ReceiverChoices = Static<typeof ReceiverChoices>;
