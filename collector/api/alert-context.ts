/** What may explain an alert: work on its machine before it, other metrics that were unusual then, and earlier ones like it. */
import type { AlertContext } from '../../shared/alert-groups.ts';
import { fail } from '../../shared/errors.ts';
import { fieldOf } from '../../shared/metrics.ts';
import { unusualAt } from '../baseline/unusual.ts';
import { changeMarks, spanBefore } from '../changes/marks.ts';
import type { BaselineWhen } from '../evaluate/kinds/baseline.ts';
import type { Endpoint } from '../fleet/fleet.ts';
import type { Context } from './context.ts';
import { placeOf } from './rule-scope.ts';

const changesAtMost = 10;
const earlierAtMost = 5;
const unusualAtMost = 6;
const shortAtMost = 12;

type AlertReading = Pick<
  Context,
  'state' | 'series' | 'clock' | 'zone' | 'fleet' | 'groups' | 'changes' | 'ruleNamed' | 'rules'
>;

/** @throws EvenkeelError NOT_FOUND */
export async function alertContext(context: AlertReading, id: string): Promise<AlertContext> {
  const alert = await context.state.selectFrom('alerts').selectAll().where('id', '=', id).executeTakeFirst();
  if (!alert) throw fail('NOT_FOUND', { what: 'alert', id });
  const at = alert.fired_at ?? alert.pending_at;
  const marks = await changeMarks(context.state, [alert.endpoint], spanBefore(at));
  const machine = await context.state
    .selectFrom('endpoints')
    .select('id')
    .where('id', '=', alert.endpoint)
    // A target and a service stand among the endpoints, too.
    .where('kind', '<>', 'target' as 'server')
    .executeTakeFirst();
  return {
    isMachine: machine !== undefined,
    changes: marks.slice(0, changesAtMost).map(({ at, what, change }) => ({ at, what, change })),
    ...(await leftRange(context, alert.endpoint, at, alert.metric)),
    earlier: await earlierOnes(context, alert.key, id, at),
  };
}

/** By the rules of kind `baseline` that hold for the endpoint. The metric of the alert itself needs no explanation. */
async function leftRange(context: AlertReading, id: string, at: number, own: string) {
  const endpoint = context.fleet.get(id);
  if (!endpoint) return { unusual: [], compared: 0, short: [] };
  const whens = baselinesOf(context, endpoint).filter(({ measurement, field }) => `${measurement}.${field}` !== own);
  const { lines, compared, short } = await unusualAt(context, endpoint, whens, at);
  return {
    unusual: lines.slice(0, unusualAtMost).map(({ metric, tags, outside, usual, goesOn }) => {
      const { value, score, range, from, to } = outside;
      const { values, weeks } = usual;
      const shown = { metric, tags, unit: unitOf(metric), value, low: range.low, high: range.high, score };
      return { ...shown, from, to: goesOn ? null : to, values, weeks };
    }),
    compared,
    short: short.slice(0, shortAtMost),
  };
}

const baselinesOf = (context: AlertReading, endpoint: Endpoint): BaselineWhen[] =>
  context.rules
    .books()
    .for(placeOf(context, endpoint))
    .rules.flatMap(({ when }) => (when.kind === 'baseline' ? [when] : []));

/** Of a counter its rate is shown. */
function unitOf(metric: string): string {
  const { unit = 'number', kind } = fieldOf(metric) ?? {};
  return kind === 'counter' ? `${unit}/s` : unit;
}

async function earlierOnes({ state }: AlertReading, key: string, id: string, before: number) {
  const rows = await state
    .selectFrom('alerts')
    .select(['id', 'fired_at', 'resolved_at', 'resolved_why', 'acknowledged_by', 'ticket'])
    .where('key', '=', key)
    .where('id', '<>', id)
    .where('state', '=', 'resolved')
    .where('fired_at', '<', before)
    .orderBy('fired_at', 'desc')
    .limit(earlierAtMost)
    .execute();
  const tickets = rows.flatMap(({ ticket }) => ticket ?? []);
  const texts =
    tickets.length === 0
      ? []
      : await state
          .selectFrom('ticket_events')
          .select(['ticket', 'text'])
          .where('ticket', 'in', tickets)
          .where('to_state', '=', 'resolved')
          .where('text', 'is not', null)
          .orderBy('id')
          .execute();
  const solved = new Map(texts.map(({ ticket, text }) => [ticket, text]));
  return rows.map((row) => ({
    id: row.id,
    firedAt: row.fired_at ?? before,
    resolvedAt: row.resolved_at ?? before,
    why: row.resolved_why,
    acknowledgedBy: row.acknowledged_by,
    ticket: row.ticket,
    solved: (row.ticket === null ? null : solved.get(row.ticket)) ?? null,
  }));
}
