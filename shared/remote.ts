/** Links to tools of remote support, as the interface shows them. */
import { type Static, Type } from 'typebox';

export const RemoteTool = Type.Object({ name: Type.String(), url: Type.String() });
export type RemoteTool = Static<typeof RemoteTool>;
