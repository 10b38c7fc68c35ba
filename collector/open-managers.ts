/**
 * Wires what people manage and read beside alerts and tickets: places, calendars, impact, months. Called by
 * `collector.ts` alone. To add one: a line here and its contract in `api/context.ts`.
 */
import type { NamedRule } from '../shared/api.ts';
import type { Clock } from '../shared/clock.ts';
import type { Log } from '../shared/log.ts';
import { type AgentSettingsParts, createAgentSettings } from './agent-settings/agent-settings.ts';
import type { OwnAlerts } from './alerts/own.ts';
import { createCalendars } from './calendars/calendars.ts';
import type { ChangeFeed } from './change-feed.ts';
import { createChanges } from './changes/changes.ts';
import type { ChangeParts } from './changes/tools.ts';
import { createCosts } from './costs/costs.ts';
import { reaches } from './evaluate/scope.ts';
import { createCredentials } from './fleet/credentials.ts';
import type { Fleet } from './fleet/fleet.ts';
import { createGroups } from './fleet/groups.ts';
import { createSites } from './fleet/sites.ts';
import { createImpacts } from './impact/impact.ts';
import { createKnowledge, type KnowledgeParts } from './knowledge/knowledge.ts';
import { createDisks } from './kpi/disk-forecasts.ts';
import { createMonths } from './kpi/months.ts';
import type { MaintenanceReads } from './maintenance/read.ts';
import { createGeneratedDependencies } from './outages/generated.ts';
import { createReportMails } from './reports/mail.ts';
import { createPdfs } from './reports/pdf/pdf.ts';
import { createReports } from './reports/reports.ts';
import { createSchedules } from './reports/schedules.ts';
import type { ScriptRoom } from './scripts/open-orders.ts';
import { createScripts } from './scripts/scripts.ts';
import type { SeriesStore } from './series/series.ts';
import { createSoftware } from './software/software.ts';
import type { TextIndex } from './state/drivers/text-index.ts';
import type { Chore } from './state/housekeeping.ts';
import type { State } from './state/open.ts';
import { dropAged } from './state/retention.ts';
import { limitedState } from './state/sight.ts';
import { createStatusPages } from './status/status.ts';
import type { TargetJudge, TargetParts } from './targets/contract.ts';
import { dependenciesIn } from './targets/dependencies.ts';
import { createServices, type Services } from './targets/services.ts';
import { createTargets } from './targets/targets.ts';
import { createReleaseFolder } from './updates/release-folder.ts';
import { createUpdates } from './updates/updates.ts';

interface ManagedParts {
  state: State;
  /** Of articles and tickets. */
  index: TextIndex;
  fleet: Fleet;
  series: SeriesStore;
  changeFeed: ChangeFeed;
  clock: Clock;
  stopped: AbortSignal;
  log: Log;
  /** Report zone, IANA. */
  zone: string;
  /** Path of the program that makes PDFs; null: the usual places. */
  browser: string | null;
  /** How long what the numbers of months are made of is kept. */
  evidenceMs: number;
  /** Folder of the built web app. */
  web: string;
  version: string;
  publicUrl(): string;
  /** Name of the channel that mails reports; null where there is none. */
  mailChannel(): string | null;
  /** Mails were queued. */
  wake(): void;
  /** How the reviewers of articles are asked: there only after these. */
  reviews: KnowledgeParts['reviews'];
  /** Only once the rules are there. */
  ruleNamed(id: string): NamedRule;
  /** Places were renamed, or endpoints moved between them. */
  onScopesMoved(): Promise<void>;
  /** Where the collector looks at targets, and those of the settings file. */
  targets: Pick<TargetParts, 'allow' | 'list'>;
  /** What agents get of themselves, and what the file says of it. */
  agentSettings: Pick<AgentSettingsParts, 'base' | 'file'>;
  /** Who may run scripts of machines. */
  accounts: ScriptRoom['accounts'];
  scripts: ScriptRoom['settings'];
  /** Where packages of agents, and a release of them, lie. */
  packageFolders: readonly string[];
  /** It is there only after these. */
  maintenance(): ReturnType<ChangeParts['maintenance']> & Pick<MaintenanceReads, 'ahead'>;
}

export async function openManagers(parts: ManagedParts) {
  const { clock, fleet } = parts;
  const places = { ...parts, now: clock.now };
  const months = createMonths(parts);
  const software = createSoftware(places);
  const disks = createDisks({ ...parts, state: limitedState(parts.state) });
  const chores: Chore[] = [
    // Before months are closed, which count it.
    { name: 'installed software', run: () => software.catchUp() },
    { name: 'closed months', run: () => months.close() },
    { name: 'what has aged', run: () => dropAged(parts.state, clock.now(), parts.evidenceMs) },
    { name: 'when disks will be full', run: () => disks.compute() },
  ];
  const knowledge = await createKnowledge(places);
  chores.push(...knowledge.chores);
  const groups = await createGroups(places);
  const agentSettings = await createAgentSettings({ ...parts, ...parts.agentSettings, groups });
  const folder = createReleaseFolder(parts.packageFolders, clock.now);
  const updates = await createUpdates({ ...parts, folder });
  const scripts = await createScripts({ ...parts, settings: parts.scripts });
  const groupsOf = (id: string) => groups.namedGroupsOf(id).flatMap((group) => [group.id, group.name]);
  const changes = createChanges({
    ...parts,
    endpointsIn: (scope) =>
      [...fleet.all()].filter((one) => reaches(scope, { ...one, groups: groupsOf(one.id) })).map(({ id }) => id),
  });
  const reports = createReports({ ...parts, state: limitedState(parts.state), months });
  const pdfs = createPdfs(parts);
  const schedules = createSchedules({ ...parts, reports });
  const generated = createGeneratedDependencies();
  let services: Services | null = null;
  const onDefined = () => {
    if (services) generated.set(dependenciesIn(targets.definitions(), services.definitions()));
  };
  const targets = await createTargets({ ...parts, ...parts.targets, onDefined });
  const credentials = createCredentials(places);
  chores.push({ name: 'credentials of a year', run: () => credentials.yearly() });
  services = await createServices({ ...parts, targets, onDefined });
  onDefined();
  return {
    agentSettings,
    updates,
    scripts,
    targets,
    services,
    generated,
    credentials,
    sites: createSites(places),
    groups,
    changes,
    calendars: createCalendars(places),
    impacts: createImpacts({ ...places, state: limitedState(parts.state) }),
    costs: createCosts(places),
    software,
    knowledge,
    months,
    disks,
    ...{ reports, pdfs, schedules },
    status: createStatusPages({
      ...{ ...parts, groups },
      watched: { services, targets, ahead: (ids) => parts.maintenance().ahead(ids) },
    }),
    mailOf: createReportMails({ ...parts, reports, pdfs }),
    /** What of it is done each night. */
    chores,
    /** From here on agents are told, and alerts raised. */
    begin(alerts: TargetJudge & Pick<OwnAlerts, 'own' | 'ownTags'>, tell: (endpoint: string) => void) {
      targets.start(alerts, tell);
      agentSettings.start(tell);
      updates.start(tell, alerts);
      scripts.start(tell);
      services.start(alerts);
      knowledge.start();
    },
    end: () =>
      Promise.all([
        ...[targets.stop(), services.stop(), agentSettings.stop(), updates.close(), knowledge.stop(), scripts.stop()],
      ]),
  };
}
