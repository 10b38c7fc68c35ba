/** What would be left without a user who is disabled. */
import { type Static, Type } from 'typebox';

export const Duties = Type.Object({
  now: Type.Array(Type.String(), { description: 'schedules by which the user is on call now' }),
  namedBy: Type.Array(Type.String(), {
    description: 'schedules, policies and routes that name the user, such as policy:servers or root/berlin',
  }),
});
export type Duties = Static<typeof Duties>;
