/** Who looks at an alert: until later they know of its groups, and of those of its incident. Nobody has it by that. */
import type { GroupMemory, MessageGroup } from './group-memory.ts';

export const createLooks =
  ({ groups, alerts, put }: GroupMemory, awake: number) =>
  /** @param others keys of the other alerts of its incident. @returns whether that is news */
  (key: string, user: string, at: number, others: readonly string[]): boolean => {
    const ids = new Set([key, ...others].flatMap((one) => alerts.get(one)?.groups ?? []));
    let isNews = false;
    for (const id of ids) {
      const group = groups.get(id) as MessageGroup;
      if (at - (group.opened.get(user) ?? Number.NEGATIVE_INFINITY) >= awake) isNews = true;
      put(group, { opened: new Map([...group.opened, [user, at]]) });
    }
    return isNews;
  };
