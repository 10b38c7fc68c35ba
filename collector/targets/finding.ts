/** What was seen of a target or a service, for messages and pages. Pure. */
import type { ServiceFinding, TargetFinding } from '../../shared/finding.ts';
import { settingOf, type TargetResult } from '../../shared/target.ts';
import type { CountedTarget } from './count.ts';
import { addressOf } from './row.ts';
import type { KeptTarget, ServiceDefinition } from './store.ts';
import { type Ballot, type TargetState, voteOf } from './verdict.ts';

/** What was awaited where something else came: statuses, or words. */
function expectedOf({ kind, settings }: Pick<KeptTarget, 'kind' | 'settings'>, result: TargetResult | null) {
  const named: Partial<Record<TargetResult, string>> = {
    ...{ wrong_status: 'status', words_missing: 'contains', words_present: 'absent', wrong_answer: 'answer' },
  };
  const name = result === null ? undefined : named[result];
  const expected = name === undefined ? undefined : settingOf<string>(kind, settings, name);
  return expected === undefined || expected === '' ? {} : { expected: String(expected) };
}

/** What most saw; of several as many the one that was seen last. */
function commonest(ballots: readonly Ballot[]): TargetResult | null {
  const seen = new Map<TargetResult, number>();
  for (const { result } of [...ballots].sort((a, b) => b.at - a.at)) seen.set(result, (seen.get(result) ?? 0) + 1);
  return [...seen].sort(([, a], [, b]) => b - a)[0]?.[0] ?? null;
}

/** @param services names of those that are down and of which it is a part */
export function findingOfTarget(
  { target, ballots, state }: CountedTarget,
  isThere: (watcher: string) => boolean,
  services: readonly string[],
  now: number,
): TargetFinding {
  const all = [...ballots.values()].map((ballot) => ({
    ballot,
    vote: voteOf(ballot, target, isThere(ballot.watcher), now),
  }));
  const cast = all.filter(({ vote }) => vote !== null);
  const down = cast.filter(({ vote }) => vote === 'down');
  // A vote may rest on what was seen before: a failure that is being confirmed is no answer yet.
  const said = (state === 'down' ? down : cast).map(({ ballot }) => ballot);
  const result = commonest(state === 'down' ? said : said.filter((one) => one.result === 'ok'));
  const status = said.find((one) => one.result === result)?.fields.status_code;
  const days = said.flatMap(({ fields }) => fields.days_left ?? []);
  return {
    ...{ of: 'target', kind: target.kind, address: addressOf(target), result },
    ...(result === 'wrong_status' && status !== undefined ? { status } : {}),
    ...expectedOf(target, result),
    ...(days.length === 0 ? {} : { daysLeft: Math.min(...days) }),
    ...{ votes: cast.length, down: down.length, services: [...services] },
  };
}

interface FoundPart {
  id: string;
  name: string;
  state: TargetState;
  since: number | null;
  finding: TargetFinding | null;
}

/** @param out parts that do not count */
export function findingOfService(
  parts: readonly FoundPart[],
  need: ServiceDefinition['need'],
  out: number,
): ServiceFinding {
  const down = parts.filter(({ state }) => state === 'down');
  const unclear = parts.filter(({ state }) => state === 'unknown');
  return {
    of: 'service',
    down: down.map(({ id, name, since, finding }) => ({ id, name, since, finding })),
    unclear: unclear.map(({ id, name, since }) => ({ id, name, since })),
    ...{ unknown: unclear.length, out, parts: parts.length, need: need ?? parts.length },
  };
}
