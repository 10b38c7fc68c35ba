/** Links to tools of remote support, as the interface shows them. */
import { type Static, Type } from 'typebox';

export const RemoteTool = Type.Object({
  name: Type.String(),
  url: Type.Union([Type.String(), Type.Null()]),
  withheld: Type.Union([Type.String(), Type.Null()], {
    description: 'the part of the template whose value could mean another thing in a link, so that there is none',
  }),
});
export type RemoteTool = Static<typeof RemoteTool>;
