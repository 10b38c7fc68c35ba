/** `routes test`: who would hear of an alert, and why, by the settings and the state of this collector. Changes nothing. */
import { existsSync } from 'node:fs';
import { systemClock } from '../../shared/clock.ts';
import { fail } from '../../shared/errors.ts';
import { silentLog } from '../../shared/log.ts';
import type { TraceAnswer } from '../../shared/on-call.ts';
import type { Reason } from '../../shared/reason.ts';
import { escaped } from '../../shared/safe-text.ts';
import { sentence } from '../../shared/sentence.ts';
import { formatReasons } from '../../shared/words/reasons.ts';
import { shownInstant } from '../../shared/zone.ts';
import { labelsOf } from '../alerts/labels.ts';
import { labelsInState } from '../alerts/labels-in-state.ts';
import { doubtsInRoutes } from '../alerts/matcher-doubts.ts';
import { collectorId, ownRuleOf } from '../alerts/own-rules.ts';
import { doubtsInTree } from '../alerts/tree-doubts.ts';
import { createChangeFeed } from '../change-feed.ts';
import { pathsOf } from '../data/folder.ts';
import { defaultRules } from '../evaluate/defaults.ts';
import { mergeRules } from '../evaluate/merge.ts';
import { createRouting } from '../routing/open.ts';
import type { Config } from '../settings/settings.ts';
import { openState, type State } from '../state/open.ts';
import { type Command, commonOptions, settingsFrom } from './command.ts';
import { rulesInForce } from './rules-difference.ts';

const severities = ['info', 'warning', 'critical'];

async function labelsFor(state: State, named: string, rule: string, severity: string) {
  const alert = { family: rule, metric: '', tags: {}, rule: { severity: severity as 'info' } };
  if (named === collectorId) return labelsOf(alert, { id: named, name: named, site: null, kind: 'collector' }, []);
  const found = await state
    .selectFrom('endpoints')
    .select(['id', 'name', 'site', 'kind', 'tags'])
    .where('retired_at', 'is', null)
    .where((where) => where.or([where('id', '=', named), where('name', '=', named)]))
    .executeTakeFirst();
  if (!found) throw fail('NOT_FOUND', { what: 'endpoint', id: named });
  const groups = await state
    .selectFrom('group_members')
    .innerJoin('groups', 'groups.id', 'group_members.group_id')
    .select('groups.name')
    .where('group_members.endpoint', '=', found.id)
    .execute();
  const names = groups.map(({ name }) => name);
  return labelsOf(alert, { ...found, tags: JSON.parse(found.tags) }, names);
}

/** Built in, of files, or of the page; a typo would be answered as if there were such a rule. */
async function refuseUnknownRule(state: State, config: Config, rule: string): Promise<void> {
  const ofPage = await state.selectFrom('rules').select('rule as id').execute();
  const rules = [...defaultRules, ...config.rules, ...(rulesInForce(config.data) ?? []), ...ofPage];
  if (ownRuleOf(rule) || rules.some(({ id }) => id === rule)) return;
  throw fail('NOT_FOUND', { what: 'rule', id: rule });
}

async function channelsOf(state: State, config: Config) {
  const stored = await state.selectFrom('channels').select(['id', 'severities']).execute();
  const usual = severities.slice(1);
  return [
    ...config.channels.map(({ name, settings }) => ({ name, severities: (settings.severities ?? usual) as string[] })),
    ...stored.map(({ id, severities: own }) => ({ name: id, severities: JSON.parse(own) as string[] })),
  ];
}

const lacks = {
  no_way: 'has no way to be reached; each person sets that under Settings',
  off: 'cannot log in any more',
  gap: 'nobody is on call',
  gone: 'is not there any more',
};

const slipOf = (at: string, why: Reason) => sentence(`The routes, at ${at}: ${formatReasons('en', [why])}`);

/** One line for each receiver, and below it whom that reaches when. */
function linesOf({ heard, gone }: TraceAnswer, zone: string): string[] {
  const lost = gone.map(
    ({ receiver, path }) => `${receiver}   of the route ${path} is not there any more: nobody hears by it`,
  );
  if (heard.length === 0) return ['Nobody would hear of it: no channel takes this severity.', ...lost];
  const lines = heard.flatMap(({ receiver, path, steps }) => [
    `${receiver}   because of the route ${path}`,
    ...steps.map(({ after, event, step, reached, unreached }) => {
      const when = after === 0 ? 'at once' : `after ${Math.round(after / 60)} min`;
      const whom = reached.map(({ receiver: one, via, channels, heldUntil }) => {
        const why = via === null ? '' : `, on call by ${via}`;
        const held = heldUntil === null ? '' : `, quiet until ${shownInstant(heldUntil, zone)}`;
        return `${one} (by ${channels.join(', then ')}${why}${held})`;
      });
      const lacking = unreached.map(({ receiver: one, why }) => `${one}: ${lacks[why]}`);
      const why = lacking.length === 0 ? '' : ` (${lacking.join('; ')})`;
      const what = event === 'skipped' ? 'nobody, and so the next step at once' : whom.join('; ') || 'nobody';
      const place = event === 'exhausted' ? 'nobody reacted: ' : step === null ? '' : `step ${step}: `;
      return `  ${when.padEnd(13)}${place}${what}${why}`;
    }),
  ]);
  return [...lines, ...lost];
}

export const command: Command = {
  options: {
    ...commonOptions,
    ...{ endpoint: { type: 'string' }, rule: { type: 'string' }, severity: { type: 'string' }, at: { type: 'string' } },
  },
  async run(values) {
    const given = (name: string): string => {
      const value = values[name];
      if (typeof value !== 'string' || value === '') throw fail('BAD_FLAG', { problem: `no --${name}` });
      return value;
    };
    const [endpoint, rule, severity] = [given('endpoint'), given('rule'), given('severity')];
    if (!severities.includes(severity))
      throw fail('BAD_FLAG', { problem: `--severity ${severity}; it is one of ${severities.join(', ')}` });
    const at = values.at === undefined ? systemClock.now() : Date.parse(String(values.at));
    if (!Number.isFinite(at))
      throw fail('BAD_FLAG', { problem: `--at ${String(values.at)}; write it like 2026-12-24T03:00Z` });
    const { config } = settingsFrom(values);
    if (config.state === null && !existsSync(pathsOf(config.data).state)) throw fail('NO_DATA', { path: config.data });
    const state = await openState(config.state ?? pathsOf(config.data).state);
    try {
      await refuseUnknownRule(state, config, rule);
      const channels = await channelsOf(state, config);
      const { onCall } = await createRouting({
        ...{ state, file: config.routing, channels: () => channels, now: () => at, log: silentLog },
        ...{ changeFeed: createChangeFeed(), onChange: () => undefined },
      });
      const labels = await labelsFor(state, endpoint, rule, severity);
      const known = await labelsInState(state, mergeRules(defaultRules, config.rules));
      const { content } = onCall.routes();
      const slips = [...doubtsInRoutes(content, known), ...doubtsInTree(content)].map(({ at, why }) =>
        slipOf(at.join('.'), why),
      );
      const gone = (await onCall.doubts('routes')).map(({ path, why }) => slipOf(path.join('.'), why));
      for (const slip of [...gone, ...slips]) process.stderr.write(`${escaped(slip)}\n`);
      const lines = [`At ${shownInstant(at, config.zone)}:`, ...linesOf(onCall.trace(labels, at), config.zone)];
      process.stdout.write(`${lines.map(escaped).join('\n')}\n`);
    } finally {
      await state.destroy();
    }
    return 0;
  },
};
