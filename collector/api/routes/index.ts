/** The route groups. To add one: a file, a line here, and its entries in access.ts. */
import type { App, Context } from '../context.ts';
import { accountRoutes } from './accounts.ts';
import { actRoutes } from './act.ts';
import { agentDoorRoutes } from './agent-door.ts';
import { agentSettingsRoutes } from './agent-settings.ts';
import { alertGroupRoutes } from './alert-groups.ts';
import { alertmanagerRoutes } from './alertmanager.ts';
import { alertRoutes } from './alerts.ts';
import { applicantRoutes } from './applicants.ts';
import { attachmentRoutes } from './attachments.ts';
import { auditRoutes } from './audit.ts';
import { brokerUserRoutes } from './broker-users.ts';
import { budgetRoutes } from './budgets.ts';
import { bulkRoutes } from './bulk.ts';
import { calendarRoutes } from './calendars.ts';
import { changeOutcomeRoutes } from './change-outcome.ts';
import { changeTableRoutes } from './change-table.ts';
import { changeRoutes } from './changes.ts';
import { channelRoutes } from './channels.ts';
import { chartMarkRoutes } from './chart-marks.ts';
import { chatRoutes } from './chat.ts';
import { collectorRoutes } from './collectors.ts';
import { copyRoutes } from './copies.ts';
import { costRoutes } from './costs.ts';
import { credentialRoutes } from './credentials.ts';
import { dependencyRoutes } from './dependencies.ts';
import { deskRoutes } from './desks.ts';
import { directoryRoutes } from './directory.ts';
import { endpointPageRoutes } from './endpoint-page.ts';
import { endpointRoutes } from './endpoints.ts';
import { enrollmentRoutes } from './enrollments.ts';
import { eventRoutes } from './events.ts';
import { fleetTableRoutes } from './fleet-table.ts';
import { impactRoutes } from './impact.ts';
import { incidentRoutes } from './incidents.ts';
import { installRoutes } from './install.ts';
import { knowledgeRoutes } from './knowledge.ts';
import { kpiRoutes } from './kpis.ts';
import { logInRoutes } from './log-ins.ts';
import { mailInRoutes } from './mail-in.ts';
import { maintenanceRoutes } from './maintenance.ts';
import { maintenanceTableRoutes } from './maintenance-table.ts';
import { metricRoutes } from './metrics.ts';
import { mirrorRoutes } from './mirrors.ts';
import { onCallRoutes } from './on-call.ts';
import { openedRoutes } from './opened.ts';
import { openIdRoutes } from './openid.ts';
import { optionalPartRoutes } from './optional-parts.ts';
import { outsideRoutes } from './outside.ts';
import { ownAccountRoutes } from './own-account.ts';
import { ownBackupRoutes } from './own-backups.ts';
import { ownWayRoutes } from './own-ways.ts';
import { peopleRoutes } from './people.ts';
import { placeRoutes } from './places.ts';
import { protectionRoutes } from './protection.ts';
import { pushRoutes } from './push.ts';
import { quarantineRoutes } from './quarantine.ts';
import { rateRoutes } from './rate.ts';
import { reachedRoutes } from './reached.ts';
import { receiverRoutes } from './receivers.ts';
import { recoveryRoutes } from './recovery.ts';
import { remoteRoutes } from './remote.ts';
import { reportLabelRoutes } from './report-labels.ts';
import { reportScheduleRoutes } from './report-schedules.ts';
import { reportRoutes } from './reports.ts';
import { restoreTestRoutes } from './restore-tests.ts';
import { retiredRoutes } from './retired.ts';
import { routingRoutes } from './routing.ts';
import { ruleChangeRoutes } from './rule-changes.ts';
import { ruleRoutes } from './rules.ts';
import { scriptRoutes } from './scripts.ts';
import { searchRoutes } from './search.ts';
import { secondFactorRoutes } from './second-factor.ts';
import { selfServiceRoutes } from './self-service.ts';
import { seriesRoutes } from './series.ts';
import { serviceRoutes } from './services.ts';
import { sessionRoutes } from './session.ts';
import { silenceRoutes } from './silences.ts';
import { softwareRoutes } from './software.ts';
import { stabilityRoutes } from './stability.ts';
import { statusRoutes } from './status.ts';
import { targetRoutes } from './targets.ts';
import { ticketBulkRoutes } from './ticket-bulk.ts';
import { ticketTargetRoutes } from './ticket-targets.ts';
import { ticketRoutes } from './tickets.ts';
import { tlsRoutes } from './tls.ts';
import { tokenRoutes } from './tokens.ts';
import { updateRoutes } from './updates.ts';
import { usualRoutes } from './usual.ts';
import { viewRoutes } from './views.ts';
import { workloadRoutes } from './workload.ts';

export const routes: readonly ((app: App, context: Context) => void)[] = [
  sessionRoutes,
  openIdRoutes,
  secondFactorRoutes,
  logInRoutes,
  ownAccountRoutes,
  pushRoutes,
  endpointRoutes,
  bulkRoutes,
  fleetTableRoutes,
  copyRoutes,
  credentialRoutes,
  agentSettingsRoutes,
  updateRoutes,
  scriptRoutes,
  dependencyRoutes,
  retiredRoutes,
  endpointPageRoutes,
  restoreTestRoutes,
  placeRoutes,
  peopleRoutes,
  directoryRoutes,
  calendarRoutes,
  seriesRoutes,
  usualRoutes,
  chartMarkRoutes,
  viewRoutes,
  eventRoutes,
  quarantineRoutes,
  alertRoutes,
  openedRoutes,
  alertGroupRoutes,
  outsideRoutes,
  alertmanagerRoutes,
  onCallRoutes,
  reachedRoutes,
  receiverRoutes,
  ownWayRoutes,
  routingRoutes,
  maintenanceTableRoutes,
  maintenanceRoutes,
  silenceRoutes,
  changeRoutes,
  changeOutcomeRoutes,
  changeTableRoutes,
  channelRoutes,
  deskRoutes,
  remoteRoutes,
  mailInRoutes,
  chatRoutes,
  ruleRoutes,
  ruleChangeRoutes,
  ticketRoutes,
  ticketBulkRoutes,
  workloadRoutes,
  attachmentRoutes,
  ticketTargetRoutes,
  knowledgeRoutes,
  searchRoutes,
  targetRoutes,
  serviceRoutes,
  rateRoutes,
  actRoutes,
  selfServiceRoutes,
  recoveryRoutes,
  reportLabelRoutes,
  impactRoutes,
  incidentRoutes,
  protectionRoutes,
  kpiRoutes,
  budgetRoutes,
  stabilityRoutes,
  reportRoutes,
  reportScheduleRoutes,
  statusRoutes,
  costRoutes,
  softwareRoutes,
  enrollmentRoutes,
  installRoutes,
  agentDoorRoutes,
  brokerUserRoutes,
  tokenRoutes,
  accountRoutes,
  applicantRoutes,
  auditRoutes,
  ownBackupRoutes,
  collectorRoutes,
  mirrorRoutes,
  optionalPartRoutes,
  tlsRoutes,
  metricRoutes,
];
