/** Every kind of mistake in evenkeel.yaml: where it is reported to be, and in which words. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { loadConfig } from '../../collector/settings/config.ts';
import type { EvenkeelError } from '../../shared/errors.ts';
import { makeCertificate, opensslIsHere } from '../support/certificate.ts';
import { temporaryFolder } from '../support/processes.ts';

const test = suite('bad settings');
const folder = temporaryFolder();
test.after(() => folder.remove());

/** @returns the lines of the refusal; none when the settings were taken */
function faultsIn(yaml: string, env: Record<string, string> = {}, cwd = folder.path): string[] {
  writeFileSync(join(cwd, 'my.yaml'), yaml);
  try {
    loadConfig({ config: 'my.yaml' }, env, cwd);
    return [];
  } catch (thrown) {
    return (thrown as EvenkeelError).message.split('\n');
  }
}

const when = (text: string) => `rules:\n  - id: mine\n    name: Mine\n    when:\n${text.replace(/^/gm, '      ')}\n`;
const limit = (measurement: string, condition: string) =>
  when(`kind: threshold\nmeasurement: ${measurement}\nall:\n  - { ${condition} }`);
const mail = 'channels:\n  - name: mail\n    kind: email\n    host: mx\n    from: a@x\n    to: b@x\n';
const hook = 'channels:\n  - name: ops\n    kind: webhook\n    url: https://x/\n';

/** Settings, then the whole message; `…` stands for any rest. */
const table: [yaml: string, ...lines: string[]][] = [
  // Log-in by a provider
  [
    'login: { openid: { issuer: "https://user:pw@login.lan/", client_id: a, client_secret_file: my.yaml, groups: { a: admin } } }\n',
    '1:28: login.openid.issuer "https://…@login.lan/" holds a user or a password; leave out what stands before the @',
  ],
  [
    'login: { openid: { issuer: "http://login.lan", client_id: a, client_secret_file: s.txt, groups: { a: admin } } }\n',
    '1:28: login.openid.issuer "http://login.lan" is not encrypted: whoever is on the way could log in as anybody; write an https address',
    '…',
  ],
  [
    'login: { openid: { issuer: "https://login.lan", client_id: a, client_secret_file: my.yaml, groups: {} } }\n',
    '1:100: login.openid.groups (a section) has no group, so nobody could log in; write the name of one and its role',
  ],
  [
    'login: { openid: { issuer: "https://login.lan", client_id: a, client_secret_file: my.yaml, groups: { a: boss } } }\n',
    '1:100: login.openid.groups (a section) names no role for the group "a"; write one of viewer, operator, manager, admin',
  ],
  [
    'login: { openid: { issuer: "https://login.lan", client_id: a, client_secret_file: my.yaml, groups: { a: { role: admin, sites: [X] } } } }\n',
    '1:100: login.openid.groups (a section) limits the admins of "a" to sites; leave the sites out, or give another role',
  ],
  [
    'login: { openid: { issuer: "https://login.lan", client_id: a, client_secret_file: my.yaml, groups: { a: admin }, session: 13h } }\n',
    '1:123: login.openid.session "13h" must be from 5m to 12h: a role ends with its group at the next log-in only',
  ],
  [
    'login: { openid: { issuer: "https://login.lan", client_id: a, client_secret_file: gone.txt, groups: { a: admin } } }\n',
    '1:83: login.openid.client_secret_file "gone.txt" names a file that cannot be read: ENOENT…',
  ],
  // Keys and plain values
  ['htp:\n  port: 1\n', '1:1: unknown key "htp"; did you mean "http"?'],
  ['http:\n  host: 127.0.0.1\n  prot: 80\n', '3:3: unknown key "prot"; did you mean "port"?'],
  [
    'http:\n  names: ["keel:7460"]\n',
    '2:11: http.names.0 "keel:7460" holds a port; write the name or the address alone',
  ],
  [
    'http:\n  trustProxy: [proxy.example.net]\n',
    '2:16: http.trustProxy.0 "proxy.example.net" is not an address; write one like 10.0.0.7, or a range like 10.0.0.0/24',
  ],
  [
    'http:\n  trustProxy: [10.0.0.0/33]\n',
    '2:16: http.trustProxy.0 "10.0.0.0/33" is not an address; write one like 10.0.0.7, or a range like 10.0.0.0/24',
  ],
  [
    'outgoing:\n  allow: [10.0.0.0/33]\n',
    '2:11: outgoing.allow.0 "10.0.0.0/33" is not an address; write one like 10.0.0.7, or a range like 10.0.0.0/24',
  ],
  [
    'outgoing:\n  allow: ["http://mail.lan"]\n',
    '2:11: outgoing.allow.0 "http://mail.lan" is not an address; write one like 10.0.0.7, or a range like 10.0.0.0/24',
  ],
  [
    'outgoing:\n  allow: ["mail.lan:25"]\n',
    '2:11: outgoing.allow.0 "mail.lan:25" is not an address, a range or a host; write one like 10.0.0.7, 10.0.0.0/24 or mail.example.lan',
  ],
  [
    'outgoing:\n  allow: [169.254.169.254]\n',
    '2:11: outgoing.allow.0 "169.254.169.254" holds credentials of machines or is valid on one cable only: no channel connects there; leave it out',
  ],
  [
    'targets:\n  allow: [169.254.0.0/16]\n',
    '2:11: targets.allow.0 "169.254.0.0/16" holds credentials of machines or is valid on one cable only: it is never looked at; leave it out',
  ],
  ['http:\n  colour: red\n', '2:3: unknown key "colour"; known here: host, port, publicUrl, names, trustProxy'],
  ['retentions:\n  raw: 1d\n', '1:1: unknown key "retentions"; did you mean "retention"?'],
  ['http: 80\n', '1:7: http 80 must be a section with keys of its own'],
  ['- http\n', '1:1: the file (a list) must be a section with keys of its own'],
  ['http:\n  port: many\n', '2:9: http.port "many" must be a whole number from 0 to 65535'],
  ['http:\n  port: "80"\n', '2:9: http.port "80" must be a whole number from 0 to 65535; write 80'],
  ['mqtt:\n  port: 70000\n', '2:9: mqtt.port 70000 must be a whole number from 0 to 65535'],
  ['mqtt:\n  port: 18.5\n', '2:9: mqtt.port 18.5 must be a whole number from 0 to 65535'],
  [
    'http: { host: "127.0.0.1:80" }\n',
    '1:15: http.host "127.0.0.1:80" holds a port; write the name or the address alone',
  ],
  [
    'http: { host: "http://keel" }\n',
    '1:15: http.host "http://keel" is not a host; write a name or an address alone, such as keel.example.net or 10.0.0.7',
  ],
  [
    'http: { publicUrl: keel.example.net }\n',
    '1:20: http.publicUrl "keel.example.net" is not an http or https address; write it like https://keel.example.org',
  ],
  ['http: { port: 99999 }\n', '1:15: http.port 99999 must be a whole number from 0 to 65535'],
  [
    'http: { publicUrl: "https://keel:99999" }\n',
    '1:20: http.publicUrl "https://keel:99999" has a port beyond 65535; write one from 1 to 65535',
  ],
  [
    'series: { kind: influx, url: "http://db:99999/x" }\n',
    '1:30: series.url "http://db:99999/x" has a port beyond 65535; write one from 1 to 65535',
  ],
  [
    'mqtt: { publicUrl: "https://keel" }\n',
    '1:20: mqtt.publicUrl "https://keel" is not an mqtt or mqtts address; write it like mqtts://keel.example.org',
  ],
  [
    'http: { port: 9000 }\nmqtt: { port: 9000 }\n',
    '2:15: mqtt.port 9000 is the port of the web app, too; each needs its own',
  ],
  ['log: inof\n', '1:6: log "inof" must be one of debug, info, warn, error; did you mean "info"?'],
  [
    'tickets:\n  openAfter: soon\n',
    '2:14: tickets.openAfter "soon" is not a duration; write a number with a unit, such as 500ms, 10s, 2m, 36h or 14d',
  ],
  ['tickets: { openAfter: 400d }\n', '1:23: tickets.openAfter "400d" must be from 0ms to 30d'],
  ['retention: { raw: 5s }\n', '1:19: retention.raw "5s" must be from 1h to 3650d'],
  ['retention: { evidence: 365d }\n', '1:24: retention.evidence "365d" must be from 427d to 36500d'],
  ['agents: { interval: 2h }\n', '1:21: agents.interval "2h" must be from 500ms to 1h'],
  ['agents: { interval: [1] }\n', '1:21: agents.interval (a list) must be a duration such as 10s, 2m, 36h or 14d'],
  ['zone: Mars/Base\n', '1:7: zone "Mars/Base" is not a time zone; write it like Europe/Berlin or Asia/Tokyo'],
  ['data: ""\n', '1:7: data "" must be a path'],
  // The text itself
  ['http: [1\nmqtt: 2\n', '2:1: …'],
  ['log: info\nlog: warn\n', '2:1: this key stands here a second time'],
  [
    'log: info\nlog: warn\nzone: x\n',
    '2:1: this key stands here a second time',
    '3:7: zone "x" is not a time zone; write it …',
  ],
  ['data: !secret x\n', '1:7: a tag (!…) that is not known here; put a text that begins with ! in quotes'],
  // Certificates
  ['series: { kind: influx }\n', '1:17: series.kind "influx" needs a `url` as well, such as http://127.0.0.1:8086'],
  [
    'series: { kind: influxdb }\n',
    '1:17: series.kind "influxdb" must be one of embedded, influx; did you mean "influx"?',
  ],
  ['series: { url: "http://db:8086" }\n', '1:16: series.url "http://db:8086" is for `kind: influx` only'],
  [
    'series: { kind: influx, url: "db:8086" }\n',
    '1:30: series.url "db:8086" is not an https or http address; write it like http://127.0.0.1:8086',
  ],
  [
    'series: { kind: influx, url: "http://a:b@db" }\n',
    '1:30: series.url "http://…@db" holds a user or a password; write them as `username` and `password_file`',
  ],
  [
    'series: { kind: influx, url: "http://db", username: keel }\n',
    '1:53: series.username "keel" is given without `password_file`',
  ],
  [
    'series: { kind: influx, url: "http://db", username: keel, password_file: none }\n',
    '1:74: series.password_file "none" names a file that cannot be read: ENOENT…',
  ],
  [
    'series: { kind: influx, url: "http://db", token_file: none }\n',
    '1:55: series.token_file "none" names a file that cannot be read: ENOENT…',
  ],
  [
    'series: { kind: influx, urL: "http://db" }\n',
    '1:17: series.kind "influx" needs a `url` as well, such as http://127.0.0.1:8086',
    '1:25: unknown key "urL"; did you mean "url"?',
  ],
  [
    'tls: { cert: none.pem }\n',
    '1:14: tls.cert "none.pem" names a file that cannot be read: ENOENT…',
    '1:14: tls.cert is given without `key`, the file with its private key',
  ],
  // Messages about alerts
  [
    'notify:\n  wait: 10m\n  by: [the rule]\n  repeats: 1h\n',
    '2:9: notify.wait "10m" must be from 0ms to 5m',
    '3:8: notify.by.0 "the rule" must be the name of a label',
    '4:3: unknown key "repeats"; did you mean "repeat"?',
  ],
  [
    'notify:\n  interval: 5h\n',
    '2:13: notify.interval is 5h, longer than notify.repeat.critical (4h); make it shorter, or write 0s there for never',
  ],
  // Channels
  ['channels:\n  ops: x\n', '2:3: channels (a section) must be a list'],
  ['channels:\n  - ops\n', '2:5: channels.0 must be a section with keys of its own'],
  [
    'channels:\n  - kind: email\n    host: x\n',
    '2:5: channels.0 lacks "name": a name of …',
    '2:5: channels.0 lacks "from": a mail address',
    '2:5: channels.0 lacks "to": a mail address or a list of at least 1 entries',
  ],
  [
    'channels:\n  - name: ops\n    kind: web hook\n',
    '3:11: channels.ops.kind "web hook" must be one of webhook, email, slack, teams, discord, telegram, ntfy, gotify, pagerduty, alertmanager, apprise, http, push; did you mean "webhook"?',
  ],
  ['channels:\n  - name: ops\n    kind: webhook\n', '2:5: channels.ops lacks "url": an http or https address'],
  [
    'channels:\n  - name: Ops team\n    kind: webhook\n    url: https://x\n',
    '2:11: channels.0.name "Ops team" must be a name of small letters, digits and -, such as ops',
  ],
  [`${hook}    tokn: a\n`, '5:5: unknown key "tokn"; did you mean "token"?'],
  [`${hook}    token_fil: a\n`, '5:5: unknown key "token_fil"; did you mean "token_file"?'],
  [`${hook}    token: 1234\n`, '5:12: channels.ops.token must be a token; write it in quotes'],
  [
    `${hook}    severities: [critcal]\n`,
    '5:18: channels.ops.severities.0 "critcal" must be one of info, warning, critical; did you mean "critical"?',
  ],
  [`${hook}    severities: []\n`, '5:17: channels.ops.severities (a list) must be a list of at least 1 entries'],
  [
    `${hook}    severities: critical\n`,
    '5:17: channels.ops.severities "critical" must be a list of at least 1 entries',
  ],
  [`${hook}${hook.slice(10)}`, '5:11: channels.ops.name "ops" is given twice'],
  [
    'channels: [{ name: a, kind: webhook, url: "ftp://u:secret@x" }]\n',
    '1:43: channels.a.url is not an http or https address; write it like https://example.org/hook',
  ],
  [
    'channels: [{ name: a, kind: webhook, url: "https://u:secret@x" }]\n',
    '1:43: channels.a.url holds a password; use token_file instead',
  ],
  ['channels: [https://x/a-token]\n', '1:12: channels.0 must be a section with keys of its own'],
  [
    'channels: [{ name: a, kind: webhook, url: [https://x/a-token] }]\n',
    '1:43: channels.a.url must be an http or https address',
  ],
  [
    'channels: [{ name: a, kind: webhook, url: "https://x:99999/a-token" }]\n',
    '1:43: channels.a.url has a port beyond 65535; write one from 1 to 65535',
  ],
  [mail.replace('b@x', 'nobody'), '6:9: channels.mail.to "nobody" is not a mail address; write it like it@example.org'],
  [
    mail.replace('b@x', '[b@x, "c d"]'),
    '6:15: channels.mail.to.1 "c d" is not a mail address; write it like it@example.org',
  ],
  [mail.replace('mx', 'mx:25'), '4:11: channels.mail.host "mx:25" holds a port; write the name or the address alone'],
  [`${mail}    port: 0\n`, '7:11: channels.mail.port 0 must be a whole number from 1 to 65535'],
  [`${mail}    secure: yes\n`, '7:13: channels.mail.secure "yes" must be true or false; write true'],
  [
    `${mail}    zone: Mars\n`,
    '7:11: channels.mail.zone "Mars" is not a time zone; write it like Europe/Berlin or Asia/Tokyo',
  ],
  [`${mail}    user: me\n`, '7:11: channels.mail.user is given without a password: password_file is missing'],
  [
    `${mail}    user: me\n    password_file: nowhere\n`,
    '8:20: channels.mail.password_file "nowhere" names a file that cannot be read: ENOENT…',
  ],
  [
    `${mail}    user: me\n    password: a\n    password_file: b\n`,
    '9:20: channels.mail.password_file and password are both given; leave one of them out',
  ],
  // Rules
  ['rules:\n  cpu: off\n', '2:3: rules (a section) must be a list'],
  ['rules:\n  - cpu\n', '2:5: rules.0 "cpu" must be a section with keys of its own'],
  [
    'rules:\n  - id: disk-spce\n    enabled: false\n',
    '2:9: rules.disk-spce.id "disk-spce" is no rule that we know; did you mean "disk-space"?',
  ],
  [
    'rules:\n  - id: mine\n',
    '2:9: rules.mine.id "mine" is no rule that we know; a new one needs at least `name` and `when`',
  ],
  ['rules: [{ id: cpu }, { id: cpu }]\n', '1:28: rules.cpu.id "cpu" is given twice'],
  ['rules:\n  - id: cpu\n    fors_s: 1\n', '3:5: unknown key "fors_s"; did you mean "for_s"?'],
  [
    'rules:\n  - id: cpu\n    for_s: 5m\n',
    '3:12: rules.cpu.for_s "5m" must be a number from 0 to 31622400, in seconds; write 300',
  ],
  ['rules:\n  - id: cpu\n    for_s: -1\n', '3:12: rules.cpu.for_s -1 must be a number from 0 to 31622400'],
  [
    'rules:\n  - id: cpu\n    clear_for_s: 86400000\n',
    '3:18: rules.cpu.clear_for_s 86400000 must be a number from 0 to 31622400',
  ],
  ['rules:\n  - id: cpu\n    enabled: no\n', '3:14: rules.cpu.enabled "no" must be true or false; write false'],
  [
    'rules:\n  - id: cpu\n    severity: fatal\n',
    '3:15: rules.cpu.severity "fatal" must be one of info, warning, critical',
  ],
  [
    'rules:\n  - id: cpu\n    applies: servers\n',
    '3:14: rules.cpu.applies "servers" must be one of all, server, workstation; did you mean "server"?',
  ],
  ['rules:\n  - id: cpu\n    ticket: false\n', '3:13: rules.cpu.ticket false must be one of off, propose, open'],
  ['rules:\n  - id: cpu\n    urgency: 4\n', '3:14: rules.cpu.urgency 4 must be a whole number from 1 to 3'],
  [
    'rules:\n  - id: cpu\n    level_of: dsk-space\n',
    '3:15: rules.cpu.level_of names "dsk-space", which is no rule; did you mean "disk-space"?',
  ],
  [
    'rules:\n  - id: cpu\n    level_of: disk-space\n',
    '3:15: rules.cpu.level_of names "disk-space", which looks at another measurement',
  ],
  [
    'rules:\n  - id: cpu\n    level_of: disk-space-critical\n',
    '3:15: rules.cpu.level_of names "disk-space-critical", which is itself a worse level; name the mildest',
  ],
  [
    'rules:\n  - id: disk-space-critical\n    severity: warning\n',
    '3:15: rules.disk-space-critical.severity "warning" is not worse than that of disk-space, which is "warning"',
  ],
  [
    'rules:\n  - id: backup-late-server-critical\n    applies: workstation\n',
    '3:14: rules.backup-late-server-critical.applies "workstation" is not that of backup-late-server, which is "server"',
  ],
  [
    'rules:\n  - id: certificate\n    when: { kind: threshold, measurement: cert, all: [{ field: days_left, op: "<", value: 5 }] }\n',
    '3:91: rules.certificate.when.all.0.value lets certificate-critical begin at 7, before certificate at 5; a worse level needs a worse limit',
  ],
  [
    limit('dsk', 'field: used_percent, op: ">=", value: 90'),
    '6:20: rules.mine.when.measurement "dsk" is not measured; did you mean "disk"?',
  ],
  [
    limit('docker', 'field: used_percent, op: ">=", value: 90'),
    '6:20: rules.mine.when.measurement "docker" is not measured; known: cpu, mem, …',
  ],
  [
    limit('disk', 'field: used_pct, op: ">=", value: 90'),
    '8:20: rules.mine.when.all.0.field "used_pct" is not a field of disk; did you mean "used_percent"?',
  ],
  [
    limit('disk', 'field: usedPercent, op: ">=", value: 90'),
    '8:20: rules.mine.when.all.0.field "usedPercent" is not a field of disk; did you mean "used_percent"?',
  ],
  [
    limit('temp', 'field: humidity, op: ">", value: 90'),
    '8:20: rules.mine.when.all.0.field "humidity" is not a field of temp; known: temp',
  ],
  [
    limit('disk', 'field: used_percent, op: "=>", value: 90'),
    '8:38: rules.mine.when.all.0.op "=>" must be one of >, >=, <, <=, =; did you mean ">="?',
  ],
  [
    limit('disk', 'field: used_percent, op: ">=", value: 90%'),
    '8:51: rules.mine.when.all.0.value "90%" must be a number; write 90',
  ],
  [
    limit('disk', 'field: used_percent, op: ">=", value: 190'),
    '8:51: rules.mine.when.all.0.value 190 can never be reached: disk.used_percent is 0 to 100',
  ],
  [
    limit('disk', 'field: used_percent, op: ">", value: 100'),
    '8:50: rules.mine.when.all.0.value 100 can never be reached: disk.used_percent is 0 to 100',
  ],
  [
    limit('disk', 'field: free, op: "<", value: 0'),
    '8:42: rules.mine.when.all.0.value 0 can never be reached: disk.free is 0 or more',
  ],
  [
    limit('mem', 'field: used_percent, op: ">=", value: 0'),
    '8:51: rules.mine.when.all.0.value 0 holds for every value: mem.used_percent is 0 to 100',
  ],
  [
    limit('smart', 'field: severity, op: "=", value: 3'),
    '8:46: rules.mine.when.all.0.value 3 can never be reached: smart.severity is 0 to 2',
  ],
  [
    limit('os', 'field: reboot_required, op: "=", value: 0.5'),
    '8:53: rules.mine.when.all.0.value 0.5 can never be reached: os.reboot_required is 0 to 1',
  ],
  [
    limit('disk', 'field: used_percent, op: ">=", value: 90, clear: 95'),
    '8:62: rules.mine.when.all.0.clear 95 is on the wrong side of the limit 90: with ">=" it must be 90 or less',
  ],
  [
    limit('disk', 'field: free, op: "<", value: 90, clear: 5'),
    '8:53: rules.mine.when.all.0.clear 5 is on the wrong side of the limit 90: with "<" it must be 90 or more',
  ],
  [
    limit('disk', 'field: used_percent, op: ">=", value: 90, clear: 0'),
    '8:62: rules.mine.when.all.0.clear 0 can never be reached, so the alert would never end: disk.used_percent is 0 to 100',
  ],
  [
    limit('custom', 'field: status, op: "=", value: 2, clear: 1'),
    '8:54: rules.mine.when.all.0.clear has no meaning with "="; leave it out',
  ],
  [
    limit('disk', 'field: used, op: ">", value: 1, growth: true'),
    '8:53: rules.mine.when.all.0.growth is for counters; disk.used is a value that goes up and down',
  ],
  [
    limit('swap', 'field: in, op: ">", value: 1, growth: true, mean_s: 60'),
    '8:65: rules.mine.when.all.0.mean_s has no effect together with `growth`; leave one of them out',
  ],
  [
    limit('cpu', 'field: usage_active, op: ">", value: 1, mean_s: 5'),
    '8:61: rules.mine.when.all.0.mean_s 5 must be a number from 10 to 86400',
  ],
  [
    limit('mem', 'field: avg10, measurement: presure, op: ">", value: 1'),
    '8:40: rules.mine.when.all.0.measurement "presure" is not measured; did you mean "pressure"?',
  ],
  [
    limit('mem', 'field: avg10, measurement: pressure, op: ">", value: 1, tags: { resource: mem }'),
    '8:87: rules.mine.when.all.0.tags.resource "mem" is not one of cpu, memory, io; did you mean "memory"?',
  ],
  [
    limit('disk', 'field: used, op: ">", value: 1, tags: { path: / }'),
    '8:51: rules.mine.when.all.0.tags stand beside `measurement` only; for this one write them beside `all`',
  ],
  [
    when('kind: threshold\nmeasurement: disk\ntags: { mount: / }\nall: [{ field: free, op: "<", value: 9 }]'),
    '7:15: disk has no tag "mount"; known here: path, device, fstype',
  ],
  [
    when('kind: threshold\nmeasurement: mem\ntags: { host: a }\nall: [{ field: free, op: "<", value: 9 }]'),
    '7:15: mem has no tag "host"; none is taken here',
  ],
  [
    when('kind: threshold\nmeasurement: disk\nall: []'),
    '7:12: rules.mine.when.all (a list) must be a list of 1 to 4 entries',
  ],
  [
    when('kind: treshold\nmeasurement: disk'),
    '5:13: rules.mine.when.kind "treshold" must be one of threshold, absence, missing, rate, change, expression, forecast, runaway, baseline; did you mean "threshold"?',
  ],
  [
    when('kind: absence\nafter: 3'),
    '5:7: rules.mine.when lacks "after_s": a number from 1 to 31622400',
    '6:7: unknown key "after"; did you mean "after_s"?',
  ],
  [
    when('kind: missing\nmeasurement: patches\nfield: scanok\nafter_s: 9d'),
    '7:14: rules.mine.when.field "scanok" is not a field of patches; did you mean "scan_ok"?',
    '8:16: rules.mine.when.after_s "9d" must be a number from 1 to 31622400, in seconds; write 777600',
  ],
  [
    when('kind: missing\nmeasurement: loss\nfield: count\nafter_s: 9'),
    '6:20: rules.mine.when.measurement "loss" is there only when something was lost',
  ],
];

assert.ok(table.length > 90);
for (const [yaml, ...lines] of table) {
  test(lines[0] ?? yaml, () => {
    const wanted = lines.map((line) => `my.yaml:${line}`);
    const got = faultsIn(yaml).map((line, i) => {
      const [start, end] = wanted[i]?.split('…') ?? [];
      return end === undefined || !line.startsWith(start ?? '') ? line : wanted[i];
    });
    assert.equal(got, wanted);
  });
}

test('all faults of one file at once, in its order', () => {
  const yaml = `${['htpt: {}', 'log: lout', 'agents: { interval: 9h }'].join('\n')}\n${hook.replace('https', 'gopher')}${limit('dsk', 'field: used, op: ">", value: x').trimEnd()}\n  - id: cpu\n    for: 3\n`;
  const told = faultsIn(yaml, { EVENKEEL_HTTP_PORT: '99999', EVENKEEL_ADMIN_PASSWORD_FILE: 'nowhere' });
  assert.equal(
    told.map((line) => /^(my\.yaml:\d+|EVENKEEL_\w+)/.exec(line)?.[0]),
    [
      ...[1, 2, 3, 7, 13, 15, 17].map((line) => `my.yaml:${line}`),
      'EVENKEEL_HTTP_PORT',
      'EVENKEEL_ADMIN_PASSWORD_FILE',
    ],
    told.join('\n'),
  );
});

test('certificates: no PEM, and a key of another certificate', () => {
  if (!opensslIsHere) return console.log('\nSKIP openssl: not installed');
  const cwd = join(folder.path, 'tls');
  mkdirSync(cwd);
  makeCertificate(cwd, 'a');
  makeCertificate(cwd, 'b');
  writeFileSync(join(cwd, 'empty.pem'), '');
  const told = (tls: string) => faultsIn(`tls: { ${tls} }\n`, {}, cwd).join('\n');
  assert.is(told('cert: a.pem, key: a.key'), '');
  assert.is(told('cert: a.pem, key: b.key'), 'my.yaml:1:26: tls.key "b.key" is not the key of the certificate "a.pem"');
  assert.match(told('cert: a.key, key: a.key'), /^my\.yaml:1:14: tls\.cert "a\.key" holds no certificate in PEM/);
  assert.is(told('cert: empty.pem, key: a.key'), 'my.yaml:1:14: tls.cert "empty.pem" names an empty file');
});

/** Written in all the ways in which a secret comes to stand where it is refused. */
const carriers: readonly ((secret: string) => string)[] = [
  (secret) => `data: !${secret}\n`,
  (secret) => `data: *${secret}\n`,
  (secret) => `data: "\\${secret}"\n`,
  (secret) => `data: |${secret}\n`,
  (secret) => `%${secret}\n---\ndata: x\n`,
  (secret) => `data: "a" ${secret}\n`,
  (secret) => `data: [${secret}\n`,
  (secret) => `data: @${secret}\n`,
  (secret) => `${mail}    user: me\n    password:${secret}\n`,
  (secret) => `${mail}    user: me\n    password: [${secret}]\n`,
  (secret) => `${mail}    user: me\n    password_file: ${secret}\n`,
  (secret) => `state: postgres://keel:${secret}@/x\n`,
  (secret) => `state: postgres://keel:a/b@${secret}@db\n`,
  (secret) => `series: { kind: influx, url: "http://a:b@${secret}@db" }\n`,
  (secret) => `series: { kind: influx, url: "http://a:b/${secret}@db" }\n`,
  (secret) => `series: { kind: influx, url: "a:${secret}@db" }\n`,
  (secret) => `http: { publicUrl: "htp://me:/${secret}@host" }\n`,
  (secret) => `channels: [{ name: a, kind: webhook, url: "ftp://u:x@${secret}@x" }]\n`,
  (secret) => `channels: [{ name: a, kind: webhook, url: "x.org/hook?token=${secret}" }]\n`,
  (secret) => `channels: ["password=${secret}"]\n`,
];

/** Where something else is meant, in a place that is otherwise shown. */
const wrongPlaces: readonly ((secret: string) => string)[] = [
  (secret) => `http: { port: ${secret} }\n`,
  (secret) => `http: { host: "${secret}:80" }\n`,
  (secret) => `http: { names: ["${secret}:80"] }\n`,
  (secret) => `http: { ${secret}: 80 }\n`,
  (secret) => `${secret}: x\n`,
  (secret) => `log: ${secret}\n`,
  (secret) => `zone: ${secret}\n`,
  (secret) => `tls: ${secret}\n`,
  (secret) => `tickets: { openAfter: ${secret} }\n`,
  (secret) => `outgoing: { allow: ["${secret}:1"] }\n`,
  (secret) => `${mail}    port: ${secret}\n`,
  (secret) => `${mail}    secure: [${secret}]\n`,
  (secret) => `${mail}    zone: ${secret}\n`,
  (secret) => `${mail}    pass: ${secret}\n`,
  (secret) => `${mail.replace('b@x', secret)}`,
  (secret) => `${mail.replace('b@x', `[c@x, ${secret}]`)}`,
  (secret) => `${hook}    severities: ${secret}\n`,
  (secret) => `${hook}    severities: [${secret}]\n`,
  (secret) => `series: { kind: ${secret} }\n`,
  (secret) => `series: { password_file: ${secret} }\n`,
  (secret) => `series: { kind: influx, url: "http://db", password_file: ${secret} }\n`,
  (secret) => `series: { kind: influx, url: "http://db", username: ${secret} }\n`,
  (secret) => `series: { url: ${secret} }\n`,
  (secret) => `rules: [${secret}]\n`,
  (secret) => `rules: [{ id: cpu, enabled: ${secret} }]\n`,
  (secret) => `rules: [{ id: cpu, for_s: ${secret} }]\n`,
];

for (const [n, wrongPlace] of wrongPlaces.entries())
  test(`a secret in a wrong place is not repeated, its place is (${n})`, () => {
    for (const secret of [
      ...['h4nter2', 'q7Zk9w', 'Sommer2026x', 'my-pa55word!', 'ghp_0123456789abcdefABCDEF0123456789abcd'],
      ...['kG8Tn2vLq0Xy7Rb4', '9f86d081884c7d659a2feaa0c55ad015', 'dGhpcyBpcyBhIHNlY3JldCBvZiAzMg1'],
    ]) {
      const told = faultsIn(wrongPlace(secret));
      assert.ok(told.length > 0, wrongPlace(secret));
      assert.not.ok(told.join('\n').includes(secret), told.join('\n'));
      assert.match(told[0] as string, /^my\.yaml:\d+:\d+: [a-zA-Z]/);
    }
  });

test('of a flag or the environment, neither', () => {
  const told = faultsIn('', { EVENKEEL_HTTP_PORT: 'h4nter2', EVENKEEL_LOG: 'q7Zk9w' }).join('\n');
  assert.match(told, 'EVENKEEL_HTTP_PORT must be a whole number');
  assert.match(told, 'EVENKEEL_LOG must be one of');
});

for (const [n, carrier] of carriers.entries())
  test(`a complaint does not repeat a secret (${n})`, () => {
    for (const secret of ['h4nter2', 'q7Zk9w']) {
      const told = faultsIn(carrier(secret));
      assert.ok(told.length > 0);
      assert.not.ok(told.join('\n').includes(secret), told.join('\n'));
    }
  });

test('what a secret file holds is checked and never shown', () => {
  const cwd = join(folder.path, 'secret');
  mkdirSync(cwd);
  writeFileSync(join(cwd, 'url'), 'htps://hunter2');
  const told = faultsIn('channels: [{ name: a, kind: webhook, url_file: url }]\n', {}, cwd);
  assert.equal(told, ['my.yaml:1:48: channels.a.url_file "url" names a file whose text does not fit `url`']);
});

test('uplinks of sites: one entry per site, with something that it is reached by way of', () => {
  const of = (...entries: string[]) => faultsIn(`uplinks:\n${entries.map((one) => `  - ${one}\n`).join('')}`);
  assert.equal(of('{ site: Berlin, parents: [core-router] }', '{ site: Osaka, groups: [[isp-a, isp-b]] }'), []);
  assert.match(
    of('{ site: Berlin, parents: [a] }', '{ site: berlin, parents: [b] }').join(),
    /uplinks\.1\.site is "berlin", which stands above already/,
  );
  assert.match(of('{ site: Berlin }').join(), /uplinks\.0 needs `parents: \[core-router\]`/);
  assert.match(of('{ site: Berlin, parent: [a] }').join(), /parents/);
});

test('inhibitions that go in a circle are refused, also where their matchers are written otherwise', () => {
  const rules = (...pairs: [source: string, target: string][]) =>
    `inhibit:\n${pairs.map(([source, target]) => `  - { source: ['${source}'], target: ['${target}'] }\n`).join('')}`;
  for (const [back, target] of [
    ['rule="b"', 'rule="b"'],
    ['rule=~"b|c"', 'rule="b"'],
    ['rule="b"', 'rule=~"b|c"'],
    ['rule=~"c|b"', 'rule=~"b|d"'],
    ['rule=~"b.*"', 'rule="b"'],
  ] as const)
    assert.match(
      faultsIn(rules(['rule="a"', target], [back, 'rule="a"'])).join(),
      /goes in a circle: inhibit\[0\] → inhibit\[1\] → inhibit\[0\]/,
      `${target} ${back}`,
    );
  for (const [back, target] of [
    ['rule=~"c|d"', 'rule="b"'],
    ['rule="b.*"', 'rule="b"'],
    ['severity="critical"', 'rule="b"'],
  ] as const)
    assert.equal(faultsIn(rules(['rule="a"', target], [back, 'rule="a"'])), [], `${target} ${back}`);
});

test('faults of all kinds are told at once, also where others are in the same part', () => {
  const told = faultsIn(`notify: { wait: soon, interval: 5m }
http: { port: 7000 }
mqtt: { port: 7000 }
channels:
  - { name: chat, url_file: nowhere }
  - { name: ops, kind: webhook, url: "htps:" }
inhibit:
  - { source: [severity=critcal], target: [rule=load] }
  - { source: [rule=cpu] }
schedules:
  - name: primary
    zone: Europe/Berlinn
    layers:
      - { name: main, users: [], rotation: { unit: wek, every: 1, start: 2026-03-02T09:00 } }
      - { name: night, users: [], rotation: { unit: day, every: 1, start: soon } }
    overrides: [{ from: 2026-12-24T09:00, to: 2026-12-23T09:00, user: ann }, { from: x }]
  - { zone: UTC, layers: [{ name: main, users: [], rotation: { unit: day, every: 1, start: 2026-03-02T09:00 } }] }
policies:
  - { name: servers, stps: [], steps: [{ targets: ["schedule:other"] }, { targets: ["phone:1"], wait: 5s }] }
routes:
  receivrs: ["channel:ops"]
  children:
    - { name: a, match: [severity=Critical, 'kind=~"servr|target"'], receivers: ["policy:server"] }
    - { nam: b, match: [kind!=servers], children: [{ name: c, when: { zone: Berlinn } }] }
`);
  const [at, rest] = [
    told.map((line) => line.split(':').slice(1, 3).join(':')),
    told.map((line) => line.replace(/^my\.yaml:\d+:\d+: /, '')),
  ];
  const wanted: [place: string, words: RegExp][] = [
    ['1:17', /^notify\.wait "soon" is not a duration/],
    ['3:15', /^mqtt\.port 7000 is the port of the web app, too/],
    ['5:29', /^channels\.chat\.url_file "nowhere"/],
    ['6:38', /^channels\.ops\.url is not an http or https address/],
    [
      '8:16',
      /^inhibit\.0\.source\.0 is "severity=critcal": No alert has the severity "critcal".*did you mean critical\?$/,
    ],
    ['9:5', /^inhibit\.1 lacks "target"/],
    ['12:5', /Europe\/Berlinn/],
    ['14:23', /The layer "main" has nobody/],
    ['14:52', /unit "wek" must be one of hour, day, week; did you mean "week"\?$/],
    ['15:24', /The layer "night" has nobody/],
    ['15:68', /"soon" is not a local date and time/],
    ['16:17', /is not after the begin/],
    ['16:78', /lacks "to"/],
    ['17:5', /lacks "name"/],
    ['17:41', /The layer "main" has nobody/],
    ['19:22', /unknown key "stps"; did you mean "steps"\?$/],
    ['19:85', /"phone:1" is no receiver/],
    ['19:97', /"5s" is not a duration from 1m/],
    ['21:3', /unknown key "receivrs"; did you mean "receivers"\?$/],
    ['23:26', /^routes\.children\.a\.match\.0: No alert has the severity "Critical".*did you mean critical\?$/],
    [
      '23:45',
      /No alert has the kind "servr", which is one of server, workstation, target, collector; did you mean server\?$/,
    ],
    ['23:82', /no escalation policy "server"; there is only: servers$/],
    ['24:7', /lacks "name"/],
    ['24:9', /unknown key "nam"/],
    ['24:25', /No alert has the kind "servers".*did you mean server\?$/],
    ['24:71', /Berlinn/],
  ];
  for (const [place, words] of wanted)
    assert.ok(
      rest.some((line, i) => words.test(line) && at[i] === place),
      `${place} ${words}\n${told.join('\n')}`,
    );
  assert.is(told.length, wanted.length + 1, told.join('\n'));
  assert.not.match(told.join('\n'), 'schedule "other"', 'one without a name may be that');
  assert.not.match(told.join('\n'), 'unread');
});

test('check-config and start refuse the same, by the name that was given', () => {
  const main = fileURLToPath(new URL('../../collector/main.ts', import.meta.url));
  writeFileSync(join(folder.path, 'two.yaml'), limit('dsk', 'field: used_pct, op: ">", value: 5'));
  const answers = ['check-config', 'start'].map((command) =>
    spawnSync(process.execPath, [main, command, '--config', 'two.yaml'], { cwd: folder.path, encoding: 'utf8' }),
  );
  for (const { status, stdout, stderr } of answers) {
    assert.is(status, 1);
    assert.is(stdout, '');
    assert.match(
      stderr,
      /^two\.yaml:6:20: rules\.mine\.when\.measurement "dsk" is not measured; did you mean "disk"\?\n/,
    );
  }
  assert.is(answers[0]?.stderr, answers[1]?.stderr);
});

test.run();
