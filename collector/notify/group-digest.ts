/** What a receiver is told of several groups at once, because it has had enough messages or was not to be disturbed. */
import type { LiveAlert } from '../alerts/alert.ts';
import { rankOf } from '../evaluate/book.ts';
import { endsIn, type GroupDraft, hearersOf, wayKey } from './group.ts';
import { groupId, type MessageGroup } from './group-memory.ts';
import type { GroupMessages } from './group-messages.ts';
import type { Way } from './notification.ts';
import { type Receivers, waysOf } from './receivers.ts';

export interface DigestParts {
  receivers: Receivers;
  /** A digest of several groups would open something there that nothing ever closes. */
  keepsState?(channel: string): boolean;
}

interface DueGroup {
  group: MessageGroup;
  draft: GroupDraft<LiveAlert>;
}

/** Several groups of one receiver in one message; to a channel that keeps a state, one each. */
export function digest(
  { receivers, keepsState = () => false }: DigestParts,
  messages: GroupMessages,
  list: readonly DueGroup[],
): void {
  const [{ group, draft }] = list as [DueGroup];
  const { receiver } = group;
  const all = list.map((one) => one.draft);
  const worst = all.reduce((a, b) => (rankOf[b.severity] > rankOf[a.severity] ? b : a)).severity;
  const current = waysOf(receivers, [receiver], worst, draft.at);
  const known = new Set(current.map(wayKey));
  const about = groupId(receiver, {});
  const message = {
    ...{ at: draft.at, event: 'digest' as const, severity: worst, about, receiver, values: {}, number: null },
    resolved: [],
  };
  // Where all of a group is over, all who heard of it are told, and those who are not asked today of nothing else.
  const waysFor = (one: DueGroup) => (one.draft.event === 'resolved' ? [...one.group.ways.values()] : current);
  const over = list.flatMap((one) =>
    endsIn(one.group, one.draft, waysFor(one)).map((alert) => {
      return { alert, hearers: hearersOf(one.group, alert.key) };
    }),
  );
  const isOpen = ({ channel }: Way) => keepsState(channel);
  const ended = list.flatMap(waysFor).filter((way) => !known.has(wayKey(way)) && !isOpen(way));
  const read = current.filter((way) => !isOpen(way));
  messages.pushEach({ ...message, firing: all.flatMap(({ firing }) => firing) }, read, over);
  messages.pushEach({ ...message, firing: [] }, [...new Map(ended.map((way) => [wayKey(way), way])).values()], over);
  for (const one of list) messages.say(one.group, one.draft, waysFor(one).filter(isOpen), one.draft.event, null);
  messages.countMessage(receiver, draft.at);
  for (const one of list) messages.told(one.group, one.draft, waysFor(one));
}
