/**
 * Who is logged in, and what the pages may offer. The collector enforces permissions; this only hides what it would
 * refuse.
 */
import { signal } from '@preact/signals';
import type { Me } from '../../../shared/api.ts';
import type { LoggedOutAt } from '../../../shared/openid.ts';
import { mayDo, type Role } from '../roles.ts';
import { readersZone } from '../time/readers-zone.ts';
import { hangUp, listen } from './live.ts';
import { asProblem } from './load.ts';
import { call, forgetAnswers, isAway, onLoggedOut, type Problem, retryMs } from './request.ts';

/** null until the first answer. */
export const me = signal<Me | null>(null);
export const meProblem = signal<Problem | null>(null);
/** Somebody was logged in here until the session ended without them. */
export const hasEnded = signal(false);

/** Tabs of a browser have one log-in: where it changed, the others ask who it is now. */
let others: BroadcastChannel | undefined;

function take(answer: Me): void {
  const before = me.value;
  // Of somebody else nothing may stay on the page: neither what was read nor what was typed.
  if (before?.role != null && answer.role !== null && before.user !== answer.user) {
    location.reload();
    return;
  }
  if (before?.user !== answer.user) {
    forgetAnswers();
    others?.postMessage(answer.user);
  }
  hasEnded.value = answer.role === null && (hasEnded.value || me.value?.role != null);
  me.value = answer;
  meProblem.value = null;
  if (answer.role === null) hangUp();
  else listen(answer.user, isStillMine);
}

/** Else whoever only looks at a page goes on to read what was true when the session ended. */
async function isStillMine(): Promise<boolean> {
  const user = me.value?.user;
  try {
    const answer = await call<Me>('me');
    const isMine = answer.role !== null && answer.user === user;
    if (!isMine) take(answer);
    return isMine;
  } catch {
    // No connection: the stream tries again, and asks again.
    return false;
  }
}

export async function askMe(): Promise<void> {
  try {
    take(await call<Me>('me'));
  } catch (thrown) {
    meProblem.value = asProblem(thrown);
    if (isAway(meProblem.value)) setTimeout(askMe, retryMs);
  }
}

/** IANA: in which the months of all numbers are counted. A month begins earlier or later for the reader elsewhere. */
export const reportZone = (): string => me.value?.zone ?? readersZone();

export function watchSession(): void {
  others = 'BroadcastChannel' in window ? new BroadcastChannel('evenkeel.session') : undefined;
  others?.addEventListener('message', ({ data }) => {
    if (me.value && data !== me.value.user) void askMe();
  });
  onLoggedOut(() => {
    if (me.value) take({ ...me.value, user: null, role: null });
  });
}

export async function logOut(): Promise<void> {
  const there = await call<LoggedOutAt | undefined>('logout', { method: 'POST', body: {} });
  // The log-in at the provider would let the next person in without a question.
  if (there) return location.assign(there.url);
  await askMe();
  hasEnded.value = false;
}

/** `operator`: acknowledge, comment, assign, resolve. `admin`: people, tokens, join codes. */
export function may(needed: Role): boolean {
  return mayDo(me.value?.role ?? null, needed);
}

/** What holds for others as well, and what is of many at once: refused to who is limited to some sites. */
export const mayForAll = (needed: Role): boolean => may(needed) && !me.value?.sites;
