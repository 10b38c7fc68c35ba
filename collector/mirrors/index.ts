/** All kinds of mirrors. */
import { lineProtocol } from './line-protocol.ts';
import type { MirrorKind } from './mirror.ts';
import { remoteWrite } from './remote-write.ts';

export const mirrorKinds: readonly [MirrorKind, ...MirrorKind[]] = [lineProtocol, remoteWrite];
