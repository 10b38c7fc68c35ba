/**
 * The default rules: few, late rather than nervous, each with a clear level. Where other products differ,
 * the less sensitive limit was taken.
 * To add a rule: an entry here, and its name under `rule` in shared/words. Every rule can be overridden by id under
 * `rules:` in evenkeel.yaml.
 */
import type { Condition } from './kinds/threshold.ts';
import type { Rule } from './rule.ts';

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;
const GiB = 1024 ** 3;

type Extra = Partial<Omit<Rule, 'id' | 'name' | 'severity' | 'when'>>;

const warning = (id: string, when: Rule['when'], extra: Extra = {}): Rule => ({
  id,
  enabled: true,
  severity: 'warning',
  applies: 'all',
  when,
  for_s: 0,
  clear_for_s: 0,
  ticket: 'open',
  urgency: 3,
  ...extra,
});

/** The worse level of the rule `milder`; everything not given is taken from that. */
const critical = (milder: Rule, id: string, when: Rule['when'], extra: Extra = {}): Rule => ({
  ...milder,
  id,
  severity: 'critical',
  level_of: milder.id,
  when,
  urgency: 2,
  ...extra,
});

/** Shown on pages; neither notified nor a ticket. */
const info = (id: string, when: Rule['when'], extra: Extra = {}): Rule => ({
  ...warning(id, when, { ticket: 'off', ...extra }),
  severity: 'info',
});

const metric = (measurement: string, ...all: Condition[]): Rule['when'] => ({ kind: 'threshold', measurement, all });
const above = (field: string, value: number, clear?: number): Condition => ({
  field,
  op: '>=',
  value,
  ...(clear === undefined ? {} : { clear }),
});
const below = (field: string, value: number, clear?: number): Condition => ({
  ...above(field, value, clear),
  op: '<',
});
const is = (field: string, value: number): Condition => ({ field, op: '=', value });
const grows = (field: string): Condition => ({ field, op: '>', value: 0, growth: true });

// A large disk that is nearly full in percent only does not alert: both must hold. 3 points lower clears it.
const space = warning('disk-space', metric('disk', above('used_percent', 90, 87), below('free', 20 * GiB, 22 * GiB)), {
  for_s: minute,
  clear_for_s: minute,
  gone_s: 10 * minute,
  urgency: 2,
});
// By the nights' forecasts: two weeks are time to order a disk, three days to delete something.
const fullSoon = warning('disk-full-soon', { kind: 'forecast', within_days: 14 }, { gone_s: 3 * day });
const inodes = warning('disk-inodes', metric('disk', above('inodes_used_percent', 90, 87)), {
  for_s: minute,
  clear_for_s: minute,
  gone_s: 10 * minute,
});
const backupLateServer = warning(
  'backup-late-server',
  // A quarter over its interval is late, twice is badly late: 30 h and 48 h for a daily one.
  metric('backup', above('age_percent', 125), above('overdue_s', hour)),
  { applies: 'server', for_s: 5 * minute, covered_by: ['backup-failed', 'backup-unknown'] },
);
const backupLateWorkstation = warning(
  'backup-late-workstation',
  // A laptop that slept over the weekend must not notify anyone at night.
  metric('backup', above('age_percent', 125), above('age_s', 3 * day)),
  // A laptop that was closed for a week is late the moment it opens: it gets some time to catch up by itself.
  { applies: 'workstation', for_s: 2 * hour, covered_by: ['backup-failed', 'backup-unknown'] },
);
/** Twice its interval. */
const badlyLate = [above('age_percent', 200), above('overdue_s', 3 * hour)];
const backupFailed = warning('backup-failed', metric('backup', is('result', 2)), { urgency: 2 });
const backupUnknown = warning('backup-unknown', metric('backup', is('result', 5)), { for_s: day, ticket: 'off' });
/** Without a good backup for this long: the same alert at a worse level. A workstation that was away gets some time. */
const overdueToo = (milder: Rule, result: number): Rule =>
  critical(milder, `${milder.id}-critical`, metric('backup', is('result', result), ...badlyLate), {
    for_s: 2 * hour,
    ticket: 'open',
  });
const noBackup: Rule['when'] = { kind: 'missing', measurement: 'backup', field: 'result', after_s: 3 * day };
const securityAge = warning(
  'security-updates',
  // The count decides that it is over: without anything pending there is no age to check.
  metric('patches', above('oldest_security_age_s', 7 * day), above('pending_security', 1)),
);
const reboot = warning(
  'reboot-required',
  metric('os', above('reboot_required_age_s', 7 * day), is('reboot_required', 1)),
);
const endOfLife = warning('end-of-life', metric('os', below('end_of_life_days', 90)));
const smart = warning('disk-health', metric('smart', above('severity', 1)));
const array = warning('array-health', metric('array', above('severity', 1)));
// Share of the whole pool; a data set that is nearly empty does not count. A file system of one disk is disk-space.
const pool = warning('pool-space', metric('array', above('used_percent', 90, 87)), { urgency: 2 });
const certificate = warning('certificate', metric('cert', below('days_left', 30)));
const targetCertificate = warning('target-certificate', metric('target', below('certificate_days', 30)));
// From how many on, the endpoint's own settings say.
const logEntries = warning('log-matches', metric('log', above('matches', 1), is('over', 1)));
const custom = warning('custom-check', metric('custom', is('status', 1)), {
  for_s: minute,
});

export const defaultRules: readonly Rule[] = [
  // Presence. An absent workstation is asleep or at home: only three weeks of it need a check.
  {
    ...warning('server-down', {
      kind: 'absence',
      after_s: 10 * minute,
    }),
    severity: 'critical',
    applies: 'server',
    for_s: minute,
    clear_for_s: minute,
    urgency: 1,
  },
  info(
    'workstation-not-seen',
    {
      kind: 'absence',
      after_s: 21 * day,
    },
    { applies: 'workstation', ticket: 'open' },
  ),

  // Disks
  space,
  critical(
    space,
    'disk-space-critical',
    metric('disk', above('used_percent', 95, 92), below('free', 5 * GiB, 6 * GiB)),
    {
      urgency: 1,
    },
  ),
  // Long before it is nearly full, while there is time. Filling and full are one story: one alert, one message.
  critical(space, 'disk-runaway', { kind: 'runaway', within_s: 4 * hour }, { for_s: 10 * minute, urgency: 1 }),
  fullSoon,
  critical(fullSoon, 'disk-full-soon-critical', { kind: 'forecast', within_days: 3 }),
  inodes,
  critical(inodes, 'disk-inodes-critical', metric('disk', above('inodes_used_percent', 95, 92))),
  {
    ...warning('disk-read-only', metric('disk', is('read_only', 1)), {
      for_s: minute,
      clear_for_s: minute,
      gone_s: 10 * minute,
      urgency: 1,
    }),
    severity: 'critical',
  },
  {
    ...warning('disk-errors', metric('disk', above('errors', 1)), {
      urgency: 2,
    }),
    severity: 'critical',
  },

  // Load. High CPU alone is rarely worth an alert, and never on a personal machine.
  warning('cpu', metric('cpu', { ...above('usage_active', 90, 75), mean_s: 15 * minute }), {
    applies: 'server',
    clear_for_s: 5 * minute,
  }),
  info('cpu-workstation', metric('cpu', { ...above('usage_active', 90, 75), mean_s: 15 * minute }), {
    applies: 'workstation',
    clear_for_s: 5 * minute,
  }),
  warning('cpu-steal', metric('cpu', { ...above('usage_steal', 10, 5), mean_s: 20 * minute }), {
    applies: 'server',
    clear_for_s: 5 * minute,
  }),
  warning('load', metric('system', above('load15_per_cpu', 2, 1.5)), {
    applies: 'server',
    for_s: 5 * minute,
    clear_for_s: 5 * minute,
  }),

  // Memory: high use is normal; high use with tasks waiting for memory is a shortage.
  warning(
    'memory',
    metric(
      'mem',
      { ...above('used_percent', 90, 85), mean_s: 15 * minute },
      { ...above('avg300', 5, 2), measurement: 'pressure', tags: { resource: 'memory', type: 'some' } },
    ),
    { clear_for_s: 5 * minute, urgency: 2 },
  ),
  warning('memory-level', metric('mem', above('pressure_level', 2)), {
    for_s: 15 * minute,
    clear_for_s: 5 * minute,
  }),
  warning('memory-commit', metric('mem', above('commit_percent', 95, 90)), {
    for_s: 15 * minute,
    clear_for_s: 5 * minute,
    // Linux overcommits by design; the figure is a limit on Windows only, where no pressure is measured.
    enabled: false,
  }),
  warning('swap', metric('swap', above('used_percent', 90, 80), grows('in')), {
    for_s: 15 * minute,
    clear_for_s: 15 * minute,
  }),
  {
    ...warning('oom', metric('kernel_vmstat', grows('oom_kill')), {
      applies: 'server',
      clear_for_s: 30 * minute,
      urgency: 2,
    }),
    severity: 'critical',
  },
  warning('oom-workstation', metric('kernel_vmstat', grows('oom_kill')), {
    applies: 'workstation',
    clear_for_s: 30 * minute,
    ticket: 'off',
  }),

  // The measuring itself. "Unknown" is never good and never bad: it has rules of its own.
  warning('data-lost', metric('loss', above('count', 1)), {
    clear_for_s: hour,
    ticket: 'off',
  }),
  warning(
    'identity-conflict',
    metric('identity', above('machines', 2)),
    // Reported each time that one takes over the connection of the other; without further reports it is over.
    { gone_s: 30 * minute, urgency: 2 },
  ),
  warning(
    'endpoint-floods',
    metric('intake', above('held_percent', 50, 1)),
    // Reported every ten seconds while it is beyond any budget, and once more when it no longer is, which a restart forgets.
    { for_s: 30, clear_for_s: 5 * minute, gone_s: 30 * minute, urgency: 2 },
  ),
  warning('check-failing', metric('check', is('ok', 0)), {
    for_s: 15 * minute,
    ticket: 'off',
  }),
  warning('spool-growing', metric('agent', above('spool_reports', 1000, 100)), {
    for_s: 15 * minute,
    clear_for_s: minute,
    ticket: 'off',
  }),
  warning('clock', metric('os', above('time_offset_s', 5, 2)), {
    for_s: 10 * minute,
  }),
  warning('clock-behind', metric('os', { field: 'time_offset_s', op: '<=', value: -5, clear: -2 }), {
    for_s: 10 * minute,
  }),
  info('unclean-shutdown', metric('os', grows('unclean_shutdowns')), {
    clear_for_s: hour,
  }),

  // Backups, by age and result
  backupLateServer,
  critical(backupLateServer, 'backup-late-server-critical', metric('backup', ...badlyLate)),
  backupLateWorkstation,
  critical(
    backupLateWorkstation,
    'backup-late-workstation-critical',
    metric('backup', above('age_percent', 200), above('age_s', 7 * day)),
  ),
  backupFailed,
  overdueToo(backupFailed, 2),
  warning('backup-never', metric('backup', is('result', 4)), {
    for_s: day,
  }),
  backupUnknown,
  overdueToo(backupUnknown, 5),
  {
    ...warning(
      'backup-verify-failed',
      metric('backup', is('verify_result', 1)),
      // Evaluated when a test is recorded and once per day; gone with the job.
      { gone_s: 2 * day, urgency: 2 },
    ),
    severity: 'critical',
  },
  warning(
    'backup-verified-old',
    // Only where a restore was ever tried or the tool verifies: a fleet in which none was tried yet would have only
    // this alert. What was never tried is counted on the Protection page.
    metric('backup', above('verified_age_s', 90 * day)),
    { gone_s: 2 * day },
  ),
  warning(
    'backup-size',
    // Against the median of the five good runs before: after three runs of the new size it is the normal one.
    metric('backup', below('size_percent', 50)),
    // Reported daily; gone with the job.
    { gone_s: 2 * day },
  ),
  // Where a product is found but its job cannot be read, backup-unknown fires; here there is no backup at all.
  warning('backup-none-server', noBackup, {
    applies: 'server',
  }),
  info('backup-none', noBackup, { applies: 'workstation' }),

  // Updates: by age. That something is pending is the normal state of a machine.
  securityAge,
  critical(
    securityAge,
    'security-updates-critical',
    metric('patches', above('oldest_security_age_s', 14 * day), above('pending_security', 1)),
  ),
  warning('update-lists-old', metric('patches', above('metadata_age_s', 48 * hour)), {
    for_s: hour,
    ticket: 'off',
  }),
  warning('update-scan-failed', metric('patches', is('scan_ok', 0)), {
    for_s: day,
  }),
  warning(
    'update-scan-missing',
    { kind: 'missing', measurement: 'patches', field: 'scan_ok', after_s: 3 * day },
    { ticket: 'off' },
  ),
  reboot,
  critical(
    reboot,
    'reboot-required-critical',
    metric('os', above('reboot_required_age_s', 14 * day), is('reboot_required', 1)),
    {
      urgency: 3,
    },
  ),
  endOfLife,
  critical(endOfLife, 'end-of-life-critical', metric('os', below('end_of_life_days', 0)), { urgency: 3 }),

  // Health and posture
  smart,
  critical(smart, 'disk-health-critical', metric('smart', above('severity', 2))),
  array,
  critical(array, 'array-health-critical', metric('array', above('severity', 2))),
  pool,
  critical(pool, 'pool-space-critical', metric('array', above('used_percent', 95, 92)), { urgency: 1 }),
  // That it runs again is reported once: there is no second sample to wait for.
  warning('service-down', metric('service', is('running', 0)), {
    for_s: 5 * minute,
    clear_for_s: 0,
    urgency: 2,
  }),
  certificate,
  critical(certificate, 'certificate-critical', metric('cert', below('days_left', 7))),
  warning('encryption-off', metric('posture', is('encrypted', 0)), {
    applies: 'workstation',
    for_s: hour,
  }),
  warning('firewall-off', metric('posture', is('firewall', 0)), {
    for_s: hour,
    ticket: 'off',
  }),
  warning('antivirus-off', metric('posture', is('antivirus', 0)), {
    for_s: hour,
  }),

  // Targets, watched from outside. That it is down was confirmed by each watcher, within two intervals.
  {
    ...warning('target-down', metric('target', is('down', 1)), { urgency: 2 }),
    severity: 'critical',
  },
  // What users use, by its own rule: so many of its parts must work.
  {
    ...warning('service-unavailable', metric('target', is('service_down', 1)), { urgency: 2 }),
    severity: 'critical',
  },
  warning('target-slow', metric('target', above('time_ms', 2000, 1500)), {
    ...{ enabled: false, for_s: 5 * minute, clear_for_s: 5 * minute, ticket: 'off' },
  }),
  targetCertificate,
  critical(targetCertificate, 'target-certificate-critical', metric('target', below('certificate_days', 7))),
  warning('target-ups', metric('target_ups', is('on_battery', 1)), { for_s: minute, clear_for_s: minute, urgency: 2 }),

  // What is unusual explains other alerts: nobody is told of it, unless `notify` is set.
  ...Object.entries({
    cpu: ['cpu', 'usage_active'],
    memory: ['mem', 'used_percent'],
    load: ['system', 'load15_per_cpu'],
    'disk-busy': ['diskio', 'io_util'],
    received: ['net', 'bytes_recv'],
    sent: ['net', 'bytes_sent'],
    processes: ['processes', 'total'],
  } as const).map(([what, [measurement, field]]) =>
    info(
      `unusual-${what}`,
      { kind: 'baseline', measurement, field },
      { for_s: 30 * minute, clear_for_s: 15 * minute, notify: false },
    ),
  ),

  // Custom checks
  custom,
  critical(custom, 'custom-check-critical', metric('custom', is('status', 2))),
  info('custom-check-unknown', metric('custom', is('status', 3)), { for_s: hour }),
  logEntries,
  info('log-unread', metric('log', is('complete', 0)), { for_s: hour }),
];
