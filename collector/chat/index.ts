/** Kinds of chat rooms that are listened to. One more: a file in `kinds/` and an entry here. */
import { matrix } from './kinds/matrix.ts';
import { slack } from './kinds/slack.ts';
import type { ChatRoomType } from './room.ts';

export const chatTypes: readonly ChatRoomType[] = [slack, matrix];
