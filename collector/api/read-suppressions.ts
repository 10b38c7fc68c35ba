/** Why nobody is notified of an alert at present, with what a person asks next: by whom, why, until when. */
import type { AlertDetail } from '../../shared/api.ts';
import type { Suppression } from '../../shared/suppression.ts';
import type { Context } from './context.ts';

type SuppressionSources = Pick<Context, 'state' | 'silences' | 'ruleNamed' | 'maintenance'>;
type AlertWithEvents = Pick<AlertDetail, 'alert' | 'events'>;

const nothing = { id: null, by: null, reason: null, until: null, isOver: false, causes: [], site: null };

export async function suppressionsOf(parts: SuppressionSources, detail: AlertWithEvents): Promise<Suppression[]> {
  const found: Suppression[] = [];
  for (const kind of detail.alert.suppressedBy as Suppression['kind'][]) {
    const known = await knownOf(parts, detail, kind);
    found.push(...(known.length > 0 ? known : [{ ...nothing, kind }]));
  }
  return found;
}

async function knownOf(
  { state, silences, ruleNamed, maintenance }: SuppressionSources,
  { alert, events }: AlertWithEvents,
  kind: Suppression['kind'],
): Promise<Suppression[]> {
  if (kind === 'silence')
    return silences.hiding(alert.id).map(({ id, createdBy: by, reason, end: until }) => {
      return { ...nothing, kind, id, by, reason, until };
    });
  if (kind === 'maintenance') {
    // Over, but for the minutes in which a machine that was worked on settles: of the window that ended last.
    const quietUntil = maintenance.quietUntil(alert.endpoint.id);
    const rows = await state
      .selectFrom('maintenance_members')
      .innerJoin('maintenance_occurrences', 'maintenance_occurrences.id', 'maintenance_members.occurrence')
      .innerJoin('maintenance_windows', 'maintenance_windows.id', 'maintenance_occurrences.maintenance')
      .select(['maintenance_windows.id', 'entered_by', 'maintenance_windows.reason', 'maintenance_occurrences.end_at'])
      .where('maintenance_members.endpoint', '=', alert.endpoint.id)
      .where('maintenance_members.to_at', quietUntil === null ? 'is' : 'is not', null)
      .orderBy(
        quietUntil === null ? 'maintenance_occurrences.end_at' : 'maintenance_members.to_at',
        quietUntil === null ? 'asc' : 'desc',
      )
      .limit(quietUntil === null ? 20 : 1)
      .execute();
    return rows.map(({ id, entered_by: by, reason, end_at: end }) => {
      return { ...nothing, kind, id, by, reason, until: quietUntil ?? end, isOver: quietUntil !== null };
    });
  }
  // What begins it is the newest change of that kind, and says its cause.
  const begun = (code: string) => events.findLast((event) => event.code === code)?.params ?? {};
  if (kind === 'site_incident') {
    const { site } = begun('in_site_incident');
    return typeof site === 'string' ? [{ ...nothing, kind, site }] : [];
  }
  if (kind !== 'inhibition') return [];
  const { by } = begun('inhibited') as { by?: readonly { alert: string; rule: string; name: string }[] };
  if (!by || by.length === 0) return [];
  const causes = by.map(({ alert: id, rule, name }) => ({ alert: id, rule: ruleNamed(rule), name }));
  return [{ ...nothing, kind, causes }];
}
