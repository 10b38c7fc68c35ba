/** What a receiver is told of several groups at once, because it has had enough messages or was not to be disturbed. */
import type { LiveAlert } from '../alerts/alert.ts';
import { rankOf } from '../evaluate/book.ts';
import { endsIn, type GroupDraft, hearersOf, wayKey } from './group.ts';
import { groupId, type MessageGroup } from './group-memory.ts';
import type { GroupMessages } from './group-messages.ts';
import { type Receivers, waysOf } from './receivers.ts';

interface DueGroup {
  group: MessageGroup;
  draft: GroupDraft<LiveAlert>;
}

/** Several groups of one receiver in one message. */
export function digest(receivers: Receivers, messages: GroupMessages, list: readonly DueGroup[]): void {
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
  const ended = list.flatMap(waysFor).filter((way) => !known.has(wayKey(way)));
  messages.pushEach({ ...message, firing: all.flatMap(({ firing }) => firing) }, current, over);
  messages.pushEach({ ...message, firing: [] }, [...new Map(ended.map((way) => [wayKey(way), way])).values()], over);
  messages.countMessage(receiver, draft.at);
  for (const one of list) messages.told(one.group, one.draft, waysFor(one));
}
